"""Images of another data set under the labels of this one: nothing about them fits.

They are brought to the size of this set's images by nearest pixels, grey to colour by repetition, colour to grey by the
mean of the channels.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, far out of distribution.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.explain import checked
from lethe.core.options import expanded
from lethe.core.suggest import known_names
from lethe.data.plant_spec import Ground, Places, Planted, PlantOptions, PlantSpec, Rows
from lethe.data.spec import Images


def _known(name: str) -> str:
    """The name of a data set that there is."""
    known = registry.names(registry.SETS)
    if name not in known:
        raise ValueError(f"allowed: a data set; {known_names(name, known)}")
    return name


class Options(PlantOptions):
    """Which other data set, and where it lies."""

    dataset: Annotated[str, AfterValidator(_known)] = Field(
        examples=["fashion_mnist"], description="the other data set; its test images are taken"
    )
    root: str | None = Field(default=None, description="where its files lie, as `dataset.root`")
    options: dict[str, Any] = Field(default={}, description="its options, as `dataset.options`")
    splits: Places = Field(default=("train", "test"), description="in which splits")


def plant(ground: Ground, options: Options) -> Planted:
    """A share of the examples with an image of the other set each, no two with the same one.

    Raises: ConfigError: the other set has fewer test images.
    """
    spec = registry.load(registry.SETS, options.dataset)
    asked = checked(spec.Options, options.options, where=options.dataset, prefix="dataset.planted")
    other = spec.load(asked, None if options.root is None else expanded(options.root), "test")
    rows = ground.draw(options.share)
    if len(rows) > len(other):
        raise ConfigError(
            f"dataset.planted: far: {len(rows)} images of {options.dataset} asked for, but its test split has "
            f"{len(other)}; lower share"
        )
    drawn = ground.generator.permutation(len(other))[: len(rows)]
    by_id = rows[np.argsort(ground.split.example_ids[rows], kind="stable")]
    taken = dict(zip(by_id.tolist(), drawn.tolist(), strict=True))

    def change(chosen: Rows, images: Images) -> Images:
        foreign = other.read(np.array([taken[int(row)] for row in chosen], dtype=np.int64))
        return _fitted(foreign, images.shape[1:])

    return Planted(rows, change=change)


def files(options: Options) -> list[Path]:
    """The files of the other set."""
    spec = registry.load(registry.SETS, options.dataset)
    asked = checked(spec.Options, options.options, where=options.dataset, prefix="dataset.planted")
    return list(spec.files(asked, None if options.root is None else expanded(options.root)))


def _fitted(images: Images, shape: tuple[int, ...]) -> Images:
    """Images in another shape (channels, height, width)."""
    channels, height, width = shape
    rows, columns = (
        np.arange(wanted) * had // wanted for wanted, had in zip((height, width), images.shape[2:], strict=True)
    )
    sized = images[:, :, rows][:, :, :, columns]
    if sized.shape[1] == channels:
        return sized
    grey = np.round(sized.mean(axis=1, keepdims=True)).astype(np.uint8)
    return np.repeat(grey, channels, axis=1)


SPEC = PlantSpec(
    name="far",
    title="image of another set",
    summary="images of another data set under labels of this one",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="images",
    plant=plant,
    Options=Options,
    files=files,
)
