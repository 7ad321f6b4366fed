"""Near duplicates: images replaced by a copy of another image of their class, its brightness and pixels changed a
little.

Source: near duplicates between and within splits, Barz and Denzler 2020, arXiv:1902.00423.
"""

import numpy as np
from pydantic import Field

from lethe.data.plant_spec import Ground, Places, Planted, PlantOptions, PlantSpec, Rows
from lethe.data.spec import Images


class Options(PlantOptions):
    """How near the copies are."""

    noise: float = Field(
        default=4, gt=0, le=64, description="standard deviation of what is added to every pixel, of 255 grey values"
    )
    splits: Places = Field(default=("train",), description="in which splits")


def plant(ground: Ground, options: Options) -> Planted:
    """A share of the examples, each a near copy of a free example of its class in the same split."""
    split, rows = ground.split, ground.draw(options.share)
    chosen_rows, originals = set(rows.tolist()), {}
    for row in rows:
        others = np.flatnonzero((split.labels == split.labels[row]) & ground.free)
        others = np.array([other for other in others if other not in chosen_rows], dtype=np.int64)
        others = others[np.argsort(split.example_ids[others], kind="stable")]
        if len(others):
            originals[int(row)] = int(ground.of_example(int(split.example_ids[row])).choice(others))
    rows = np.array(sorted(originals), dtype=np.int64)
    ids = split.example_ids

    def change(chosen: Rows, images: Images) -> Images:  # noqa: ARG001
        copies = split.read(np.array([originals[int(row)] for row in chosen], dtype=np.int64)).astype(np.float64)
        for k, example_id in enumerate(ids[chosen]):
            copies[k] += ground.of_example(int(example_id), 1).normal(0, options.noise, copies[k].shape)
        return np.clip(np.round(copies), 0, 255).astype(np.uint8)

    return Planted(rows, change=change)


SPEC = PlantSpec(
    name="near_duplicates",
    title="near duplicate",
    summary="images replaced by a near copy of another one of their class",
    source="Barz and Denzler 2020, arXiv:1902.00423",
    changes="images",
    plant=plant,
    Options=Options,
)
