"""How empty the features of a network are around an example, mean over the networks.

difficulty = mean distance between h / |h| and those of the 30 nearest training images, the example itself left out.

Source: METHODS 10, long-tailness; distances of unit features as in Sorscher et al. 2022, arXiv:2206.14486.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """In [0, 2]."""
    return look.nearest_distances.double().mean(dim=1).cpu().numpy()


SPEC = DifficultySpec(
    name="local_density",
    title="local density",
    summary="mean distance of an example's features to the 30 nearest training images, mean over networks",
    source="Sorscher et al. 2022, arXiv:2206.14486, distances of features",
    of="network",
    needs=("features",),
    reads_label=False,
    measure=measure,
)
