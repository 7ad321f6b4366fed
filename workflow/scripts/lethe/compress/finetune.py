"""Training of a compressed network: cross entropy for few epochs at a low rate, with the method's masks held.

Contrastive and label-free regimes are fine-tuned by cross entropy too: their projectors end with the training, and so
do Corti et al. 2022 (arXiv:2207.00200). Only labels that the regime may use are seen.
"""

from typing import Any

import torch

from lethe.compress.spec import Compressed, PostHocOptions
from lethe.core import registry
from lethe.core.seeding import Replicate
from lethe.data.augment import read_pipeline
from lethe.data.default_views import ImageTraits
from lethe.data.store import Stored
from lethe.networks.compute import Compute
from lethe.regimes.learner import Learner
from lethe.regimes.spec import RegimeOptions
from lethe.training.loop import Pipelines, Recipe, TrainingData, fit

_SUPERVISED = "supervised"


def finetune(
    compressed: Compressed,
    train: Stored,
    options: PostHocOptions,
    replicate: Replicate,
    dense: dict[str, Any],
    compute: Compute,
) -> None:
    """Train on in place.

    Args:
        train: the images whose labels may be used.
        dense: the record of the dense networks.
    """
    regime = registry.load(registry.REGIMES, _SUPERVISED)
    settings = regime.Options(**_settings(dense, options, len(train)))
    recipe = Recipe(dense["regime"], regime, settings, replicate, compute)
    images, labels = (torch.from_numpy(values[:]).to(compute.device) for values in (train.images, train.labels))
    masks = {name: mask.to(compute.device) for name, mask in compressed.masks.items()}
    views = regime.views(settings, ImageTraits(train.channels, train.views))
    data = TrainingData(images, labels, Pipelines(tuple(read_pipeline(steps) for steps in views.images)))
    fit(Learner(compressed.model), data, recipe, masks=lambda *_: masks)


def _settings(dense: dict[str, Any], options: PostHocOptions, num_images: int) -> dict[str, Any]:
    """Options of the fine-tuning: the dense training's, its own length and rate aside, for cross entropy."""
    given = dense["regime_options"]
    is_supervised = dense["regime_plugin"] == _SUPERVISED
    shared = given if is_supervised else {name: given[name] for name in RegimeOptions.model_fields if name != "views"}
    return {
        **shared,
        "epochs": options.finetune_epochs,
        "stop_after": None,
        "batch_size": min(given["batch_size"], num_images),
        "learning_rate": options.finetune_learning_rate,
        "schedule": "cosine",
        "warmup": 0.0,
    }
