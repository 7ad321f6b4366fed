"""A block's networks in one safetensors file: stacked tensors (seeds, ...) and a JSON header. Never a pickle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from lethe.networks.build import Architecture, empty_classifier
from lethe.networks.compute import Compute
from lethe.networks.quantized import ActivationQuantizers, attach_quantizers
from lethe.networks.shapes import take_shapes
from lethe.networks.spec import Classifier, State
from lethe.store.arrays import read_header
from lethe.store.files import atomic
from lethe.store.records import record_text, stated
from lethe.store.seal import RECORD_KEY, seal


@dataclass(frozen=True)
class Traits:
    """What kind of networks a checkpoint holds: what comparisons between cells need to know of a method.

    Attributes:
        plugin: the method's file; `dense` for networks that no method has touched.
        level_kind: what the level says.
        pairing: whether seed k was made from dense seed k or trained on its own.
        treatment: what was done to a compressed network, in a few words; `raw` for nothing.
        acts_on: what the method removes, merges or rounds.
        role: what the method is for.
        control: plug-in that does the same at random; empty where there is none.
    """

    plugin: str
    level_kind: Literal["none", "sparsity", "channel_sparsity", "bits"]
    pairing: Literal["paired", "independent"]
    treatment: str
    acts_on: Literal["none", "weights", "channels", "clusters", "bits"]
    role: Literal["dense", "method", "random control", "capacity control", "reference"]
    control: str

    def as_json(self) -> dict[str, str]:
        """As it stands in a checkpoint's header."""
        return asdict(self)


DENSE_TRAITS = Traits("dense", "none", "paired", "raw", acts_on="none", role="dense", control="")


@dataclass(frozen=True)
class Block:
    """The networks of a block of seeds, with the record that names them.

    Attributes: states: one state dict per seed, in the order of `record["seeds"]`.
    """

    record: dict[str, Any]
    states: tuple[State, ...]

    @property
    def seeds(self) -> list[int]:
        """Seeds in the order of the states."""
        return list(self.record["seeds"])

    def networks(self, compute: Compute) -> Iterator[tuple[int, Classifier]]:
        """Seed and network of the whole block by rising seed, rebuilt one after the other on a device."""
        for position in np.argsort(self.seeds, kind="stable"):
            model = self.model(int(position))
            compute.place(model)
            yield self.seeds[position], model

    def model(self, position: int) -> Classifier:
        """One network, rebuilt, in evaluation mode."""
        model = empty_classifier(Architecture(**self.record["architecture"]))
        if quantizers := self.record.get("activation_quantizers"):
            attach_quantizers(model, ActivationQuantizers(**quantizers))
        take_shapes(model, self.states[position])
        model.load_state_dict(self.states[position], strict=True)
        return model.eval()


def write_block(path: Path, states: Sequence[State], record: dict[str, Any]) -> None:
    """Write a block's checkpoint; `record` must hold `seeds` and `architecture`."""
    assert len(states) == len(record["seeds"]) and "architecture" in record
    stacked = {name: torch.stack([state[name] for state in states]).contiguous() for name in states[0]}
    write_tensors(path, stacked, record)


def read_block(path: Path) -> Block:
    """Read a block's checkpoint.

    Raises: SchemaError: as `read_tensors`.
    """
    stacked, record = read_tensors(path)
    seeds = stated(record, "seeds", path)
    states = tuple({name: tensor[k].clone() for name, tensor in stacked.items()} for k in range(len(seeds)))
    return Block(record, states)


def write_snapshots(path: Path, snapshots: Mapping[int, Mapping[int, State]], record: dict[str, Any]) -> None:
    """Write networks along their training: by seed and by how many epochs were done; `record` as of a block."""
    tensors = {
        f"{seed}/{epoch}/{name}": tensor
        for seed, by_epoch in snapshots.items()
        for epoch, state in by_epoch.items()
        for name, tensor in state.items()
    }
    write_tensors(path, tensors, record)


def read_snapshots(path: Path, compute: Compute) -> dict[int, list[Classifier]]:
    """Networks along the training of every seed, earliest first, in evaluation mode on a device.

    Raises: SchemaError: as `read_tensors`.
    """
    tensors, record = read_tensors(path)
    states: dict[int, dict[int, State]] = {}
    for key, tensor in tensors.items():
        seed, epoch, name = key.split("/", 2)
        states.setdefault(int(seed), {}).setdefault(int(epoch), {})[name] = tensor
    found = {}
    for of_seed, by_epoch in sorted(states.items()):
        block = Block(record, tuple(by_epoch[epoch] for epoch in sorted(by_epoch)))
        found[of_seed] = [block.model(position) for position in range(len(by_epoch))]
        for model in found[of_seed]:
            compute.place(model)
    return found


def cpu_state(module: nn.Module) -> State:
    """A network's tensors on the CPU, as a file takes them."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}


def write_tensors(path: Path, tensors: State, record: dict[str, Any]) -> None:
    """Write tensors with a JSON header, atomically; equal tensors and record give equal bytes."""
    header = {RECORD_KEY: record_text(record, path)}
    with atomic(path) as temporary:
        save_file({name: tensors[name].detach().cpu().contiguous() for name in sorted(tensors)}, temporary, header)
        seal(temporary)


def read_tensors(path: Path, *, is_input: bool = True) -> tuple[State, dict[str, Any]]:
    """Tensors on the CPU, and the JSON header.

    Args: is_input: as for `store.records.open_sealed`.
    Raises: SchemaError: as `read_header`.
    """
    record = read_header(path, is_input=is_input)
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, record  # noqa: SIM118 (not a dict)
