"""Two probes of frozen features, and what they are read off: an encoder, an untrained one, or the pixels themselves.

Both are fitted to all training images with their labels and scored on the test images: a linear one (`networks.probe`)
and nearest neighbours (`networks.knn`). Small images are nearly linearly separable, so a probe means little without its
baselines: the network of the same seed before any training, made ready to be read, and the pixels.
"""

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.measures.given import Given
from lethe.networks.build import Architecture, fresh_classifier
from lethe.networks.compute import Compute
from lethe.networks.knn import knn_predictions, left_out_predictions
from lethe.networks.predict import extract_features
from lethe.networks.probe import fit_linear_probe
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier

GENERATOR = "probe"


def probe_network(model: Classifier, replicate: Replicate, given: Given) -> pd.DataFrame:
    """Probes of what a network's head receives, one row per probe."""
    train, test = (extract_features(model, given.images(s).images_on(given.compute.device)) for s in ("train", "test"))
    return probe_features(train, test, given, replicate.numpy(GENERATOR)).assign(seed=replicate.seed)


def probe_features(
    train: Float[Tensor, "examples features"],
    test: Float[Tensor, "others features"],
    given: Given,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """One row per probe of the features of the two splits: `probe`, `accuracy`, `train_accuracy`, `penalty`."""
    splits = {name: given.images(name) for name in ("train", "test")}
    labels = torch.from_numpy(splits["train"].labels).to(train.device)
    num_classes = len(splits["train"].class_names)
    probe = fit_linear_probe(train, labels, num_classes=num_classes, generator=generator)
    predictions = {
        "linear": (probe.predictions(test), probe.predictions(train), probe.penalty),
        "knn": (knn_predictions(train, labels, test), left_out_predictions(train, labels), np.nan),
    }
    rows = [
        {
            "probe": name,
            "accuracy": _accuracy(on_test, splits["test"].labels),
            "train_accuracy": _accuracy(on_train, splits["train"].labels),
            "penalty": penalty,
        }
        for name, (on_test, on_train, penalty) in predictions.items()
    ]
    return pd.DataFrame(rows)


def untrained_network(architecture: Architecture, replicate: Replicate, train: Stored, compute: Compute) -> Classifier:
    """The network with which a replicate's training starts, with all its layers at work.

    Residual branches that start at scale 0 are scaled by 1: without them a network is its shortcuts alone, and a
    baseline that is easy to beat. Batch-norm statistics are those of the training images: at their initial values, 0
    and 1, they would not normalise what the layers give in evaluation mode.
    """
    images = train.images_on(compute.device)
    model = fresh_classifier(architecture, replicate, images)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d) and not layer.weight.any():
            torch.nn.init.ones_(layer.weight)
    compute.place(model)
    recalibrate(model, images)
    return model


def _accuracy(predictions: Int64[Tensor, " examples"], labels: Int64[np.ndarray, " examples"]) -> float:
    return float((predictions.cpu().numpy() == labels).mean())
