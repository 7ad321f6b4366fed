"""A rare sub-group: a share of the examples of one class carries a visible change, a bright square in a corner.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, atypical; sub-groups as in Hooker et al. 2020, arXiv:2010.03058.
"""

from pydantic import Field

from lethe.core.errors import ConfigError
from lethe.data.plant_spec import Ground, Places, Planted, PlantOptions, PlantSpec, Rows
from lethe.data.spec import Images


class Options(PlantOptions):
    """Which class has the sub-group, and how large it is."""

    share: float = Field(default=0.05, gt=0, lt=1, description="of the examples of the class that carry the change")
    label: int = Field(default=0, ge=0, le=10**6, description="the class, by its number")
    side: float = Field(default=0.3, gt=0, le=1, description="of the square, as a share of the image's side")
    splits: Places = Field(default=("train", "test"), description="in which splits")


def plant(ground: Ground, options: Options) -> Planted:
    """A square in the lower right corner of a share of one class.

    Raises: ConfigError: there is no such class.
    """
    num_classes = len(ground.split.class_names)
    if options.label >= num_classes:
        raise ConfigError(
            f"dataset.planted: subgroup: label {options.label} given, but there are {num_classes} classes, 0 to "
            f"{num_classes - 1}; choose one of them"
        )
    rows = ground.draw(options.share, ground.split.labels == options.label)

    def change(chosen: Rows, images: Images) -> Images:  # noqa: ARG001
        height, width = images.shape[2:]
        changed = images.copy()
        down, right = (max(1, round(options.side * length)) for length in (height, width))
        changed[:, :, height - down :, width - right :] = 255
        return changed

    return Planted(rows, change=change)


SPEC = PlantSpec(
    name="subgroup",
    title="rare sub-group",
    summary="a share of one class carries a bright square",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="images",
    plant=plant,
    Options=Options,
)
