"""Corruptions that Pillow makes, one image at a time: its images are uint8, grey or RGB."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lethe.data.corruption_spec import Pixels


def through_pillow(images: Pixels, change: Callable[[Any], Any]) -> Pixels:
    """Every image turned into Pillow's, changed, and turned back."""
    from PIL import Image

    rounded = np.rint(images * 255).astype(np.uint8)
    changed = [np.asarray(change(Image.fromarray(_last(image)))) for image in rounded]
    return np.stack([_first(image) for image in changed]).astype(np.float32) / np.float32(255)


def _last(image: np.ndarray) -> np.ndarray:
    """Channels after the pixels' places; a single one left out."""
    return np.ascontiguousarray(image[0] if len(image) == 1 else np.moveaxis(image, 0, -1))


def _first(image: np.ndarray) -> np.ndarray:
    return image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
