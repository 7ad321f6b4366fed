"""Defocus blur: the lens is out of focus, so a point becomes a disk.

x' = x * disk of radius r; r = .7, 1.0, 1.3, 1.6, 2.0 pixels at a side of 32, in proportion at others.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261; differs: smooth disks whose radius rises with every severity,
where the published ones for CIFAR are 3 x 3 kernels.
"""

from lethe.data.corruption_geometry import convolved, disk, scaled
from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_RADIUS = (0.7, 1.0, 1.3, 1.6, 2.0)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:  # noqa: ARG001  nothing is drawn
    """The images out of focus."""
    return convolved(images, disk(scaled(_RADIUS[severity - 1], images)))


SPEC = CorruptionSpec(
    name="defocus_blur",
    summary="out of focus: every point becomes a disk",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
