"""Pixelate: the image at a lower resolution, shown at its own size.

Shrunk by box means until t fewer rows and columns are left, half of t of each, then enlarged by repeating;
t = max(s, 2 p n) rounded down, at severity s and a side of n pixels, p = .05, .10, .15, .25, .35.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published shares for CIFAR; differs: rows and columns
may differ by one, so that five severities differ on an image of 8 x 8 pixels as well.
"""

from lethe.data.corruption_pillow import through_pillow
from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_REMOVED_PERCENT = (5, 10, 15, 25, 35)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:  # noqa: ARG001  nothing is drawn
    """The images with larger pixels."""
    from PIL.Image import Resampling

    height, width = images.shape[2:]
    removed = max(severity, 2 * min(height, width) * _REMOVED_PERCENT[severity - 1] // 100)
    smaller = (max(1, width - removed // 2), max(1, height - (removed + 1) // 2))
    return through_pillow(
        images, lambda image: image.resize(smaller, Resampling.BOX).resize((width, height), Resampling.BOX)
    )


SPEC = CorruptionSpec(
    name="pixelate",
    summary="a lower resolution, shown at the same size",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
