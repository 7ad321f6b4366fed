"""Images per second that the workflow's own training loop sees on a device, augmentation included.

Both precisions of a study run in turns, and float32 with convolutions rounded to ten bits (TF32) beside them, which
torch does by itself and a study does not.
"""

from collections.abc import Callable
from statistics import median
from typing import Annotated, Any

import numpy as np
import torch
import typer
from epochs import epoch
from rounds import Timing, interleave, ratios

from lethe.core import cli, registry
from lethe.data.default_views import ImageTraits
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.compute import choose_compute
from lethe.training.loop import TrainingData

TRAITS = ImageTraits(3, ("crop", "flip", "resized_crop"))


def main(
    device: str = "auto",
    regimes: Annotated[str, typer.Option(help="names, with commas between")] = "supervised,simclr",
    batches: Annotated[str, typer.Option(help="images a step, with commas between")] = "128,512",
    images: Annotated[int, typer.Option(help="colour images of 32 x 32 pixels, one epoch a round")] = 20480,
    width: Annotated[int, typer.Option(help="channels of the ResNet-18's first layer")] = 64,
    rounds: int = 5,
) -> None:
    """Print images per second of training a ResNet-18, median of the rounds with the slowest and the fastest."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, 3, 32, 32), dtype=np.uint8)
    typer.echo("| regime | images a step | way | images per second | times as long as fp32 |\n" + "| --- " * 5 + "|")
    for regime in regimes.split(","):
        for batch in map(int, batches.split(",")):
            ways = {name: _epoch(pixels, regime, batch, width, device, name) for name in ("fp32", "bf16", "tf32")}
            timings = interleave(ways, rounds=rounds)
            against = {
                ratio.name: f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})" for ratio in ratios(timings)
            }
            for timing in timings:
                cells = (f"`{regime}`", batch, timing.name, _speed(timing, images), against.get(timing.name, "1"))
                typer.echo(f"| {' | '.join(map(str, cells))} |")


def _speed(timing: Timing, images: int) -> str:
    seconds = timing.seconds
    return f"{images / median(seconds):,.0f} [{images / max(seconds):,.0f}, {images / min(seconds):,.0f}]"


def _epoch(pixels: np.ndarray, name: str, batch: int, width: int, device: str, way: str) -> Callable[[], None]:
    """One epoch of a network that goes on learning."""
    compute = choose_compute(device, "bf16" if way == "bf16" else "fp32")
    regime = registry.load(registry.REGIMES, name)
    options: Any = regime.Options(epochs=1, batch_size=batch, learning_rate=0.01)
    architecture = Architecture("resnet", {"blocks": [2, 2, 2, 2], "width": width}, 3, 10)
    learner = regime.start(build_classifier(architecture, init_seed=0), options)
    labels = torch.arange(len(pixels)) % 10
    data = TrainingData(torch.from_numpy(pixels).to(compute.device), labels.to(compute.device))
    train = epoch(
        learner,
        data,
        regime=regime,
        options=options,
        architecture=architecture,
        views=regime.views(options, TRAITS),
        compute=compute,
    )

    def run() -> None:
        torch.backends.cudnn.allow_tf32 = way == "tf32"
        train()

    return run


if __name__ == "__main__":
    cli.run(main)
