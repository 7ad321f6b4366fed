"""R4: crop and flip of a batch as tensor operations, against torchvision's transforms image by image, one thread."""

from typing import Annotated

import numpy as np
import torch
import typer
from rounds import interleave, table

from lethe.core import cli
from lethe.data.views import augment


def main(
    images: Annotated[int, typer.Option(help="images a batch")] = 512,
    size: Annotated[int, typer.Option(help="height and width")] = 32,
    rounds: int = 9,
) -> None:
    """Print seconds and ratios for one batch of colour images."""
    from PIL import Image
    from torchvision import transforms

    torch.set_num_threads(1)
    pixels = np.random.default_rng(0).integers(0, 256, (images, 3, size, size), dtype=np.uint8)
    batch, generator = torch.from_numpy(pixels), torch.Generator().manual_seed(0)
    pictures = [Image.fromarray(picture) for picture in pixels.transpose(0, 2, 3, 1)]
    moves = [transforms.RandomCrop(size, padding=-(-size // 8)), transforms.RandomHorizontalFlip()]
    on_pictures = transforms.Compose([*moves, transforms.ToTensor()])
    on_tensors = transforms.Compose([*moves, transforms.ConvertImageDtype(torch.float32)])
    ways = {
        "lethe.data.views, whole batch": lambda: augment(batch, ("crop", "flip"), generator),
        "torchvision, PIL images one by one": lambda: torch.stack([on_pictures(picture) for picture in pictures]),
        "torchvision, tensors one by one": lambda: torch.stack([on_tensors(image) for image in batch]),
    }
    typer.echo(table(interleave(ways, rounds=rounds)))


if __name__ == "__main__":
    cli.run(main)
