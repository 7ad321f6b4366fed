"""R11: a forward pass of a ResNet-18 with half of its channels removed, against zeroed and dense; one thread."""

from collections.abc import Callable

import torch
import typer
from rounds import interleave, table

from lethe.compress.channels import ChannelGroup, coupled_channels
from lethe.compress.rewire import keep, rewire
from lethe.core import cli
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.spec import Classifier

RESNET18 = Architecture("resnet", {"blocks": [2, 2, 2, 2], "width": 64}, channels=3, classes=10)
IMAGE = (3, 32, 32)


def main(rounds: int = 7) -> None:
    """Print seconds and ratios for a batch of 256 images and for one; untrained weights take as long."""
    torch.set_num_threads(1)
    dense = build_classifier(RESNET18, init_seed=0).eval()
    groups = coupled_channels(dense, IMAGE)
    maps = [keep(torch.arange(group.width // 2), group.width) for group in groups]
    networks = {
        "half of the channels removed": rewire(dense, groups, maps),
        "half of the channels zeroed": _zeroed(dense, groups),
        "dense": dense,
    }
    for batch, passes in ((256, 1), (1, 16)):
        ways = {name: _passes(model, batch, passes) for name, model in networks.items()}
        with torch.inference_mode():
            timings = interleave(ways, rounds=rounds)
        typer.echo(f"\nbatch of {batch}, {passes} pass(es)\n\n{table(timings)}")


@torch.no_grad()
def _zeroed(dense: Classifier, groups: tuple[ChannelGroup, ...]) -> Classifier:
    """The same network with weights of 0 where the other has none."""
    model = build_classifier(RESNET18, init_seed=0).eval()
    model.load_state_dict(dense.state_dict())
    for group in groups:
        for member in group.members:
            weight = model.get_parameter(f"{member.layer}.weight")
            channels = weight.movedim(1, 0) if member.part == "consumer" else weight
            channels[group.width // 2 :] = 0
    return model


def _passes(model: Classifier, batch: int, passes: int) -> Callable[[], object]:
    """A way to time; one pass of one image is too short for the clock."""
    model.to(memory_format=torch.channels_last)
    images = torch.rand(batch, *IMAGE, generator=torch.Generator().manual_seed(0))
    return lambda: [model(images) for _ in range(passes)]


if __name__ == "__main__":
    cli.run(main)
