"""Spoilt images: a share of the examples is corrupted, by any kind of `data/corruptions`, blurred by default.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, near out of distribution: covariate shift.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from lethe.core import registry
from lethe.core.splits import Corrupted
from lethe.core.suggest import known_names
from lethe.data.corrupt import corrupt_images
from lethe.data.plant_spec import Ground, Places, Planted, PlantOptions, PlantSpec, Rows
from lethe.data.spec import Images


def _known(kind: str) -> str:
    """The name of a corruption that there is."""
    known = registry.names(registry.CORRUPTIONS)
    if kind not in known:
        raise ValueError(f"allowed: a corruption; {known_names(kind, known)}")
    return kind


class Options(PlantOptions):
    """How images are spoilt."""

    kind: Annotated[str, AfterValidator(_known)] = Field(
        default="defocus_blur", examples=["gaussian_noise"], description="a file of `data/corruptions`"
    )
    severity: int = Field(default=5, ge=1, le=5, description="from 1, mild, to 5")
    splits: Places = Field(default=("train", "test"), description="in which splits")


def plant(ground: Ground, options: Options) -> Planted:
    """A share of the examples with corrupted images; no two studies' seeds spoil them alike."""
    ids, seed = ground.split.example_ids, int(ground.generator.integers(2**62))

    def change(chosen: Rows, images: Images) -> Images:
        return corrupt_images(images, ids[chosen], Corrupted(options.kind, options.severity), study_seed=seed)

    return Planted(ground.draw(options.share), change=change)


SPEC = PlantSpec(
    name="corrupted",
    title="spoilt image",
    summary="images corrupted or blurred",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="images",
    plant=plant,
    Options=Options,
)
