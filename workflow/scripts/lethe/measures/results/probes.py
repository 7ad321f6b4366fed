"""How much a trained encoder's features tell, beside what raw pixels and the untrained encoder tell.

Two probes of frozen features, fitted to all training images with their labels and scored on the test images: a linear
one (`training.probe`) and nearest neighbours (`training.knn`). Small images are nearly linearly separable, so a probe
means little without its baselines: the network of the same seed before any training, made ready to be read, and the
pixels themselves.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from lethe.core.seeding import Replicate, study_generator
from lethe.data.augment import to_float
from lethe.data.store import Splits, Stored
from lethe.networks.build import Architecture, fresh_classifier
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.knn import knn_predictions, left_out_predictions
from lethe.networks.predict import extract_features
from lethe.networks.probe import fit_linear_probe
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier
from lethe.store.provenance import package_versions

# Pixels belong to no seed.
NO_SEED = -1
_GENERATOR = "probe"


def probe_block(block: Block, splits: Splits, compute: Compute) -> pd.DataFrame:
    """Probes of the encoders of a block by rising seed, with the columns of `schema.PROBES`."""
    rows = []
    for position in np.argsort(block.seeds, kind="stable"):
        model = block.model(int(position))
        compute.place(model)
        replicate = Replicate(block.record["study_seed"], block.seeds[position])
        rows.append(_of_network(model, "encoder", replicate, splits, compute))
    return pd.concat(rows, ignore_index=True)


def probe_untrained(
    architecture: Architecture, study_seed: int, seeds: Sequence[int], splits: Splits, compute: Compute
) -> pd.DataFrame:
    """The same of the networks of these seeds as they are before any training."""
    rows = []
    for replicate in (Replicate(study_seed, seed) for seed in sorted(seeds)):
        model = untrained(architecture, replicate, splits.train, compute)
        rows.append(_of_network(model, "untrained", replicate, splits, compute))
    return pd.concat(rows, ignore_index=True)


def probe_pixels(study_seed: int, splits: Splits, compute: Compute) -> pd.DataFrame:
    """The same of the pixels, on the scale 0..1."""
    train, test = (to_float(_images(split, compute)).flatten(1) for split in (splits.train, splits.test))
    return _rows(train, test, splits, study_generator(study_seed, _GENERATOR)).assign(seed=NO_SEED, on="pixels")


def untrained(architecture: Architecture, replicate: Replicate, train: Stored, compute: Compute) -> Classifier:
    """The network with which a replicate's training starts, with all its layers at work.

    Residual branches that start at scale 0 are scaled by 1: without them a network is its shortcuts alone, and a
    baseline that is easy to beat. Batch-norm statistics are those of the training images: at their initial values, 0
    and 1, they would not normalise what the layers give in evaluation mode.
    """
    images = _images(train, compute)
    model = fresh_classifier(architecture, replicate, images)
    _scale_silent_branches(model)
    compute.place(model)
    recalibrate(model, images)
    return model


def _scale_silent_branches(model: Classifier) -> None:
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d) and not layer.weight.any():
            torch.nn.init.ones_(layer.weight)


def probe_record(regime: str, seeds: Sequence[int], train: Stored, code_version: str) -> dict[str, Any]:
    """The record of a table of probes.

    Args: regime: empty for the baselines, which stand beside every regime.
    """
    return {
        "cell": {"regime": regime},
        "seeds": sorted(seeds),
        "data_checksum": train.record["sha256"],
        "code_version": code_version,
        "packages": package_versions(),
    }


def _of_network(model: Classifier, on: str, replicate: Replicate, splits: Splits, compute: Compute) -> pd.DataFrame:
    train, test = (extract_features(model, _images(split, compute)) for split in (splits.train, splits.test))
    return _rows(train, test, splits, replicate.numpy(_GENERATOR)).assign(seed=replicate.seed, on=on)


def _rows(
    train: Float[Tensor, "examples features"],
    test: Float[Tensor, "others features"],
    splits: Splits,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """One row a probe of the features of the two splits."""
    labels = torch.from_numpy(splits.train.labels).to(train.device)
    probe = fit_linear_probe(train, labels, num_classes=len(splits.train.class_names), generator=generator)
    predictions = {
        "linear": (probe.predictions(test), probe.predictions(train), probe.penalty),
        "knn": (knn_predictions(train, labels, test), left_out_predictions(train, labels), np.nan),
    }
    rows = [
        {
            "probe": name,
            "accuracy": _accuracy(on_test, splits.test.labels),
            "train_accuracy": _accuracy(on_train, splits.train.labels),
            "penalty": penalty,
        }
        for name, (on_test, on_train, penalty) in predictions.items()
    ]
    return pd.DataFrame(rows)


def _accuracy(predictions: Int64[Tensor, " examples"], labels: Int64[np.ndarray, " examples"]) -> float:
    return float((predictions.cpu().numpy() == labels).mean())


def _images(split: Stored, compute: Compute) -> Tensor:
    return torch.from_numpy(split.images[:]).to(compute.device)
