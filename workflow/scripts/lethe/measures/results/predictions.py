"""From a block's checkpoint to one row a (seed, example): prediction, confidence, margin, loss and logits."""

from typing import Any

import numpy as np
import pyarrow as pa
import torch

from lethe.data.store import Stored
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.predict import losses, margins, predict_logits
from lethe.store.provenance import package_versions
from lethe.store.schema import EVALUATIONS, with_logits

# Above this many classes logits are left out unless asked for: they would be most of the bytes.
_LOGITS_UP_TO = 100


def keeps_logits(asked: bool | str, num_classes: int) -> bool:
    """What `evaluation.logits` means for a number of classes."""
    return num_classes <= _LOGITS_UP_TO if asked == "auto" else bool(asked)


def evaluation_schema(num_classes: int, *, logits: bool) -> pa.Schema:
    """Columns of an evaluation, with or without logits."""
    return with_logits(EVALUATIONS, num_classes) if logits else EVALUATIONS


def evaluate_block(block: Block, split: Stored, compute: Compute, *, logits: bool) -> pa.Table:
    """Rows of all seeds of a block on one split, sorted by (seed, example_id), from float32 logits."""
    images = torch.from_numpy(split.images[:]).to(compute.device)
    order = np.argsort(split.example_ids, kind="stable")
    tables = []
    for position in np.argsort(block.seeds, kind="stable"):
        model = block.model(int(position))
        compute.place(model)
        scores = predict_logits(model, images).cpu()
        tables.append(_rows(block.seeds[position], split, scores, order, logits=logits))
    return pa.concat_tables(tables)


def _rows(seed: int, split: Stored, scores: torch.Tensor, order: np.ndarray, *, logits: bool) -> pa.Table:
    labels = torch.from_numpy(split.labels)
    columns: dict[str, Any] = {
        "seed": np.full(len(order), seed),
        "example_id": split.example_ids[order],
        "label": split.labels[order],
        "prediction": scores.argmax(dim=1).numpy()[order],
        "confidence": torch.softmax(scores, dim=1).amax(dim=1).numpy()[order],
        "margin": margins(scores, labels).numpy()[order],
        "loss": losses(scores, labels).numpy()[order],
    }
    arrays = {name: pa.array(values, EVALUATIONS.field(name).type) for name, values in columns.items()}
    if logits:
        flat = pa.array(scores.numpy()[order].ravel(), pa.float32())
        arrays["logits"] = pa.FixedSizeListArray.from_arrays(flat, scores.shape[1])
    return pa.table(arrays)


def evaluation_record(block: Block, split_name: str, code_version: str) -> dict[str, Any]:
    """The record of an evaluation: its cell, its seeds, and what made checkpoint and rows."""
    record = block.record
    cell = {"regime": record["regime"], "method": record["method"], "level": record["level"], "split": split_name}
    return {
        "cell": cell,
        "seeds": sorted(block.seeds),
        "classes": record["architecture"]["classes"],
        "pairing": record.get("pairing", "dense"),
        "sparsity_achieved": record.get("sparsity_achieved"),
        "data_checksum": record["data_checksum"],
        "checkpoint_code_version": record["code_version"],
        "code_version": code_version,
        "packages": package_versions(),
    }
