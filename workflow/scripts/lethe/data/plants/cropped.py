"""Cropped images: the middle part alone, as large as the whole image was.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, atypical: zoom.
"""

import numpy as np
from pydantic import Field

from lethe.data.plant_spec import Ground, Places, Planted, PlantOptions, PlantSpec, Rows
from lethe.data.spec import Images


class Options(PlantOptions):
    """How much of an image is left."""

    kept: float = Field(default=0.6, gt=0, lt=1, description="of the image's side that is left")
    splits: Places = Field(default=("train", "test"), description="in which splits")


def plant(ground: Ground, options: Options) -> Planted:
    """A share of the examples, each the enlarged middle of its image, nearest pixels."""

    def change(chosen: Rows, images: Images) -> Images:  # noqa: ARG001
        rows, columns = (_places(length, options.kept) for length in images.shape[2:])
        return images[:, :, rows][:, :, :, columns]

    return Planted(ground.draw(options.share), change=change)


def _places(length: int, kept: float) -> np.ndarray:
    """From which pixel of a side each pixel of the enlarged one is taken."""
    size = max(1, round(kept * length))
    return (length - size) // 2 + np.arange(length) * size // length


SPEC = PlantSpec(
    name="cropped",
    title="cropped image",
    summary="the enlarged middle of images",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="images",
    plant=plant,
    Options=Options,
)
