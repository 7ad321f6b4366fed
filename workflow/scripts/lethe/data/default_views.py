"""Which views a regime uses when its config names none: lists as they would stand in the config.

Operations that ask are taken only where the data set allows them, those on colours only for colour images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lethe.core.errors import ConfigError
from lethe.study.view_operations import OperationConfig, ViewOperation, forbidden_views

_JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "p": 0.8}


@dataclass(frozen=True)
class ImageTraits:
    """What decides which views images can have: their channels, and the views that keep their labels true."""

    channels: int
    allowed: tuple[str, ...]

    def permit(self, *names: str) -> list[ViewOperation]:
        """Those of the names that the data set allows, in the order given."""
        return [name for name in names if name in self.allowed]


def weak_views(traits: ImageTraits) -> list[ViewOperation]:
    """The usual views of supervised training on small images: crop, then flip."""
    return traits.permit("crop", "flip")


def contrastive_views(traits: ImageTraits) -> list[ViewOperation]:
    """Views for losses that compare two views of an image.

    Colour images have the recipe of Corti et al.; for grey ones, small motions and changes of tone instead of crops,
    which on 8 x 8 pixels leave nothing to recognise.
    Source: Corti et al. 2022, arXiv:2207.00200, for colour.
    """
    if traits.channels == 3:
        crop: list[ViewOperation] = (
            [{"resized_crop": {"scale": [0.2, 1.0]}}] if "resized_crop" in traits.allowed else []
        )
        colors: list[ViewOperation] = [{"color_jitter": dict(_JITTER)}, {"greyscale": {"p": 0.2}}]
        return [*crop, *traits.permit("flip"), *colors]
    tone: list[ViewOperation] = ["gamma_contrast", "noise"]
    return ["affine", *tone, *traits.permit("flip")]


def strong_views(traits: ImageTraits) -> list[ViewOperation]:
    """Views that change an image as much as its label bears, for losses that compare them with a weak view.

    Source: Sohn et al. 2020, arXiv:2001.07685, section 2.3, for colour: weak, RandAugment, Cutout. Differs for grey
    images, which are small here: motions and changes of tone. On 8 x 8 digits RandAugment and Cutout hide the digit.
    """
    weak = weak_views(traits)
    return [*weak, "rand_augment", "cutout"] if traits.channels == 3 else [*weak, "affine", "gamma_contrast", "noise"]


def check_views(operations: Sequence[OperationConfig], traits: ImageTraits, dataset_name: str) -> None:
    """Refuse operations that these images cannot have; for images whose channels are known only once they are loaded.

    Raises: ConfigError: every such operation, one per line. UnknownName: no such view.
    """
    messages = forbidden_views(operations, channels=traits.channels, allowed=traits.allowed, dataset_name=dataset_name)
    if messages:
        raise ConfigError("\n".join(messages))
