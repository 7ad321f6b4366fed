"""R4: views of a batch as tensor operations, against torchvision's transforms image by image, one thread."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rounds import interleave, table
from torch import Tensor

from lethe.core import cli
from lethe.data.augment import augment, read_pipeline
from lethe.data.default_views import ImageTraits, contrastive_views, weak_views

_ALLOWED = ("crop", "resized_crop", "flip")


def main(
    images: Annotated[int, typer.Option(help="images a batch")] = 512,
    rounds: int = 9,
) -> None:
    """Print seconds and ratios for one batch of images: supervised and contrastive views, colour and grey."""
    torch.set_num_threads(1)
    for title, views, channels, size, steps in (
        ("supervised views, colour", weak_views, 3, 32, _crop_and_flip(32)),
        ("contrastive views, colour", contrastive_views, 3, 32, _contrastive_color(32)),
        ("contrastive views, grey", contrastive_views, 1, 28, _contrastive_grey()),
    ):
        pipeline = read_pipeline(views(ImageTraits(channels, _ALLOWED)))
        pixels = np.random.default_rng(0).integers(0, 256, (images, channels, size, size), dtype=np.uint8)
        ways = _one_by_one(pixels, steps)
        batch, generator = torch.from_numpy(pixels), torch.Generator().manual_seed(0)
        ours: Callable[[], object] = lambda: augment(batch, pipeline, generator)  # noqa: B023, E731
        timings = interleave({"lethe, whole batch": ours, **ways}, rounds=rounds)
        typer.echo(f"\n{title}, {images} images of {size} x {size} pixels\n\n{table(timings)}")


def _one_by_one(pixels: np.ndarray, steps: list[Any]) -> dict[str, Callable[[], object]]:
    """torchvision's transforms on PIL images and on tensors."""
    from PIL import Image
    from torchvision import transforms

    def stacked(transform: Callable[[Any], Tensor], given: list[Any]) -> Tensor:
        return torch.stack([transform(image) for image in given])

    pictures = [Image.fromarray(p.squeeze(2) if p.shape[2] == 1 else p) for p in pixels.transpose(0, 2, 3, 1)]
    tensors = list(torch.from_numpy(pixels))
    on_pictures = transforms.Compose([*steps, transforms.ToTensor(), *_noise(pixels)])
    on_tensors = transforms.Compose([*steps, transforms.ConvertImageDtype(torch.float32), *_noise(pixels)])
    return {
        "torchvision, PIL images one by one": lambda: stacked(on_pictures, pictures),
        "torchvision, tensors one by one": lambda: stacked(on_tensors, tensors),
    }


def _noise(pixels: np.ndarray) -> list[Any]:
    """The last step of the grey views, which torchvision has for float tensors only."""
    from torchvision.transforms import v2

    return [v2.GaussianNoise(sigma=0.05)] if pixels.shape[1] == 1 else []


def _crop_and_flip(size: int) -> list[Any]:
    from torchvision import transforms

    return [transforms.RandomCrop(size, padding=-(-size // 8)), transforms.RandomHorizontalFlip()]


def _contrastive_color(size: int) -> list[Any]:
    from torchvision import transforms

    return [
        transforms.RandomResizedCrop(size, scale=(0.2, 1.0)),
        transforms.RandomHorizontalFlip(),
        transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        transforms.RandomGrayscale(p=0.2),
    ]


def _contrastive_grey() -> list[Any]:
    from torchvision import transforms

    bilinear = transforms.InterpolationMode.BILINEAR
    return [
        transforms.RandomAffine(15, (0.1, 0.1), (0.8, 1.25), interpolation=bilinear),
        transforms.RandomApply([transforms.Lambda(_gamma), transforms.ColorJitter(contrast=0.4)], p=0.8),
        transforms.RandomHorizontalFlip(),
    ]


def _gamma(image: Any) -> Any:
    from torchvision.transforms import functional

    return functional.adjust_gamma(image, np.random.default_rng().uniform(0.7, 1.4))


if __name__ == "__main__":
    cli.run(main)
