"""How well every regime's networks do on what they were trained on and on what they never saw, and why they differ.

gap = train - test accuracy. Of twins trained with a share of random labels also robustness, memorisation and
rationality, which add up to the gap of the networks whose labels were left alone, see `compare.gaps`.
"""

import numpy as np
import pandas as pd

from lethe.compare.frames import Frames, over_seeds, require
from lethe.compare.gaps import GAPS, signed_gaps
from lethe.core.errors import EmptyReport
from lethe.pies.jackknife import CHANGE, SHARE
from lethe.report.spec import TableSpec
from lethe.store.schema import NO_TWIN

_SHARES = ("train_accuracy", "test_accuracy", "corrupted_test_accuracy")
_GIVEN = ("given_accuracy", "mislabelled_accuracy", "learned_wrong_share")
_ERRORS = ("train_soft_error", "test_soft_error")


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, twin); `none` are the study's own networks."""
    measured = require(frames, "generalisation")
    groups = measured.groupby(["regime", "twin"], sort=False)
    return pd.DataFrame([_row(rows, _clean(measured, rows)) for _, rows in groups])


def _clean(measured: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """What the study's own networks do, in the seeds and the order of some rows of a regime."""
    is_clean = (measured["regime"] == rows["regime"].iloc[0]) & (measured["twin"] == NO_TWIN)
    own = measured[is_clean].set_index("seed")
    missing = sorted(set(rows["seed"]) - set(own.index))
    if missing:
        cell = rows[["regime", "twin"]].iloc[0].to_dict()
        raise EmptyReport(f"{cell} is given with the seeds {missing}, but not the networks it stands beside; give both")
    return own.loc[list(rows["seed"])].reset_index()


def _row(rows: pd.DataFrame, clean: pd.DataFrame) -> dict[str, object]:
    """Means over the networks of one regime and twin, beside the study's own networks of the same seeds."""
    first, rows = rows.iloc[0], rows.reset_index(drop=True)
    return {
        "regime": first["regime"],
        "twin": first["twin"],
        "networks": len(rows),
        "images": int(first["images"]),
        "labels": int(first["labels"]),
        "label_noise": float(first["label_noise"]),
        "wrong_labels": float(rows["wrong_labels"].mean()),
        **_means(rows, _SHARES),
        **over_seeds("generalisation_gap", rows["train_accuracy"] - rows["test_accuracy"], CHANGE),
        **_means(rows, (*_ERRORS, *_GIVEN)),
        **_gaps(rows, clean),
    }


def _means(rows: pd.DataFrame, names: tuple[str, ...]) -> dict[str, float]:
    found = [over_seeds(name, rows[name], SHARE) for name in names]
    return {column: value for columns in found for column, value in columns.items()}


def _gaps(rows: pd.DataFrame, clean: pd.DataFrame) -> dict[str, float]:
    """The three gaps over the seeds that have a wrong label, and the sum of their positive parts."""
    has_wrong = rows["mislabelled_accuracy"].notna().to_numpy()
    rows, clean = rows[has_wrong], clean[has_wrong]
    gaps = signed_gaps(
        clean_train=clean["train_accuracy"].to_numpy(float),
        noisy_train=rows["train_accuracy"].to_numpy(float),
        mislabelled=rows["mislabelled_accuracy"].to_numpy(float),
        clean_test=clean["test_accuracy"].to_numpy(float),
    )
    found = [over_seeds(name, pd.Series(gap), CHANGE) for name, gap in zip(GAPS, gaps.signed, strict=True)]
    means = np.array([columns[name] for name, columns in zip(GAPS, found, strict=True)])
    ends = {column: value for columns in found for column, value in columns.items()}
    return {**ends, "gap_bound": float(means.clip(min=0).sum())}


SPEC = TableSpec(
    name="generalisation",
    title="Who generalises",
    caption=(
        "One row per regime and twin; means over dense networks, brackets: 95 % t interval over seeds. Twin none: the "
        "study's own networks; noise: some labels were random; size: fewer images in as many "
        "steps. All accuracies but the given one are by the true labels. Train accuracy and soft error (mean of 1 - "
        "probability of the label): on the images whose label was given, which are all of them unless a regime uses "
        "some; given: by the labels as they were given; mislabelled: on the images whose given label was wrong; "
        "learned wrong: share of the wrong labels that are predicted. "
        "Corrupted test: mean over the study's corrupted splits. Generalisation gap: train - test of the row's own "
        "networks. Robustness, memorisation and rationality gaps are signed and add up to train - test of the same "
        "seeds of twin none; gap bound: the sum of the positive ones, where the source takes positive parts."
    ),
    reads=("generalisation",),
    units={
        "networks": "count",
        "generalisation_gap": "points",
        "robustness_gap": "points",
        "memorisation_gap": "points",
        "rationality_gap": "points",
        "gap_bound": "points",
    },
    order=90,
    build=build,
)
