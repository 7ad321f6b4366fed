"""R12: SimCLR training steps, views included, against lightly's own transform, collate function and data loader.

Both ways take the same images, batch, network, projector, loss (lightly's NT-Xent), optimiser and one core: the
process is pinned, so that a loader's worker has no core of its own. Lightly's transform draws the same kinds of change
(crop, flip, jitter, greyscale; of grey images crop, flip and tone; blur and solarise off) from PIL images.
"""

import os
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import torch
import typer
from epochs import epoch
from rounds import interleave, table
from torch import Tensor
from torch.nn.functional import cross_entropy

from lethe.core import cli, registry
from lethe.data.default_views import ImageTraits, contrastive_views
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.compute import choose_compute
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Views
from lethe.training.loop import TrainingData, make_optimizer

# The studies' networks: digits, Fashion-MNIST; and the same for colour.
CASES = {
    "8 x 8, grey, as digits": (1, 8, {"blocks": [1, 1, 1], "width": 8}),
    "28 x 28, grey, as Fashion-MNIST": (1, 28, {"blocks": [1, 1, 1], "width": 16, "stem_stride": 2}),
    "32 x 32, colour": (3, 32, {"blocks": [1, 1, 1], "width": 16, "stem_stride": 2}),
}


def main(
    images: Annotated[int, typer.Option(help="training images, one epoch a round")] = 512,
    batch: Annotated[int, typer.Option(help="images a step")] = 128,
    rounds: int = 5,
) -> None:
    """Print seconds and ratios of one epoch of SimCLR."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for title, (channels, size, options) in CASES.items():
        pixels = np.random.default_rng(0).integers(0, 256, (images, channels, size, size), dtype=np.uint8)
        architecture = Architecture("resnet", options, channels, 10)
        ways = {"lethe": _ours(pixels, architecture, batch), "lightly": _lightly(pixels, architecture, batch)}
        typer.echo(f"\n{title}: {images} images, batch {batch}\n\n{table(interleave(ways, rounds=rounds))}")


def _ours(pixels: np.ndarray, architecture: Architecture, batch: int) -> Callable[[], None]:
    learner, options = _learner(architecture, batch)
    color = contrastive_views(ImageTraits(3, ("crop", "resized_crop", "flip")))
    operations = (
        color if architecture.channels == 3 else [{"resized_crop": {"scale": [0.2, 1.0]}}, "flip", "gamma_contrast"]
    )
    data = TrainingData(torch.from_numpy(pixels), torch.zeros(len(pixels), dtype=torch.int64))
    return epoch(
        learner,
        data,
        regime=registry.load(registry.REGIMES, "simclr"),
        options=options,
        architecture=architecture,
        views=Views((operations, operations)),
        compute=choose_compute("cpu", "fp32"),
    )


def _lightly(pixels: np.ndarray, architecture: Architecture, batch: int) -> Callable[[], None]:
    from lightly.loss import NTXentLoss
    from PIL import Image

    learner, options = _learner(architecture, batch)
    optimizer, criterion = make_optimizer(learner, options), NTXentLoss(temperature=options.temperature)
    pictures = [Image.fromarray(p.squeeze(2) if p.shape[2] == 1 else p) for p in pixels.transpose(0, 2, 3, 1)]
    loader = _loader(pictures, pixels.shape[1], pixels.shape[2], batch)

    def one_epoch() -> None:
        learner.train()
        for views, labels in loader:
            (first, features), (second, _) = (_projected(learner, view) for view in views)
            probe = cross_entropy(learner.model.head(features.detach()), labels)
            loss = criterion(first, second) + probe
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return one_epoch


def _projected(learner: Learner, view: Tensor) -> tuple[Tensor, Tensor]:
    features = learner.model.features(view)
    return next(iter(learner.heads.values()))(features), features


def _loader(pictures: list[Any], channels: int, size: int, batch: int) -> Any:
    """Lightly's SimCLR transform in torch's data loader; what a grey image cannot have is off, as in our views."""
    from lightly.transforms import SimCLRTransform
    from torch.utils.data import DataLoader, Dataset

    color = {"cj_prob": 0.8, "cj_bright": 0.4, "cj_contrast": 0.4, "cj_sat": 0.4, "cj_hue": 0.1}
    transform = SimCLRTransform(
        input_size=size,
        **(color if channels == 3 else {**color, "cj_sat": 0.0, "cj_hue": 0.0}),
        random_gray_scale=0.2 if channels == 3 else 0.0,
        min_scale=0.2,
        gaussian_blur=0.0,
        normalize=None,
    )

    class Pictures(Dataset[Any]):
        def __len__(self) -> int:
            return len(pictures)

        def __getitem__(self, index: int) -> Any:
            return transform(pictures[index]), 0

    return DataLoader(Pictures(), batch_size=batch, shuffle=True, drop_last=True)


def _learner(architecture: Architecture, batch: int) -> tuple[Learner, Any]:
    regime = registry.load(registry.REGIMES, "simclr")
    options = regime.Options(epochs=1, batch_size=batch, learning_rate=0.05)
    return regime.start(build_classifier(architecture, init_seed=0), options), options


if __name__ == "__main__":
    cli.run(main)
