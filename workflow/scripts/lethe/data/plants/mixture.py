"""Mixtures: the mean of an image and of one of another class, under the label of the first.

Source: several objects in one image, as in Hooker et al. 2019, arXiv:1911.05248, section 5; mixed as in Zhang et al.
2018, arXiv:1710.09412, with equal parts.
"""

import numpy as np
from pydantic import Field

from lethe.data.plant_spec import Ground, Places, Planted, PlantOptions, PlantSpec, Rows
from lethe.data.spec import Images


class Options(PlantOptions):
    """How much of the other image shows."""

    part: float = Field(default=0.5, gt=0, lt=1, description="of the other image in the mixture")
    splits: Places = Field(default=("train", "test"), description="in which splits")


def plant(ground: Ground, options: Options) -> Planted:
    """A share of the examples, each mixed with an image of another class of the same split, as the data set has it."""
    split, rows = ground.split, ground.draw(options.share)
    partners = {}
    for row in rows:
        others = np.flatnonzero(split.labels != split.labels[row])
        others = others[np.argsort(split.example_ids[others], kind="stable")]
        if len(others):
            partners[int(row)] = int(ground.of_example(int(split.example_ids[row])).choice(others))
    rows = np.array(sorted(partners), dtype=np.int64)

    def change(chosen: Rows, images: Images) -> Images:
        second = split.read(np.array([partners[int(row)] for row in chosen], dtype=np.int64))
        mixed = (1 - options.part) * images.astype(np.float64) + options.part * second.astype(np.float64)
        return np.round(mixed).astype(np.uint8)

    return Planted(rows, change=change)


SPEC = PlantSpec(
    name="mixture",
    title="two images in one",
    summary="images mixed with one of another class",
    source="Zhang et al. 2018, arXiv:1710.09412",
    changes="images",
    plant=plant,
    Options=Options,
)
