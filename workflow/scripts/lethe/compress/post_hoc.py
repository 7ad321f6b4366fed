"""Compress the networks of a block after training, step by step, and say what was achieved.

Compress, fine-tune, recalibrate, refit the head, in this order. A head that is refitted is a linear probe of the
compressed encoder's features, so that what a stale head loses beyond it is a mismatch and no loss of features.
"""

from dataclasses import replace
from typing import Any

import pandas as pd
import torch

from lethe.compress.compressor import Compressor
from lethe.compress.finetune import finetune, plan_finetuning
from lethe.compress.masks import channels_gone, sparsity_of
from lethe.compress.rewire import require_finite
from lethe.compress.spec import Compressed, CompressSpec, seeded_inputs
from lethe.core.seeding import Replicate
from lethe.data.labelled import labelled_part
from lethe.data.parts import own_part
from lethe.data.store import Stored
from lethe.networks.checkpoint import Block, cpu_state
from lethe.networks.compute import Compute
from lethe.networks.probe import refit_head
from lethe.networks.products import require_known_products
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier
from lethe.store.provenance import made_by

_HEAD = "head.weight"


def compress_block(
    dense: Block,
    train: Stored,
    compressor: Compressor[CompressSpec],
    compute: Compute,
    *,
    labelled: pd.DataFrame | None = None,
    parts: pd.DataFrame | None = None,
    code_version: str = "",
) -> Block:
    """The compressed networks of a block, each made from the dense network of the same seed.

    Args:
        labelled: the images whose labels may be used, for a regime that uses some.
        parts: the images on which each seed was trained, where these are not all; no others are looked at.
    Raises:
        ConfigError: more calibration images asked for than there are.
        CompressionError: a level or a network that the method cannot take, or weights that are not finite.
    """
    spec = compressor.spec
    require_known_products(dense.model(0), train.images.shape[1:], by_call=spec.level_kind != "sparsity")
    states, achieved, channels, notes = [], [], [], []
    for position, seed in enumerate(dense.seeds):
        own = own_part(train, parts, seed)
        original, usable = dense.model(position), labelled_part(own, labelled, seed)
        replicate = Replicate(dense.record["study_seed"], seed)
        compressed = compress_model(original, own, compressor, replicate, compute, dense=dense.record, usable=usable)
        states.append(cpu_state(compressed.model))
        achieved.append(sparsity_of(compressed.model, original, acts_on=spec.acts_on))
        channels.append(channels_gone(compressed.model, original))
        notes.append(compressed.notes)
    assert all(note == notes[0] for note in notes)
    record = {
        **dense.record,
        **compressor.record(treatment=compressor.options.treatment),
        "sparsity_achieved": achieved,
        "channel_sparsity_achieved": channels,
        "dense_code_version": dense.record["code_version"],
        **made_by(code_version),
        **compute.record(),
        **notes[0],
    }
    return Block(record, tuple(states))


def compress_model(
    model: Classifier,
    train: Stored,
    compressor: Compressor[CompressSpec],
    replicate: Replicate,
    compute: Compute,
    *,
    dense: dict[str, Any],
    usable: Stored,
) -> Compressed:
    """One compressed network in evaluation mode, with what the method says of it.

    Args:
        dense: the record of the dense networks.
        usable: the part of the training images whose labels may be used.
    """
    require_finite(model.state_dict())
    compute.place(model)
    spec, options = compressor.spec, compressor.options
    labelled = usable if spec.labels else None
    inputs, generator = seeded_inputs(train, replicate, compute.device, compressor.groups, labelled)
    compressed = Compressed(model, {})
    for number, level in enumerate(spec.rounds(float(compressor.level), options)):
        compressed = spec.compress(compressed.model, level, options, inputs, generator)
        compute.place(compressed.model)
        if options.finetune_epochs:
            plan = plan_finetuning(dense, options, usable, _later(replicate, number), compute)
            finetune(compressed, usable, plan)
    if options.recalibrate:
        recalibrate(compressed.model, inputs.images(options.recalibrate, purpose="recalibrate"))
    if options.head == "refit":
        compressed = _with_new_head(compressed, usable, replicate, compute)
    compressed.model.eval()
    return compressed


def _later(replicate: Replicate, number: int) -> Replicate:
    """A replicate whose order and augmentation are those of no training and of no other round of fine-tuning."""
    parts = (number,) if number else ()
    return Replicate(replicate.integer("finetune", *parts), replicate.seed)


def _with_new_head(compressed: Compressed, usable: Stored, replicate: Replicate, compute: Compute) -> Compressed:
    """A linear probe for a head: weights that the method removed stay 0, those that it rounded are float32 again."""
    images = usable.images_on(compute.device)
    labels = torch.from_numpy(usable.labels).to(compute.device)
    mask = compressed.masks.get(_HEAD)
    mask = None if mask is None else mask.to(compute.device)
    refit_head(compressed.model, images, labels, replicate.numpy("probe"), mask)
    if "quantized" not in compressed.notes:
        return compressed
    rounded = {name: bits for name, bits in compressed.notes["quantized"].items() if name != _HEAD}
    return replace(compressed, notes={**compressed.notes, "quantized": rounded})
