"""Compress the networks of a block after training: compress, fine-tune, recalibrate, and say what was achieved."""

from dataclasses import dataclass
from typing import Any

import torch

from lethe.compress.channels import ChannelGroup
from lethe.compress.masks import sparsity_of
from lethe.compress.recalibrate import recalibrate
from lethe.compress.rewire import require_finite
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
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
    """What is asked for: a configured method at one level; `groups` are the coupled channels, where they are known."""

    method: str
    spec: CompressSpec
    options: PostHocOptions
    level: str
    code_version: str
    groups: tuple[ChannelGroup, ...] | None = None


def post_hoc_order(
    method: str, plugin: str, level: str, options: str, code_version: str, groups: tuple[ChannelGroup, ...] | None
) -> Order:
    """An order from plain arguments.

    Args: options: the method's options as JSON.
    Raises: ConfigError: no such plug-in, or one that acts during training.
    """
    spec = registry.load("compress", plugin)
    if spec.pairing != "post_hoc":
        raise ConfigError(f"method '{plugin}' acts while networks are trained; run train_compressed.py for it")
    return Order(method, spec, spec.Options.model_validate_json(options), level, code_version, groups)


def compress_block(dense: Block, train: Stored, order: Order, compute: Compute) -> Block:
    """The compressed networks of a block, each made from the dense network of the same seed.

    Raises:
        ConfigError: more calibration images asked for than there are.
        CompressionError: a level or a network that the method cannot take, or weights that are not finite.
    """
    states, achieved, notes = [], [], []
    for position, seed in enumerate(dense.seeds):
        replicate = Replicate(dense.record["study_seed"], seed)
        original = dense.model(position)
        compressed = compress_model(original, train, order, replicate, dense.record, compute)
        model = compressed.model
        notes.append(compressed.notes)
        states.append({name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()})
        achieved.append(sparsity_of(model, original))
    assert all(note == notes[0] for note in notes)
    return Block({**_record(dense.record, order, achieved, compute), **notes[0]}, tuple(states))


def compress_model(
    model: Classifier, train: Stored, order: Order, replicate: Replicate, dense: dict[str, Any], compute: Compute
) -> Compressed:
    """One compressed network in evaluation mode, with what the method says of it."""
    require_finite(model.state_dict())
    compute.place(model)
    pool_order = replicate.numpy("calibration").permutation(len(train.labels))
    inputs = Inputs(train.images, pool_order, compute.device, order.groups)
    generator = torch.Generator().manual_seed(replicate.integer("compression"))
    compressed = Compressed(model, {})
    for number, level in enumerate(order.spec.rounds(float(order.level), order.options)):
        compressed = order.spec.compress(compressed.model, level, order.options, inputs, generator)
        compute.place(compressed.model)
        if order.options.finetune_epochs:
            _finetune(compressed, train, order.options, _later(replicate, number), dense, compute)
    if order.options.recalibrate:
        recalibrate(compressed.model, inputs.images(order.options.recalibrate, purpose="recalibrate"))
    compressed.model.eval()
    return compressed


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
    recipe = Recipe(regime, regime.Options(**{**dense["regime_options"], **changed}), replicate, compute)
    images = torch.from_numpy(train.images[:]).to(compute.device)
    labels = torch.from_numpy(train.labels).to(compute.device)
    masks = {name: mask.to(compute.device) for name, mask in compressed.masks.items()}
    data = TrainingData(images, labels, tuple(dense["views"]))
    fit(compressed.model, data, recipe, masks=lambda *_: masks)


def _later(replicate: Replicate, number: int) -> Replicate:
    """A replicate whose order and augmentation are those of no training and of no other round of fine-tuning."""
    parts = (number,) if number else ()
    return Replicate(replicate.integer("finetune", *parts), replicate.seed)


def _record(dense: dict[str, Any], order: Order, achieved: list[float], compute: Compute) -> dict[str, Any]:
    return {
        **dense,
        "method": order.method,
        "plugin": order.spec.name,
        "level": order.level,
        "level_kind": order.spec.level_kind,
        "pairing": order.spec.pairing,
        "options": order.options.model_dump(mode="json"),
        "treatment": order.options.treatment,
        "level_asked": float(order.level),
        "sparsity_achieved": achieved,
        "dense_code_version": dense["code_version"],
        "code_version": order.code_version,
        "packages": package_versions(),
        **compute.record(),
    }
