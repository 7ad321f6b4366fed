"""How the test examples fared during training: right or wrong, margin and label probability at a few epochs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from lethe.models.spec import Classifier
from lethe.training.predict import is_correct, label_probabilities, margins, predict_logits


@dataclass(frozen=True)
class Watched:
    """The examples that are followed, on the training device."""

    images: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]


def watched_epochs(epochs: int, points: int) -> tuple[int, ...]:
    """About `points` evenly spaced epoch counts that end with the last; every epoch if there are fewer.

    >>> watched_epochs(20, 5)
    (4, 8, 12, 16, 20)
    """
    spaced = np.linspace(epochs / points, epochs, points)
    return tuple(sorted({max(1, round(float(epoch))) for epoch in spaced}))


def observe(model: Classifier, watched: Watched) -> Float[Tensor, "three examples"]:
    """Rows correct (0 or 1), margin and label probability, float32, on the CPU."""
    logits = predict_logits(model, watched.images)
    rows = (
        is_correct(logits, watched.labels).float(),
        margins(logits, watched.labels),
        label_probabilities(logits, watched.labels),
    )
    return torch.stack(rows).cpu()


def trajectory_frame(
    observations: dict[int, dict[int, Tensor]], example_ids: Int64[np.ndarray, " examples"]
) -> pd.DataFrame:
    """Rows in the order seed, epoch, example.

    Args: observations: by seed, then by epoch, what `observe` returned.
    """
    parts = [
        pd.DataFrame(
            {
                "seed": seed,
                "example_id": example_ids,
                "epoch": epoch,
                "correct": rows[0].numpy() > 0.5,
                "margin": rows[1].numpy(),
                "probability": rows[2].numpy(),
            }
        )
        for seed, by_epoch in sorted(observations.items())
        for epoch, rows in sorted(by_epoch.items())
    ]
    return pd.concat(parts, ignore_index=True)
