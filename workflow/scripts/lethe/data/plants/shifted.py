"""Shifted images: moved in any direction by a part of their side, the edge repeated in what is left.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, atypical: shift.
"""

import numpy as np
from pydantic import Field

from lethe.data.plant_spec import Ground, Places, Planted, PlantOptions, PlantSpec, Rows
from lethe.data.spec import Images


class Options(PlantOptions):
    """How far images are moved."""

    distance: float = Field(default=0.25, gt=0, lt=1, description="as a share of the image's side, at least one pixel")
    splits: Places = Field(default=("train", "test"), description="in which splits")


def plant(ground: Ground, options: Options) -> Planted:
    """A share of the examples, each moved along both sides, whether up or down, left or right."""
    ids = ground.split.example_ids

    def change(chosen: Rows, images: Images) -> Images:
        return np.stack(
            [_moved(image, ground.of_example(int(i))) for image, i in zip(images, ids[chosen], strict=True)]
        )

    def _moved(image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """An image moved along both axes, each to a side that is drawn; pixels of its edge are repeated."""
        places = []
        for length in image.shape[1:]:
            step = max(1, round(options.distance * length)) * int(generator.choice((-1, 1)))
            places.append(np.clip(np.arange(length) - step, 0, length - 1))
        return image[:, places[0]][:, :, places[1]]

    return Planted(ground.draw(options.share), change=change)


SPEC = PlantSpec(
    name="shifted",
    title="shifted image",
    summary="images moved by a part of their side",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="images",
    plant=plant,
    Options=Options,
)
