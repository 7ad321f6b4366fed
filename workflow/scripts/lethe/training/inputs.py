"""What a plan trains on and is watched on, laid out on its device."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lethe.core.seeding import study_generator
from lethe.data.augment import read_pipeline
from lethe.data.labelled import positions_of
from lethe.data.store import Splits, Stored
from lethe.training.loop import UNKNOWN, Pipelines, TrainingData
from lethe.training.plan import Plan
from lethe.training.trajectory import Watched


def pixel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel on the scale 0..1, in float64 from exact histograms."""
    values = torch.arange(256, dtype=torch.float64) / 255
    counts = torch.stack([torch.bincount(images[:, c].flatten().long(), minlength=256) for c in range(images.shape[1])])
    weights = counts.cpu().double() / counts.sum(dim=1, keepdim=True).cpu()
    mean = weights @ values
    variance = weights @ values.square() - mean.square()
    return mean.float(), variance.clamp_min(1e-12).sqrt().float()


def training_data(plan: Plan, train: Stored, seed: int) -> TrainingData:
    """A seed's training images on the device; labels that its regime must not know are not there."""
    device = plan.compute.device
    images, labels, labelled = torch.from_numpy(train.images[:]).to(device), train.labels, None
    if plan.regime.labels == "some":
        assert plan.labelled is not None
        positions = positions_of(plan.labelled, seed, train.example_ids)
        labels = np.full_like(labels, UNKNOWN)
        labels[positions] = train.labels[positions]
        labelled = torch.from_numpy(positions).to(device)
    views = Pipelines(
        tuple(read_pipeline(steps) for steps in plan.views.images),
        tuple(read_pipeline(steps) for steps in plan.views.unlabelled),
    )
    return TrainingData(images, torch.from_numpy(labels).to(device), views, labelled)


def usable(train: Stored, labelled: pd.DataFrame | None, seed: int) -> Stored:
    """The training images whose labels a seed may use: all, or those of a table of labelled images."""
    if labelled is None:
        return train
    rows = positions_of(labelled, seed, train.example_ids)
    return replace(train, images=train.images[rows], labels=train.labels[rows], example_ids=train.example_ids[rows])


def watched(plan: Plan, split: Stored, rows: np.ndarray | slice = slice(None)) -> Watched:
    device = plan.compute.device
    return Watched(torch.from_numpy(split.images[rows]).to(device), torch.from_numpy(split.labels[rows]).to(device))


def glimpse(plan: Plan, splits: Splits) -> Watched:
    """As many training images as there are test images, at most: enough for a curve, the same for every seed."""
    count = min(len(splits.train), len(splits.test))
    rows = study_generator(plan.study_seed, "glimpse").permutation(len(splits.train))[:count]
    return watched(plan, splits.train, np.sort(rows))
