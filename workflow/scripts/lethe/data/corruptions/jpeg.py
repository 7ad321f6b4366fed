"""JPEG: lossy compression, which leaves blocks of 8 x 8 pixels and rings around edges.

Quality 80, 65, 58, 50, 40 of Pillow's encoder.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published qualities for CIFAR.
"""

from io import BytesIO
from typing import Any

from lethe.data.corruption_pillow import through_pillow
from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_QUALITY = (80, 65, 58, 50, 40)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:  # noqa: ARG001  nothing is drawn
    """The images after encoding and decoding."""
    return through_pillow(images, lambda image: _encoded(image, _QUALITY[severity - 1]))


def _encoded(image: Any, quality: int) -> Any:
    """A picture as it is after JPEG at a quality."""
    from PIL import Image

    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


SPEC = CorruptionSpec(
    name="jpeg",
    summary="lossy compression",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
