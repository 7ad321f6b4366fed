"""Compress the networks of a block after training: compress, fine-tune, recalibrate, and say what was achieved."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lethe.compress.masks import sparsity_of
from lethe.compress.recalibrate import recalibrate
from lethe.compress.spec import Calibration, Compressed, CompressSpec, PostHocOptions
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.provenance import package_versions
from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.models.spec import Classifier
from lethe.training.checkpoint import Block
from lethe.training.compute import Compute
from lethe.training.loop import Recipe, TrainingData, fit


@dataclass(frozen=True)
class Order:
    """What is asked for: a configured method at one level."""

    method: str
    spec: CompressSpec
    options: PostHocOptions
    level: str
    code_version: str


def compress_block(dense: Block, train: Stored, order: Order, compute: Compute) -> Block:
    """The compressed networks of a block, each made from the dense network of the same seed.

    Raises: ConfigError: more calibration images asked for than there are.
    """
    states, achieved = [], []
    for position, seed in enumerate(dense.seeds):
        replicate = Replicate(dense.record["study_seed"], seed)
        model = compress_model(dense.model(position), train, order, replicate, dense.record, compute)
        states.append({name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()})
        achieved.append(sparsity_of(model))
    return Block(_record(dense.record, order, achieved, compute), tuple(states))


def compress_model(
    model: Classifier, train: Stored, order: Order, replicate: Replicate, dense: dict[str, Any], compute: Compute
) -> Classifier:
    """One compressed network in evaluation mode."""
    compute.place(model)
    calibration = _calibration(train, order.options, replicate, compute)
    generator = torch.Generator().manual_seed(replicate.integer("compression"))
    compressed = order.spec.compress(model, float(order.level), order.options, calibration, generator)
    if order.options.finetune_epochs:
        _finetune(compressed, train, order.options, replicate, dense, compute)
    if order.options.recalibrate:
        recalibrate(compressed.model, calibration.images)
    return compressed.model.eval()


def _calibration(train: Stored, options: PostHocOptions, replicate: Replicate, compute: Compute) -> Calibration:
    """Training images drawn without replacement, the same for every method and level of a seed."""
    count, there = options.recalibrate, len(train.labels)
    if count > there:
        raise ConfigError(f"recalibrate: {count} training images asked for, but there are {there}; lower it")
    chosen = np.sort(replicate.numpy("calibration").permutation(there)[:count])
    return Calibration(torch.from_numpy(train.images[chosen]).to(compute.device))


def _finetune(
    compressed: Compressed,
    train: Stored,
    options: PostHocOptions,
    replicate: Replicate,
    dense: dict[str, Any],
    compute: Compute,
) -> None:
    """Train on, as the dense network was trained but for few epochs at a low rate, with the masks held."""
    regime = registry.load("regimes", dense["regime"])
    changed = {
        "epochs": options.finetune_epochs,
        "learning_rate": options.finetune_learning_rate,
        "schedule": "cosine",
        "warmup": 0.0,
    }
    recipe = Recipe(regime, regime.Options(**{**dense["regime_options"], **changed}), _later(replicate), compute)
    images = torch.from_numpy(train.images[:]).to(compute.device)
    labels = torch.from_numpy(train.labels).to(compute.device)
    masks = {name: mask.to(compute.device) for name, mask in compressed.masks.items()}
    fit(compressed.model, TrainingData(images, labels, tuple(dense["views"])), recipe, masks=masks)


def _later(replicate: Replicate) -> Replicate:
    """A replicate whose order and augmentation are not those of the first epochs of training."""
    return Replicate(replicate.integer("finetune"), replicate.seed)


def _record(dense: dict[str, Any], order: Order, achieved: list[float], compute: Compute) -> dict[str, Any]:
    return {
        **dense,
        "method": order.method,
        "plugin": order.spec.name,
        "level": order.level,
        "level_kind": order.spec.level_kind,
        "pairing": order.spec.pairing,
        "options": order.options.model_dump(mode="json"),
        "sparsity_asked": float(order.level),
        "sparsity_achieved": achieved,
        "dense_code_version": dense["code_version"],
        "code_version": order.code_version,
        "packages": package_versions(),
        **compute.record(),
    }
