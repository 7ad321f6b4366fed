"""What every network of a block predicts for every image of a split, from float32 logits.

prediction = argmax_c z_c, the smallest class of equal logits; confidence = softmax(z)[prediction]; margin = z_y - the
largest other logit; loss = -log softmax(z)[y].
"""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import torch
from pydantic import Field

from lethe.core.options import Strict
from lethe.data.store import Stored
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.predict import losses, margins, predict_logits

# Above this many classes logits are left out unless asked for: they would be most of the bytes.
_LOGITS_UP_TO = 100


class Options(Strict):
    """What is kept of a prediction."""

    logits: bool | Literal["auto"] = Field(
        default="auto", description="whether the logits of all classes are kept; auto: of up to 100 classes"
    )

    def keeps_logits(self, num_classes: int) -> bool:
        """Whether logits of so many classes are kept."""
        return num_classes <= _LOGITS_UP_TO if self.logits == "auto" else self.logits


def measure(given: Given, options: Options) -> pa.Table:
    """One row per (seed, example), in that order."""
    (block,), split = given.blocks(), given.images("split")
    return evaluate_block(
        block, split, given.compute, logits=options.keeps_logits(block.record["architecture"]["classes"])
    )


def evaluate_block(block: Block, split: Stored, compute: Compute, *, logits: bool) -> pa.Table:
    """Rows of all seeds of a block on one split, sorted by (seed, example_id), from float32 logits."""
    images = split.images_on(compute.device)
    order = np.argsort(split.example_ids, kind="stable")
    return pa.concat_tables(
        _rows(seed, split, predict_logits(model, images).cpu(), order, logits=logits)
        for seed, model in block.networks(compute)
    )


def _rows(seed: int, split: Stored, scores: torch.Tensor, order: np.ndarray, *, logits: bool) -> pa.Table:
    """What one network predicts, examples in the order of their ids."""
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
    arrays = {name: pa.array(values) for name, values in columns.items()}
    if logits:
        flat = pa.array(scores.numpy()[order].ravel(), pa.float32())
        arrays["logits"] = pa.FixedSizeListArray.from_arrays(flat, scores.shape[1])
    return pa.table(arrays)


SPEC = MeasureSpec(
    name="predictions",
    summary="prediction, confidence, margin, loss and logits of every network for every image",
    source="definitions of the field",
    of="block",
    treated=True,
    splits="all",
    needs=("checkpoint", "split"),
    columns=(
        ("seed", "int64", "seed"),
        ("example_id", "int64", "id"),
        ("label", "int64", "class"),
        ("prediction", "int64", "class"),
        ("confidence", "float32", "share"),  # probability of the prediction
        ("margin", "float32", "logits"),  # logit of the label minus the largest other logit
        ("loss", "float32", "nats"),  # cross entropy
        ("logits", "float32[]?", "logits"),  # of every class
    ),
    key=("seed", "example_id"),
    path="evaluations/{regime}/{method}/{level}/{split}/seeds{block}.parquet",
    resources={"mem_mb": 8000, "runtime": 20, "gpu": 1},
    Options=Options,
    default=True,
    measure=measure,
)
