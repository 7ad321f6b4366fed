"""How examples fared during training, at a few epochs: right or wrong, margin, label probability, error, gradient.

The error of an example is || softmax(z) - one-hot(y) ||_2, in [0, sqrt 2]; its gradient the norm of that of the loss
by the head's weights and biases, || softmax(z) - one-hot(y) ||_2 sqrt(|| h ||^2 + 1), with h what the head receives.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from lethe.data.store import BothSplits, Stored
from lethe.networks.predict import extract_features, is_correct, label_probabilities, margins
from lethe.networks.spec import Classifier

# What is kept of every example at a watched epoch, in this order.
WATCHED = ("correct", "margin", "probability", "error", "gradient")


@dataclass(frozen=True)
class Watched:
    """Examples that are followed, on the training device."""

    images: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]


def watch(split: Stored, device: torch.device, rows: np.ndarray | slice = slice(None)) -> Watched:
    """The examples of a split, or some of them, on a device."""
    return Watched(split.images_on(device, rows), torch.from_numpy(split.labels[rows]).to(device))


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
        test: correct (0 or 1), margin, label probability, error and gradient of the test examples.
        train: the same of the training examples; no columns where nobody asked.
        feature_spread: of the test features, see `feature_spread`.
    """

    test: Float[Tensor, "watched test_examples"]
    train: Float[Tensor, "watched train_examples"]
    feature_spread: Float[Tensor, ""]

    @property
    def accuracy(self) -> float:
        """Share of test examples that are right."""
        return float(self.test[0].mean())

    @property
    def spread(self) -> float:
        """Spread of the test examples' features, see `feature_spread`."""
        return float(self.feature_spread)


@torch.no_grad()
def observe(model: Classifier, test: Watched, train: Watched | None) -> Observation:
    """How test and training examples fare; the training examples cost a forward pass over all of them."""
    features = extract_features(model, test.images)
    on_test = _rows(model, features, test)
    on_train = torch.empty(len(WATCHED), 0)
    if train is not None:
        on_train = _rows(model, extract_features(model, train.images), train)
    return Observation(on_test.cpu(), on_train.cpu(), feature_spread(features).cpu())


def _rows(
    model: Classifier, features: Float[Tensor, "examples features"], watched: Watched
) -> Float[Tensor, "watched examples"]:
    """What is watched of every example, in the order of WATCHED; correct is 0 or 1."""
    logits = model.head(features)
    error = (logits.softmax(dim=1) - one_hot(watched.labels, logits.shape[1])).norm(dim=1)
    return torch.stack(
        (
            is_correct(logits, watched.labels).float(),
            margins(logits, watched.labels),
            label_probabilities(logits, watched.labels),
            error,
            error * (features.square().sum(dim=1) + 1).sqrt(),
        )
    )


def feature_spread(features: Float[Tensor, "examples features"]) -> Float[Tensor, ""]:
    """sqrt(d) times the mean standard deviation of the d coordinates of unit-length features.

    1 for features that point everywhere alike, 0 for an encoder that has collapsed to one direction.
    Source: Chen and He 2021, arXiv:2011.10566, section 4.1.
    """
    return normalize(features, dim=1).std(dim=0, correction=0).mean() * features.shape[1] ** 0.5


def trajectory_arrays(
    observations: Mapping[int, Mapping[int, Observation]], splits: BothSplits
) -> dict[str, np.ndarray]:
    """What was observed of every example of both splits; all seeds were watched at the same epochs.

    Args: observations: by seed, then by epoch, what `observe` returned.
    Returns: `seeds`, `epochs` (how many were done), and for the splits `train` and `test`
        `SPLIT/example_id` and, of the shape seeds x epochs x examples, `SPLIT/NAME` for each of WATCHED.
    """
    seeds = sorted(observations)
    epochs = sorted(observations[seeds[0]])
    arrays: dict[str, np.ndarray] = {"seeds": np.array(seeds, np.int64), "epochs": np.array(epochs, np.int64)}
    for name in ("train", "test"):
        rows = np.stack([[getattr(observations[seed][epoch], name).numpy() for epoch in epochs] for seed in seeds])
        arrays |= {
            f"{name}/example_id": np.asarray(getattr(splits, name).example_ids),
            **{f"{name}/{watched}": rows[:, :, row].astype(np.float32) for row, watched in enumerate(WATCHED)},
            f"{name}/correct": rows[:, :, 0] > 0.5,
        }
    return arrays


def curve_frame(observations: Mapping[int, Mapping[int, Observation]]) -> pd.DataFrame:
    """Accuracy, soft error and feature spread along training: one row per (seed, epoch, split).

    Soft error is the mean of 1 - probability of the label.
    Source: Nakkiran, Neyshabur and Sedghi 2021, arXiv:2010.08127, section 2.
    """
    rows = []
    for seed, by_epoch in sorted(observations.items()):
        for epoch, seen in sorted(by_epoch.items()):
            for split, values in (("train", seen.train), ("test", seen.test)):
                accuracy, probability = (float(row.double().mean()) for row in (values[0], values[2]))
                rows.append((seed, epoch, split, accuracy, 1 - probability, seen.spread))
    frame = pd.DataFrame(rows, columns=["seed", "epoch", "split", "accuracy", "soft_error", "feature_spread"])
    return frame.astype({"split": "category"})
