"""Small things to test with: images, a network, a plan that trains in a second."""

import json
from pathlib import Path

import numpy as np
import torch

from lethe.core import registry
from lethe.data.default_views import ImageTraits
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.data.store import BothSplits, Stored, open_split
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.compute import Compute
from lethe.networks.spec import Classifier
from lethe.training.plan import TrainingPlan

RESNET = Architecture("resnet", {"blocks": [1, 1], "width": 4}, channels=1, classes=3)
CPU = Compute(torch.device("cpu"), torch.float32)


def small_model(seed: int = 0, architecture: Architecture = RESNET) -> Classifier:
    """A fresh small ResNet whose batch-norm statistics are not the initial ones."""
    model = build_classifier(architecture, init_seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1, generator=generator)
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0, generator=generator)
    return model.eval()


def small_images(count: int = 24, *, channels: int = 1, size: int = 8, seed: int = 0) -> torch.Tensor:
    """Uniform uint8 noise."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, channels, size, size), generator=generator, dtype=torch.uint8)


def toy_data(folder: Path, **options: object) -> tuple[Stored, Stored]:
    """The toy data set, prepared in a folder unless it is there."""
    files = [SplitFiles(folder / f"{split}.npy", folder / f"{split}.parquet") for split in ("train", "test")]
    if not files[0].images.exists():
        prepare(Source("toy", json.dumps(options), None, None, 0), *files)
    train, test = (open_split(file.images, file.examples) for file in files)
    return train, test


def toy_splits(folder: Path) -> BothSplits:
    """The same as what networks are trained and tested on."""
    return BothSplits(*toy_data(folder))


def small_plan(seeds: tuple[int, ...] = (0, 1), *, regime_name: str = "supervised", **options: object) -> TrainingPlan:
    """Training of a small ResNet on the toy data."""
    regime = registry.load(registry.REGIMES, regime_name)
    settings = {"epochs": 4, "batch_size": 16, "learning_rate": 0.05, "checkpoints": 2, **options}
    chosen = regime.Options(**settings)
    return TrainingPlan(
        architecture=RESNET,
        regime=regime,
        options=chosen,
        study_seed=0,
        seeds=seeds,
        compute=CPU,
        data_checksum="0" * 64,
        views=regime.views(chosen, ImageTraits(1, ("crop",))),
        code_version="test",
    )


def states_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two state dicts are equal bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def arrays_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Whether two sets of arrays are equal bit for bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
