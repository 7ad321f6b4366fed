"""Whom compression fails: every group of examples, before and after, see `pies.groups`.

Groups are the values of the attributes that examples have: what was planted, what a table of the user's says, what
the data set itself knows. Compressed networks stand beside dense ones that were treated alike.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Bool

from lethe.core.errors import PopulationError
from lethe.core.options import NoOptions
from lethe.core.splits import NO, TRUE_CLASS
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.pies.groups import Told, compare_groups

_COLUMNS = ["seed", "example_id", "label", "prediction", "confidence", "logits"]


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (attribute, group, metric).

    Raises: PopulationError: networks or examples are not the same on both sides, or an attribute lacks some.
    """
    ids, compressed = _told(given, "predictions")
    of_reference, reference = _told(given, "reference/predictions")
    if not np.array_equal(ids, of_reference) or len(reference.predictions) != len(compressed.predictions):
        raise PopulationError("compressed and reference networks differ in seeds or examples; evaluate both again")
    (traits, *_) = [record["traits"] for record in given.records()["predictions"]]
    groups = group_members(given.attributes(), ids)
    # Who does not carry a plant is nearly everybody, and no group.
    groups = {key: members for key, members in groups.items() if key[0] not in given.planted() or key[1] != NO}
    return compare_groups(reference, compressed, groups, is_paired=traits["pairing"] == "paired")


def group_members(attributes: pd.DataFrame, ids: np.ndarray) -> Mapping[tuple[str, str], Bool[np.ndarray, " examples"]]:
    """By attribute and group, which of the examples belong to it; without the class that an example had once.

    Raises: PopulationError: an attribute says nothing of one of them.
    """
    found = {}
    for attribute, own in attributes.groupby("attribute", sort=False):
        if attribute == TRUE_CLASS:
            continue
        values = own.set_index("example_id")["value"].reindex(ids)
        if values.isna().any():
            raise PopulationError(
                f"attribute '{attribute}' lacks example {ids[values.isna()][0]}; prepare the data again"
            )
        for group in sorted(values.unique()):
            found[str(attribute), str(group)] = (values == group).to_numpy()
    return found


def _told(given: Given, need: str) -> tuple[np.ndarray, Told]:
    """Example ids and what the networks say, seeds and ids ascending."""
    rows = pd.concat(given.tables(need, _COLUMNS), ignore_index=True)
    rows = rows.sort_values(["seed", "example_id"], kind="stable")
    ids, num_seeds = np.unique(rows["example_id"]), rows["seed"].nunique()
    if len(rows) != num_seeds * len(ids):
        raise PopulationError(f"{len(rows)} predictions of {num_seeds} seeds for {len(ids)} examples; evaluate again")
    shape = (num_seeds, len(ids))
    labels = rows["label"].to_numpy().reshape(shape)[0]
    brier = None
    if "logits" in rows and rows["logits"].notna().all():
        brier = _brier(np.stack(rows["logits"].to_list()).astype(np.float64), np.tile(labels, num_seeds)).reshape(shape)
    num_classes = int(given.records()[need][0]["classes"])
    predictions, confidences = (rows[name].to_numpy().reshape(shape) for name in ("prediction", "confidence"))
    return ids, Told(labels, num_classes, predictions, confidences.astype(np.float64), brier)


def _brier(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """sum_c (p_c - [c = y])^2 of every row."""
    from scipy.special import softmax

    probabilities = softmax(logits, axis=1)
    of_label = probabilities[np.arange(len(labels)), labels]
    return (probabilities**2).sum(axis=1) - 2 * of_label + 1


SPEC = MeasureSpec(
    name="groups",
    summary="error, false negatives and positives, recall and calibration of every group, before and after",
    source="Hooker et al. 2020, arXiv:2010.03058",
    of="cell",
    cells="compressed",
    splits="all",
    needs=("predictions", "reference/predictions", "attributes"),
    columns=(
        ("attribute", "category", ""),  # "all": all examples together
        ("group", "category", ""),
        ("metric", "category", ""),
        ("examples", "int64", "count"),
        ("reference", "float64", "share"),
        ("compressed", "float64", "share"),
        ("change", "float64", "points"),  # compressed minus reference, mean over seeds
        ("change_low", "float64", "points"),
        ("change_high", "float64", "points"),
        ("excess", "float64", "points"),  # the same minus that of all examples
        ("excess_low", "float64", "points"),
        ("excess_high", "float64", "points"),
        ("relative", "float64", "number"),  # change over reference
        ("relative_low", "float64", "number"),
        ("relative_high", "float64", "number"),
        ("p", "float64", "p"),  # that there is no change
        ("p_excess", "float64", "p"),  # that the group changes as all examples together
        ("detectable", "float64", "points"),  # change that is found in 80 of 100 studies, and not less than one example
        ("is_small", "bool", ""),  # fewer than 30 examples
    ),
    key=("attribute", "group", "metric"),
    resources={"mem_mb": 4000, "runtime": 30},
    default="attributes",
    measure=measure,
)
