"""What a killed job leaves for its successor: a side file per seed, with weights, optimiser state, trajectory.

A job that was killed at any moment ends bit-identical (fp32, on CPUs of one kind) to one that was not, because an epoch
depends on the state at its start and on (replicate, epoch) alone. A side file of another config or code is ignored.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lethe.core.errors import SchemaError
from lethe.networks.checkpoint import read_tensors, write_tensors
from lethe.networks.spec import State
from lethe.regimes.learner import Learner
from lethe.training.trajectory import Observation


@dataclass(frozen=True)
class Saved:
    """The state of one seed after `epoch` epochs."""

    epoch: int
    learner: State
    optimizer: State
    observations: dict[int, Observation]
    snapshots: dict[int, State] = field(default_factory=dict)


def side_file(output: Path, seed: int) -> Path:
    """Undeclared to Snakemake, which deletes declared outputs of a failed job."""
    return output.with_name(f".{output.name}.seed{seed}.resume")


def save_state(path: Path, saved: Saved, fingerprint: str) -> None:
    """Write one seed's state, whole or not at all; it says by its name which seed's it is."""
    tensors = {
        **{f"learner/{name}": tensor for name, tensor in saved.learner.items()},
        **{f"optimizer/{name}": tensor for name, tensor in saved.optimizer.items()},
        **{
            f"{part.name}/{epoch}": getattr(seen, part.name)
            for epoch, seen in saved.observations.items()
            for part in fields(Observation)
        },
        **{
            f"snapshots/{epoch}/{name}": tensor
            for epoch, state in saved.snapshots.items()
            for name, tensor in state.items()
        },
    }
    write_tensors(path, tensors, {"fingerprint": fingerprint, "file": path.name, "epoch": saved.epoch})


def load_state(path: Path, fingerprint: str) -> Saved | None:
    """One seed's state; None if there is none, if it cannot be read, or if it is of another seed, config or code."""
    if not path.exists():
        return None
    try:
        tensors, header = read_tensors(path, is_input=False)
    except SchemaError:
        return None
    if (header.get("fingerprint"), header.get("file")) != (fingerprint, path.name):
        return None
    parts = {part.name: _below(part.name, tensors) for part in fields(Observation)}
    observations = {
        int(epoch): Observation(**{name: part[epoch] for name, part in parts.items()}) for epoch in parts["test"]
    }
    snapshots: dict[int, State] = {}
    for key, tensor in _below("snapshots", tensors).items():
        epoch, _, name = key.partition("/")
        snapshots.setdefault(int(epoch), {})[name] = tensor
    return Saved(header["epoch"], _below("learner", tensors), _below("optimizer", tensors), observations, snapshots)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> State:
    """The optimiser's state as named tensors: `position of the parameter/name`."""
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {f"{position}/{name}": value for position, values in state.items() for name, value in values.items()}


def restore(saved: Saved, learner: Learner, optimizer: torch.optim.Optimizer) -> None:
    """Put a saved state back into a learner and its optimiser, in the parameters' own memory layout."""
    learner.load_state_dict(saved.learner, strict=True)
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in saved.optimizer.items():
        position, name = key.split("/")
        like = parameters[int(position)]
        laid_out = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
        state.setdefault(int(position), {})[name] = laid_out
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _below(prefix: str, tensors: State) -> State:
    """The tensors under one prefix, by what follows their prefix."""
    start = f"{prefix}/"
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
