"""How networks fare on what they were trained on and on what they never saw, whatever the labels they were given.

A block's networks are measured beside their twins, which were trained with some labels wrong or with fewer images.
Accuracies and soft errors on training images are those of the images whose labels were given: all of them, or the
labelled ones where a regime may use only some. Soft error is the mean of 1 - probability of the true label.

Source: Nakkiran, Neyshabur and Sedghi 2021, arXiv:2010.08127 (soft error); Bansal, Kaplun and Barak 2021,
arXiv:2010.08508 (wrong labels).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int64

from lethe.core.errors import ConfigError, PopulationError
from lethe.core.seeding import Replicate
from lethe.data.labelled import positions_of
from lethe.data.store import Splits, Stored
from lethe.data.twins import Twin, given_labels, kept_rows
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.predict import label_probabilities, predict_logits
from lethe.networks.spec import Classifier
from lethe.store.provenance import package_versions
from lethe.store.schema import NO_TWIN

_SAME = ("regime", "seeds", "study_seed", "data_checksum", "labelled")


@dataclass(frozen=True)
class Given:
    """What one network was given: how many images, which of them with a label, and which label that was."""

    num_images: int
    rows: Int64[np.ndarray, " labelled"]
    labels: Int64[np.ndarray, " labelled"]


def measure_blocks(
    blocks: Sequence[Block],
    splits: Splits,
    compute: Compute,
    *,
    labelled: pd.DataFrame | None = None,
    corrupted: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """One row a (twin, seed) with the columns of `schema.GENERALISATION`, the study's own networks first.

    Args:
        blocks: the dense networks of a block of seeds and their twins, in any order.
        labelled: seed and example_id of the images whose labels were given, for a regime that uses some.
        corrupted: evaluations of the study's own networks, one a corrupted copy of the test images.
    Raises:
        PopulationError: the blocks are not twins of each other.
        ConfigError: the labelled images are missing, or given for a regime that uses all labels.
    """
    ordered = _checked(blocks, has_labelled=labelled is not None)
    rows = [row for block in ordered for row in _rows(block, splits, compute, labelled)]
    own = corrupted_accuracy(corrupted)
    accuracy = [own.get(row["seed"], np.nan) if row["twin"] == NO_TWIN else np.nan for row in rows]
    return pd.DataFrame(rows).assign(corrupted_test_accuracy=np.array(accuracy, dtype=float))


def corrupted_accuracy(evaluations: Sequence[pd.DataFrame]) -> dict[int, float]:
    """Accuracy of every seed, a mean over corrupted splits; empty without one."""
    if not evaluations:
        return {}
    shares = [(rows["prediction"] == rows["label"]).groupby(rows["seed"]).mean() for rows in evaluations]
    means = pd.concat(shares, axis=1).mean(axis=1)
    return dict(zip(means.index.tolist(), means.tolist(), strict=True))


def seen(train: Stored, twin: Twin, replicate: Replicate, labelled: pd.DataFrame | None) -> Given:
    """What the network of a replicate was given under a twin's change."""
    kept = kept_rows(train, twin, replicate, labelled)
    rows = kept if labelled is None else positions_of(labelled, replicate.seed, train.example_ids)
    return Given(len(kept), rows, given_labels(train, twin, replicate)[rows])


def generalisation_record(block: Block, code_version: str) -> dict[str, Any]:
    """The record of a table: its regime, its seeds, and what made checkpoint and rows."""
    return {
        "cell": {"regime": block.record["regime"]},
        "seeds": sorted(block.seeds),
        "data_checksum": block.record["data_checksum"],
        "checkpoint_code_version": block.record["code_version"],
        "code_version": code_version,
        "packages": package_versions(),
    }


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
        names = ("one that uses all labels: leave it out", "one that uses some: give it with --labelled")
        raise ConfigError(
            f"a table of labelled images is {'' if has_labelled else 'not '}given, but regime "
            f"'{ordered[0].record['regime']}' is {names[not has_labelled]}"
        )
    return ordered


def _twin(block: Block) -> Twin:
    return Twin(**block.record["twin"])


def _rows(block: Block, splits: Splits, compute: Compute, labelled: pd.DataFrame | None) -> list[dict[str, Any]]:
    twin, rows = _twin(block), []
    for position in np.argsort(block.seeds, kind="stable"):
        model = block.model(int(position))
        compute.place(model)
        seed = block.seeds[position]
        given = seen(splits.train, twin, Replicate(block.record["study_seed"], seed), labelled)
        rows.append({"seed": seed, "twin": twin.name, **_measured(model, splits, given, compute)})
    return [row | {"label_noise": twin.label_noise} for row in rows]


def _measured(model: Classifier, splits: Splits, given: Given, compute: Compute) -> dict[str, float | int]:
    """What one network gets right: by the true labels, by those it was given, and where these were wrong."""
    true = splits.train.labels[given.rows]
    logits = predict_logits(model, torch.from_numpy(splits.train.images[given.rows]).to(compute.device))
    on_test = predict_logits(model, torch.from_numpy(splits.test.images[:]).to(compute.device))
    predictions, is_wrong = logits.argmax(dim=1).cpu().numpy(), given.labels != true
    return {
        "images": given.num_images,
        "labels": len(given.rows),
        "wrong_labels": int(is_wrong.sum()),
        "train_accuracy": float((predictions == true).mean()),
        "given_accuracy": float((predictions == given.labels).mean()),
        "mislabelled_accuracy": _mean((predictions == true)[is_wrong]),
        "learned_wrong_share": _mean((predictions == given.labels)[is_wrong]),
        "test_accuracy": float((on_test.argmax(dim=1).cpu().numpy() == splits.test.labels).mean()),
        "train_soft_error": _soft_error(logits, true),
        "test_soft_error": _soft_error(on_test, splits.test.labels),
    }


def _mean(are_equal: Bool[np.ndarray, " mislabelled"]) -> float:
    return float(are_equal.mean()) if len(are_equal) else float("nan")


def _soft_error(logits: Float[torch.Tensor, "examples classes"], labels: Int64[np.ndarray, " examples"]) -> float:
    return 1 - float(label_probabilities(logits.cpu(), torch.from_numpy(labels)).double().mean())
