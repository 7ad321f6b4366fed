"""How networks fare on what they were trained on and on what they never saw, whatever the labels they were given.

A block's networks are measured beside their twins, which were trained with some labels wrong or with fewer images.
Accuracies and soft errors on training images are those of the images whose labels were given: all of them, or the
labelled ones where a regime may use only some. Soft error is the mean of 1 - probability of the true label.

Source: Nakkiran, Neyshabur and Sedghi 2021, arXiv:2010.08127 (soft error); Bansal, Kaplun and Barak 2021,
arXiv:2010.08508 (wrong labels).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int64

from lethe.core.errors import ConfigError, PopulationError
from lethe.core.options import NoOptions
from lethe.core.seeding import Replicate
from lethe.data.labelled import positions_of
from lethe.data.parts import own_part
from lethe.data.store import BothSplits, Stored
from lethe.data.twins import Twin, given_labels, kept_rows
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.predict import label_probabilities, predict_logits
from lethe.networks.spec import Classifier
from lethe.store.schema import NO_TWIN

_SAME = ("regime", "seeds", "study_seed", "data_checksum", "labelled")


@dataclass(frozen=True)
class Seen:
    """What one network was given: how many images, which of them with a label, and which label that was."""

    num_images: int
    rows: Int64[np.ndarray, " labelled"]
    labels: Int64[np.ndarray, " labelled"]


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (twin, seed), the study's own networks first.

    Raises:
        PopulationError: the networks are not twins of each other.
        ConfigError: the labelled images are missing, or given for a regime that uses all labels.
    """
    labelled = given.labelled()
    ordered = _checked([*given.blocks(), *given.blocks("twins")], has_labelled=labelled is not None)
    splits = BothSplits(given.images("train"), given.images("test"))
    rows = [row for block in ordered for row in _rows(block, splits, given.compute, labelled, given.parts())]
    own = corrupted_accuracy(given.tables("predictions:corrupted", ["seed", "label", "prediction"]))
    accuracy = [own.get(row["seed"], np.nan) if row["twin"] == NO_TWIN else np.nan for row in rows]
    return pd.DataFrame(rows).assign(corrupted_test_accuracy=np.array(accuracy, dtype=float))


def corrupted_accuracy(evaluations: Sequence[pd.DataFrame]) -> dict[int, float]:
    """Accuracy of every seed, a mean over corrupted splits; empty without one."""
    if not evaluations:
        return {}
    shares = [(rows["prediction"] == rows["label"]).groupby(rows["seed"]).mean() for rows in evaluations]
    means = pd.concat(shares, axis=1).mean(axis=1)
    return dict(zip(means.index.tolist(), means.tolist(), strict=True))


def seen(train: Stored, twin: Twin, replicate: Replicate, labelled: pd.DataFrame | None) -> Seen:
    """What the network of a replicate was given under a twin's change."""
    kept = kept_rows(train, twin, replicate, labelled)
    rows = kept if labelled is None else positions_of(labelled, replicate.seed, train.example_ids)
    return Seen(len(kept), rows, given_labels(train, twin, replicate)[rows])


def _checked(blocks: Sequence[Block], *, has_labelled: bool) -> list[Block]:
    """The blocks, the one without a twin's change first."""
    ordered = sorted(blocks, key=lambda block: _twin(block) != Twin())
    twins = [_twin(block).name for block in ordered]
    if twins.count(NO_TWIN) != 1 or len(set(twins)) < len(twins):
        raise PopulationError(f"blocks of the twins {twins} given; give the study's own networks and each twin once")
    for key in _SAME:
        found = [block.record[key] for block in ordered]
        if found.count(found[0]) < len(found):
            raise PopulationError(f"blocks that differ in '{key}' ({found}) given; give those of one regime and block")
    if has_labelled != (ordered[0].record["labelled"] is not None):
        names = ("one that uses all labels: leave it out", "one that uses some: give it as labelled=FILE")
        raise ConfigError(
            f"a table of labelled images is {'' if has_labelled else 'not '}given, but regime "
            f"'{ordered[0].record['regime']}' is {names[not has_labelled]}"
        )
    return ordered


def _twin(block: Block) -> Twin:
    return Twin(**block.record["twin"])


def _rows(
    block: Block,
    splits: BothSplits,
    compute: Compute,
    labelled: pd.DataFrame | None,
    parts: pd.DataFrame | None,
) -> list[dict[str, Any]]:
    """What every network of a block gets right, one row per seed."""
    twin, rows = _twin(block), []
    for seed, model in block.networks(compute):
        own = replace(splits, train=own_part(splits.train, parts, seed))
        given = seen(own.train, twin, Replicate(block.record["study_seed"], seed), labelled)
        rows.append({"seed": seed, "twin": twin.name, **_measured(model, own, given, compute)})
    return [row | {"label_noise": twin.label_noise} for row in rows]


def _measured(model: Classifier, splits: BothSplits, own: Seen, compute: Compute) -> dict[str, float | int]:
    """What one network gets right: by the true labels, by those it was given, and where these were wrong."""
    true = splits.train.labels[own.rows]
    logits = predict_logits(model, splits.train.images_on(compute.device, own.rows))
    on_test = predict_logits(model, splits.test.images_on(compute.device))
    predictions, is_wrong = logits.argmax(dim=1).cpu().numpy(), own.labels != true
    return {
        "images": own.num_images,
        "labels": len(own.rows),
        "wrong_labels": int(is_wrong.sum()),
        "train_accuracy": float((predictions == true).mean()),
        "given_accuracy": float((predictions == own.labels).mean()),
        "mislabelled_accuracy": _mean((predictions == true)[is_wrong]),
        "learned_wrong_share": _mean((predictions == own.labels)[is_wrong]),
        "test_accuracy": float((on_test.argmax(dim=1).cpu().numpy() == splits.test.labels).mean()),
        "train_soft_error": _soft_error(logits, true),
        "test_soft_error": _soft_error(on_test, splits.test.labels),
    }


def _mean(are_equal: Bool[np.ndarray, " mislabelled"]) -> float:
    return float(are_equal.mean()) if len(are_equal) else float("nan")


def _soft_error(logits: Float[torch.Tensor, "examples classes"], labels: Int64[np.ndarray, " examples"]) -> float:
    return 1 - float(label_probabilities(logits.cpu(), torch.from_numpy(labels)).double().mean())


SPEC = MeasureSpec(
    name="generalisation",
    summary="accuracy on what was trained on and on what was not, of the study's networks and their twins",
    source="Nakkiran et al. 2021, arXiv:2010.08127; Bansal et al. 2021, arXiv:2010.08508",
    of="block",
    cells="dense",
    needs=("checkpoint", "twins", "train", "test", "labelled", "parts", "predictions:corrupted"),
    # Accuracies and soft errors on training images are of those whose labels were given.
    columns=(
        ("seed", "int64", "seed"),
        ("twin", "string", ""),  # none, noise0.05, size450
        ("images", "int64", "count"),  # trained on
        ("labels", "int64", "count"),  # given: fewer than images where a regime uses some
        ("wrong_labels", "int64", "count"),  # of those given
        ("label_noise", "float64", "share"),  # of labels replaced by random ones, of which some are right by chance
        ("train_accuracy", "float64", "share"),  # by the true labels
        ("given_accuracy", "float64", "share"),  # by the labels given
        ("mislabelled_accuracy", "float64", "share"),  # by the true labels where the given one is wrong; NaN without
        ("learned_wrong_share", "float64", "share"),  # of the wrong labels, those that are predicted; NaN without
        ("test_accuracy", "float64", "share"),
        ("corrupted_test_accuracy", "float64", "share"),  # mean over corrupted splits; NaN without one, and for twins
        ("train_soft_error", "float64", "share"),  # by the true labels
        ("test_soft_error", "float64", "share"),
    ),
    key=("twin", "seed"),
    resources={"mem_mb": 8000, "runtime": 30, "gpu": 1},
    default=True,
    measure=measure,
)
