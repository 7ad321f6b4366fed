"""Compress the networks of a block after training, step by step, and say what was achieved.

The steps: compress, fine-tune, recalibrate, refit the head. A head that is refitted is a linear probe of the compressed
encoder's features, so that what a stale head loses beyond it is a mismatch and no loss of features.
"""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import torch

from lethe.compress.channels import ChannelGroup
from lethe.compress.finetune import finetune
from lethe.compress.masks import sparsity_of
from lethe.compress.record import method_fields
from lethe.compress.rewire import require_finite
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.probe import refit_head
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier
from lethe.store.provenance import package_versions
from lethe.training.inputs import usable

_HEAD = "head.weight"


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
    spec = registry.load(registry.METHODS, plugin)
    if spec.pairing != "post_hoc":
        raise ConfigError(f"method '{plugin}' acts while networks are trained; run train_compressed.py for it")
    return Order(method, spec, spec.Options.model_validate_json(options), level, code_version, groups)


def compress_block(
    dense: Block, train: Stored, order: Order, compute: Compute, *, labelled: pd.DataFrame | None = None
) -> Block:
    """The compressed networks of a block, each made from the dense network of the same seed.

    Args: labelled: the images whose labels may be used, for a regime that uses some.
    Raises:
        ConfigError: more calibration images asked for than there are.
        CompressionError: a level or a network that the method cannot take, or weights that are not finite.
    """
    states, achieved, notes = [], [], []
    for position, seed in enumerate(dense.seeds):
        replicate = Replicate(dense.record["study_seed"], seed)
        original = dense.model(position)
        compressed = compress_model(
            original, train, order, replicate, dense.record, compute, with_labels=usable(train, labelled, seed)
        )
        model = compressed.model
        notes.append(compressed.notes)
        states.append({name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()})
        achieved.append(sparsity_of(model, original))
    assert all(note == notes[0] for note in notes)
    return Block({**_record(dense.record, order, achieved, compute), **notes[0]}, tuple(states))


def compress_model(
    model: Classifier,
    train: Stored,
    order: Order,
    replicate: Replicate,
    dense: dict[str, Any],
    compute: Compute,
    *,
    with_labels: Stored,
) -> Compressed:
    """One compressed network in evaluation mode, with what the method says of it.

    Args: with_labels: the part of the training images whose labels may be used.
    """
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
            finetune(compressed, with_labels, order.options, _later(replicate, number), dense, compute)
    if order.options.recalibrate:
        recalibrate(compressed.model, inputs.images(order.options.recalibrate, purpose="recalibrate"))
    if order.options.head == "refit":
        compressed = _with_new_head(compressed, with_labels, replicate, compute)
    compressed.model.eval()
    return compressed


def _with_new_head(compressed: Compressed, with_labels: Stored, replicate: Replicate, compute: Compute) -> Compressed:
    """A linear probe for a head: weights that the method removed stay 0, those that it rounded are float32 again."""
    images = torch.from_numpy(with_labels.images[:]).to(compute.device)
    labels = torch.from_numpy(with_labels.labels).to(compute.device)
    mask = compressed.masks.get(_HEAD)
    mask = None if mask is None else mask.to(compute.device)
    refit_head(compressed.model, images, labels, replicate.numpy("probe"), mask)
    if "quantised" not in compressed.notes:
        return compressed
    rounded = {name: bits for name, bits in compressed.notes["quantised"].items() if name != _HEAD}
    return replace(compressed, notes={**compressed.notes, "quantised": rounded})


def _later(replicate: Replicate, number: int) -> Replicate:
    """A replicate whose order and augmentation are those of no training and of no other round of fine-tuning."""
    parts = (number,) if number else ()
    return Replicate(replicate.integer("finetune", *parts), replicate.seed)


def _record(dense: dict[str, Any], order: Order, achieved: list[float], compute: Compute) -> dict[str, Any]:
    return {
        **dense,
        **method_fields(order.method, order.spec, order.options, order.level, treatment=order.options.treatment),
        "sparsity_achieved": achieved,
        "dense_code_version": dense["code_version"],
        "code_version": order.code_version,
        "packages": package_versions(),
        **compute.record(),
    }
