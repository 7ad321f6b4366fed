"""How long a forward pass takes, dense against compressed: timed in turns, because no machine is twice the same.

A round runs all networks one right after the other, starting with another one each time; a speed-up is the ratio of
two times of the same round. The figures are measurements: they differ from run to run, so nothing but the table that
shows them depends on them.
"""

import time
from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from pydantic import Field, field_validator
from torch import Tensor

from lethe.core.options import Strict
from lethe.data.augment import to_float
from lethe.data.store import Stored
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.networks.checkpoint import Block
from lethe.networks.compute import Compute
from lethe.networks.spec import Classifier

Pass = Callable[[], object]

# A time much shorter than this is mostly the clock: forward passes are repeated until it is reached. Many short times
# tell more than few long ones, because whatever comes between lengthens few of them.
_SHORTEST_SECONDS = 0.01


class Options(Strict):
    """How forward passes are timed."""

    batches: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        default=(1, 256), min_length=1, description="images per forward pass; each size is timed"
    )
    rounds: int = Field(default=25, ge=5, le=1000, description="times that both networks take their turn")

    @field_validator("batches")
    @classmethod
    def _each_once(cls, batches: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(batches)) < len(batches):
            raise ValueError("a batch size is given twice; give each once")
        return batches


def measure(given: Given, options: Options) -> pd.DataFrame:
    """One row per batch size, of the first seed's network and of its dense network.

    Everything runs in one thread, in float32 and inference mode, on test images.
    """
    torch.set_num_threads(1)
    models = [_placed(given.blocks(need)[0], given.compute) for need in ("dense", "checkpoint")]
    rows = []
    for batch in options.batches:
        images = _images(given.images("test"), batch, given.compute)
        seconds = time_in_turns([_forward(model, images) for model in models], options.rounds, given.compute)
        rows.append({"batch": batch, "device": given.compute.device.type, **timed(seconds)})
    return pd.DataFrame(rows)


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
        for later in range(len(passes)):
            which = (turn + later) % len(passes)
            seconds[turn, which] = _seconds(passes[which], repeats, compute, clock)
    return seconds


def _seconds(run: Pass, repeats: int, compute: Compute, clock: Callable[[], float]) -> float:
    """Mean seconds of a forward pass over some in a row, the accelerator's work included."""
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
    return to_float(split.images_on(compute.device, np.arange(batch) % len(split)))


def _forward(model: Classifier, images: Float[Tensor, "batch channels height width"]) -> Pass:
    return lambda: model(images)


def timed(seconds: Float[np.ndarray, "rounds both"]) -> dict[str, float | int]:
    """Medians and quartiles over rounds, of times and of the speed-up within a round.

    Args: seconds: of the dense and of the compressed network, one row per round.
    """
    low, middle, high = np.quantile(seconds * 1000, (0.25, 0.5, 0.75), axis=0)
    slow, typical, fast = np.quantile(seconds[:, 0] / seconds[:, 1], (0.25, 0.5, 0.75))
    return {
        "threads": torch.get_num_threads(),
        "rounds": len(seconds),
        "dense_milliseconds": middle[0],
        "milliseconds": middle[1],
        "milliseconds_low": low[1],
        "milliseconds_high": high[1],
        "speedup": typical,
        "speedup_low": slow,
        "speedup_high": fast,
    }


SPEC = MeasureSpec(
    name="latency",
    summary="time of a forward pass, dense and compressed networks in turns",
    source="definitions of the field",
    of="cell",
    cells="compressed",
    blocks="first",
    needs=("checkpoint", "dense", "test"),
    columns=(
        ("batch", "int64", "count"),  # images per forward pass
        ("device", "string", ""),
        ("threads", "int64", "count"),
        ("rounds", "int64", "count"),
        ("dense_milliseconds", "float64", "milliseconds"),  # medians over rounds
        ("milliseconds", "float64", "milliseconds"),
        ("milliseconds_low", "float64", "milliseconds"),  # quartiles over rounds
        ("milliseconds_high", "float64", "milliseconds"),
        ("speedup", "float64", "times"),  # dense over compressed of the same round: median and quartiles
        ("speedup_low", "float64", "times"),
        ("speedup_high", "float64", "times"),
    ),
    key=("batch",),
    recorded=(("other_load", "float64", "number"),),  # cores that other programs kept busy meanwhile, see measures.load
    resources={"mem_mb": 8000, "runtime": 30, "gpu": 1},
    alone=True,
    Options=Options,
    default=True,
    measure=measure,
)
