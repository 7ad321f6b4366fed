"""What looking into every dense network says of every image: measures of difficulty that need more than predictions.

Each is a file of `difficulty/kinds` that is taken `of="network"`; all of them share one look at a network, in which the
features of an image are computed once.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pandas as pd
import torch
from pydantic import AfterValidator, Field

from lethe.core import registry
from lethe.core.options import Count, Strict
from lethe.core.seeding import Replicate
from lethe.core.suggest import known_names
from lethe.data.augment import read_pipeline
from lethe.data.default_views import ImageTraits, contrastive_views
from lethe.data.store import Stored
from lethe.difficulty.look import Images, Look
from lethe.difficulty.spec import DifficultySpec
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.networks.checkpoint import Block
from lethe.study.difficulties import asked_of_networks, of_networks


def _known(kind: str) -> str:
    """Refuse what is no measure of difficulty that looks into networks."""
    known = of_networks()
    if kind not in known:
        raise ValueError(f"allowed: measures of difficulty that look into networks; {known_names(kind, known)}")
    return kind


class Options(Strict):
    """Which measures of difficulty are taken by looking into networks, and what they compare with."""

    kinds: tuple[Annotated[str, AfterValidator(_known)], ...] | None = Field(
        default=None,
        min_length=1,
        examples=[("local_density", "prediction_depth")],
        description="files of `difficulty/kinds` that look into networks; by default all but `gradient_variance`, "
        "which needs networks of the course of training",
    )
    support: Count = Field(
        default=10_000, description="training images, drawn once for the study, among which neighbours are looked for"
    )
    copies: Count = Field(default=4, description="changed copies of every image, for the agreement of views")


def measure(given: Given, options: Options) -> pd.DataFrame:
    """One row per (kind, seed, image) of a block.

    Raises: ConfigError: a measure needs networks of the course of training, and none were kept.
    """
    (block,) = given.blocks()
    kinds = asked_of_networks(options.model_dump())
    specs: list[DifficultySpec] = [registry.load(registry.DIFFICULTIES, kind) for kind in kinds]
    looks = _looks(block, given, options)
    rows = [_rows(spec.name, seed, look, spec.measure(look)) for seed, look in looks for spec in specs]
    return pd.concat(rows, ignore_index=True).sort_values(["kind", "seed", "example_id"], ignore_index=True)


def _looks(block: Block, given: Given, options: Options) -> Iterator[tuple[int, Look]]:
    """Every network of a block with what it is shown, by rising seed."""
    train, split = given.images("train"), given.images("split")
    images = _images(split, np.arange(len(split)), given)
    support = _images(train, _support(train, options.support, given.generator("support")), given)
    views = read_pipeline(contrastive_views(ImageTraits(train.channels, train.views)))
    family = registry.load(registry.FAMILIES, block.record["architecture"]["name"])
    kept = given.snapshots()
    for seed, model in block.networks(given.compute):
        yield (
            seed,
            Look(
                model,
                family.cut_points(model),
                images,
                support,
                Replicate(block.record["study_seed"], seed),
                views,
                options.copies,
                kept.get(seed, ()),
            ),
        )


def _images(split: Stored, rows: np.ndarray, given: Given) -> Images:
    """Some images of a split on the device, by ascending id."""
    rows = rows[np.argsort(split.example_ids[rows], kind="stable")]
    device = given.compute.device
    labels, ids = (torch.from_numpy(values[rows]).to(device) for values in (split.labels, split.example_ids))
    return Images(split.images_on(device, rows), labels, ids)


def _support(train: Stored, most: int, generator: np.random.Generator) -> np.ndarray:
    """Training images to look for neighbours among: all, or so many at random, whatever their order is."""
    by_id = np.argsort(train.example_ids, kind="stable")
    return by_id if len(by_id) <= most else generator.permutation(by_id)[:most]


def _rows(kind: str, seed: int, look: Look, difficulty: np.ndarray) -> pd.DataFrame:
    """What one measure says of one network's images."""
    return pd.DataFrame(
        {"kind": kind, "seed": seed, "example_id": look.images.ids.cpu().numpy(), "difficulty": difficulty}
    )


SPEC = MeasureSpec(
    name="inspection",
    summary="measures of difficulty that look into every dense network, one row per measure, network and image",
    source="see the files of difficulty/kinds",
    of="block",
    cells="dense",
    splits="clean",
    needs=("checkpoint", "train", "split", "snapshots"),
    columns=(
        ("kind", "category", ""),  # file of difficulty/kinds
        ("seed", "int64", "seed"),
        ("example_id", "int64", "id"),
        ("difficulty", "float64", "number"),  # higher = harder; NaN where it is not defined
    ),
    difficulties="network",
    key=("kind", "seed", "example_id"),
    resources={"mem_mb": 16000, "runtime": 120, "gpu": 1},
    Options=Options,
    measure=measure,
)
