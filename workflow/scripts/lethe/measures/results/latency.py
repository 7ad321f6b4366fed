"""How long a forward pass takes, dense against compressed: timed in turns, because no machine is twice the same.

A round runs all networks one right after the other, starting with another one each time; a speed-up is the ratio of
two times of the same round. The figures are measurements: they differ from run to run, so nothing but the table that
shows them depends on them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lethe.data.augment import to_float
from lethe.data.store import Stored
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.spec import Classifier
from lethe.store.provenance import package_versions

Pass = Callable[[], object]

# A time shorter than this is mostly the clock and the scheduler: forward passes are repeated until it is reached.
_SHORTEST_SECONDS = 0.05


@dataclass(frozen=True)
class Timing:
    """How to time: batch sizes, rounds, and where."""

    batches: tuple[int, ...]
    rounds: int
    compute: Compute


def measure_latency(dense: Block, compressed: Sequence[Block], split: Stored, timing: Timing) -> pd.DataFrame:
    """One row a (level, batch size), with the columns of `schema.LATENCY`, for the first seed of every block.

    Everything runs in one thread, in float32 and inference mode, on images of the split.
    """
    torch.set_num_threads(1)
    models = [_placed(block, timing.compute) for block in (dense, *compressed)]
    levels = [block.record["level"] for block in compressed]
    frames = []
    for batch in timing.batches:
        images = _images(split, batch, timing.compute)
        seconds = time_in_turns([_forward(model, images) for model in models], timing.rounds, timing.compute)
        frames.append(_rows(levels, batch, seconds))
    return pd.concat(frames, ignore_index=True)


@torch.inference_mode()
def time_in_turns(
    passes: Sequence[Pass], rounds: int, compute: Compute, clock: Callable[[], float] = time.perf_counter
) -> Float[np.ndarray, "rounds models"]:
    """Seconds of one forward pass of every network in every round, after two that warm up.

    Every time is the mean of as many passes as the slowest network needs to fill the shortest time.
    """
    for run in passes:
        run()  # the first pass of a network allocates and chooses its kernels
    warm = max(_seconds(run, 1, compute, clock) for run in passes)
    repeats = max(1, round(_SHORTEST_SECONDS / max(warm, 1e-9)))
    seconds = np.empty((rounds, len(passes)))
    for turn in range(rounds):
        for step in range(len(passes)):
            which = (turn + step) % len(passes)
            seconds[turn, which] = _seconds(passes[which], repeats, compute, clock)
    return seconds


def _seconds(run: Pass, repeats: int, compute: Compute, clock: Callable[[], float]) -> float:
    _wait(compute)
    start = clock()
    for _ in range(repeats):
        run()
    _wait(compute)
    return (clock() - start) / repeats


def _wait(compute: Compute) -> None:
    """An accelerator works on after a call returns; let it finish."""
    if compute.device.type == "cuda":
        torch.cuda.synchronize(compute.device)
    elif compute.device.type == "mps":
        torch.mps.synchronize()


def _placed(block: Block, compute: Compute) -> Classifier:
    model = block.model(block.seeds.index(min(block.seeds)))
    compute.place(model)
    return model


def _images(split: Stored, batch: int, compute: Compute) -> Float[Tensor, "batch channels height width"]:
    """Images of the split, again from the first where it has fewer than a batch."""
    chosen: UInt8[np.ndarray, "batch channels height width"] = split.images[np.arange(batch) % len(split)]
    return to_float(torch.from_numpy(chosen).to(compute.device))


def _forward(model: Classifier, images: Float[Tensor, "batch channels height width"]) -> Pass:
    return lambda: model(images)


def _rows(levels: Sequence[str], batch: int, seconds: Float[np.ndarray, "rounds models"]) -> pd.DataFrame:
    low, middle, high = np.quantile(seconds * 1000, (0.25, 0.5, 0.75), axis=0)
    slow, typical, fast = np.quantile(seconds[:, :1] / seconds, (0.25, 0.5, 0.75), axis=0)
    columns: Mapping[str, Any] = {
        "level": list(levels),
        "batch": batch,
        "threads": torch.get_num_threads(),
        "rounds": len(seconds),
        "dense_milliseconds": middle[0],
        "milliseconds": middle[1:],
        "milliseconds_low": low[1:],
        "milliseconds_high": high[1:],
        "speedup": typical[1:],
        "speedup_low": slow[1:],
        "speedup_high": fast[1:],
    }
    return pd.DataFrame(columns)


def latency_record(dense: Block, compressed: Sequence[Block], compute: Compute, code_version: str) -> dict[str, Any]:
    """The record of a latency table: which networks were timed, where, and what made them."""
    first = compressed[0].record
    return {
        "cell": {"regime": first["regime"], "method": first["method"]},
        "seed": min(dense.seeds),
        "plugin": first.get("plugin", first["method"]),
        "simulated": bool(first.get("simulated", False)),
        "device": compute.device.type,
        "checkpoint_code_versions": [block.record["code_version"] for block in (dense, *compressed)],
        "code_version": code_version,
        "packages": package_versions(),
    }
