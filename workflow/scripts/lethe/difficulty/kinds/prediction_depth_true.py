"""Prediction depth, see `difficulty.depth`, of the label instead of the prediction: maps averaged over 4 x 4 fields.

Source: Corti et al. 2022, arXiv:2207.00200, who compare with the label; otherwise as `prediction_depth`.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.depth import depths
from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """Probes, from 0 to their number."""
    return depths(look.probes("flat"), look.images.labels).double().cpu().numpy()


SPEC = DifficultySpec(
    name="prediction_depth_true",
    title="prediction depth of the label",
    summary="layer from which nearest neighbours agree with the label for good, mean over networks",
    source="Corti et al. 2022, arXiv:2207.00200",
    of="network",
    needs=("layers",),
    reads_label=True,
    measure=measure,
)
