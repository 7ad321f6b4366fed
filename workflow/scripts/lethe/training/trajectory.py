"""How examples fared during training: right or wrong, margin, label probability and soft error at a few epochs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn.functional import normalize

from lethe.core.seeding import study_generator
from lethe.data.store import BothSplits, Stored
from lethe.networks.predict import extract_features, is_correct, label_probabilities, margins, predict_logits
from lethe.networks.spec import Classifier


@dataclass(frozen=True)
class Watched:
    """Examples that are followed, on the training device."""

    images: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]


def watch(split: Stored, device: torch.device, rows: np.ndarray | slice = slice(None)) -> Watched:
    """The examples of a split, or some of them, on a device."""
    return Watched(split.images_on(device, rows), torch.from_numpy(split.labels[rows]).to(device))


def glimpse(splits: BothSplits, study_seed: int, device: torch.device) -> Watched:
    """As many training images as there are test images, at most: enough for a curve, the same for every seed."""
    count = min(len(splits.train), len(splits.test))
    rows = study_generator(study_seed, "glimpse").permutation(len(splits.train))[:count]
    return watch(splits.train, device, np.sort(rows))


def watched_epochs(epochs: int, points: int) -> tuple[int, ...]:
    """About `points` evenly spaced epoch counts that end with the last; every epoch if there are fewer.

    >>> watched_epochs(20, 5)
    (4, 8, 12, 16, 20)
    """
    spaced = np.linspace(epochs / points, epochs, points)
    return tuple(sorted({max(1, round(float(epoch))) for epoch in spaced}))


@dataclass(frozen=True)
class Observation:
    """A network at one point of its training, on the CPU.

    Attributes:
        rows: test examples' correct (0 or 1), margin and label probability.
        summary: accuracy and soft error on training images, and the spread of the test features.
    """

    rows: Float[Tensor, "three examples"]
    summary: Float[Tensor, " three"]

    @property
    def accuracy(self) -> float:
        """Share of test examples that are right."""
        return float(self.rows[0].mean())

    @property
    def spread(self) -> float:
        """Spread of the test examples' features, see `feature_spread`."""
        return float(self.summary[2])


@torch.no_grad()
def observe(model: Classifier, test: Watched, train: Watched) -> Observation:
    """How test examples and some training examples fare."""
    features = extract_features(model, test.images)
    rows = _rows(model.head(features), test)
    on_train = _rows(predict_logits(model, train.images), train)
    summary = torch.stack([on_train[0].mean(), 1 - on_train[2].mean(), feature_spread(features)])
    return Observation(rows.cpu(), summary.cpu())


def _rows(logits: Float[Tensor, "examples classes"], watched: Watched) -> Float[Tensor, "three examples"]:
    """Correct (0 or 1), margin and label probability of every example."""
    return torch.stack(
        (
            is_correct(logits, watched.labels).float(),
            margins(logits, watched.labels),
            label_probabilities(logits, watched.labels),
        )
    )


def feature_spread(features: Float[Tensor, "examples features"]) -> Float[Tensor, ""]:
    """sqrt(d) times the mean standard deviation of the d coordinates of unit-length features.

    1 for features that point everywhere alike, 0 for an encoder that has collapsed to one direction.
    Source: Chen and He 2021, arXiv:2011.10566, section 4.1.
    """
    return normalize(features, dim=1).std(dim=0, correction=0).mean() * features.shape[1] ** 0.5


def trajectory_frame(
    observations: dict[int, dict[int, Observation]], example_ids: Int64[np.ndarray, " examples"]
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
                "correct": seen.rows[0].numpy() > 0.5,
                "margin": seen.rows[1].numpy(),
                "probability": seen.rows[2].numpy(),
            }
        )
        for seed, by_epoch in sorted(observations.items())
        for epoch, seen in sorted(by_epoch.items())
    ]
    return pd.concat(parts, ignore_index=True)


def curve_frame(observations: dict[int, dict[int, Observation]]) -> pd.DataFrame:
    """Accuracy, soft error and feature spread along training: one row per (seed, epoch, split).

    Soft error is the mean of 1 - probability of the label.
    Source: Nakkiran, Neyshabur and Sedghi 2021, arXiv:2010.08127, section 2.
    """
    rows = []
    for seed, by_epoch in sorted(observations.items()):
        for epoch, seen in sorted(by_epoch.items()):
            train_accuracy, train_soft_error, spread = seen.summary.tolist()
            test_soft_error = 1 - float(seen.rows[2].double().mean())
            rows.append((seed, epoch, "train", train_accuracy, train_soft_error, spread))
            rows.append((seed, epoch, "test", seen.accuracy, test_soft_error, spread))
    frame = pd.DataFrame(rows, columns=["seed", "epoch", "split", "accuracy", "soft_error", "feature_spread"])
    return frame.astype({"split": "category"})
