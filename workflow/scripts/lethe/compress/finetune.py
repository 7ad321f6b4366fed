"""Training of a compressed network: cross entropy for few epochs at a low rate, with the method's masks held.

Contrastive and label-free regimes are fine-tuned by cross entropy too: their projectors end with the training, and so
do Corti et al. 2022 (arXiv:2207.00200). Only labels that the regime may use are seen.
"""

from dataclasses import replace
from typing import Any

from lethe.compress.spec import Compressed, PostHocOptions
from lethe.core import registry
from lethe.core.seeding import Replicate
from lethe.data.default_views import ImageTraits
from lethe.data.store import Stored
from lethe.networks.build import Architecture
from lethe.networks.compute import Compute
from lethe.regimes.learner import Learner
from lethe.regimes.spec import RegimeOptions
from lethe.training.loop import fit, training_data
from lethe.training.plan import TrainingPlan


def finetune(compressed: Compressed, train: Stored, plan: TrainingPlan) -> None:
    """Train a compressed network on in place, by a plan of its own.

    Args: train: the images whose labels may be used.
    """
    (seed,) = plan.seeds
    masks = {name: mask.to(plan.compute.device) for name, mask in compressed.masks.items()}
    held = replace(plan, masks=lambda *_: masks)
    fit(Learner(compressed.model), training_data(plan, train, seed), held, seed)


def plan_finetuning(
    dense: dict[str, Any], options: PostHocOptions, train: Stored, replicate: Replicate, compute: Compute
) -> TrainingPlan:
    """The plan by which one compressed network is trained on.

    Args:
        dense: the record of the dense networks.
        train: the images whose labels may be used.
    """
    regime = registry.load(registry.REGIMES, registry.FINETUNING)
    settings = regime.Options(**_settings(dense, options, len(train)))
    return TrainingPlan(
        architecture=Architecture(**dense["architecture"]),
        regime=regime,
        options=settings,
        study_seed=replicate.study_seed,
        seeds=(replicate.seed,),
        compute=compute,
        data_checksum=dense["data_checksum"],
        views=regime.views(settings, ImageTraits(train.channels, train.views)),
        code_version=dense["code_version"],
        name=dense["regime"],
    )


def _settings(dense: dict[str, Any], options: PostHocOptions, num_images: int) -> dict[str, Any]:
    """Options of the fine-tuning: the dense training's, its own length and rate aside, for cross entropy."""
    given = dense["regime_options"]
    goes_on = dense["regime_plugin"] == registry.FINETUNING
    shared = given if goes_on else {name: given[name] for name in RegimeOptions.model_fields if name != "views"}
    return {
        **shared,
        "epochs": options.finetune_epochs,
        "stop_after": None,
        "batch_size": min(given["batch_size"], num_images),
        "learning_rate": options.finetune_learning_rate,
        "schedule": "cosine",
        "warmup": 0.0,
    }
