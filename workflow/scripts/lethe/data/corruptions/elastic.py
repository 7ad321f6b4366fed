"""Elastic: pixels move by smooth random displacements, as on a sheet of rubber.

x'(p) = x(p + a u(p)), u normal noise smoothed to a width of 2.5 pixels and scaled to a root mean square of 1;
a = .3, .5, .7, .9, 1.1 pixels; both lengths at a side of 32, in proportion at others.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, after Simard, Steinkraus and Platt 2003; differs: one field
whose amplitude rises with every severity, where the published numbers trade affine against local displacements.
"""

import numpy as np
from jaxtyping import Float32

from lethe.data.corruption_geometry import moved, scaled
from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_WIDTH = 2.5
_AMPLITUDE = (0.3, 0.5, 0.7, 0.9, 1.1)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:
    """The images with every pixel moved a little."""
    width = scaled(_WIDTH, images)
    fields = np.stack([_field(generator, images.shape[2:], width) for generator in generators])
    down, right = np.moveaxis(np.float32(scaled(_AMPLITUDE[severity - 1], images)) * fields, 1, 0)
    return moved(images, down, right)


def _field(
    generator: np.random.Generator, shape: tuple[int, ...], width: float
) -> Float32[np.ndarray, "2 height width"]:
    """Displacements down and to the right of one image, of root mean square 1."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(generator.standard_normal((2, *shape)), (0, width, width), mode="nearest")
    return (smooth / np.sqrt((smooth**2).mean())).astype(np.float32)


SPEC = CorruptionSpec(
    name="elastic",
    summary="pixels moved by smooth random displacements",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
