"""Prediction depth, see `difficulty.depth`: of what the network predicts, maps averaged altogether.

Source: Baldock et al. 2021, arXiv:2106.09647, section 2.1; differs: features of a cut point are the means of its maps.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.depth import depths
from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """Probes, from 0 to their number."""
    return depths(look.probes("pooled"), look.logits.argmax(dim=1)).double().cpu().numpy()


SPEC = DifficultySpec(
    name="prediction_depth_pooled",
    title="prediction depth, maps pooled",
    summary="layer from which nearest neighbours in the means of maps agree with the network for good",
    source="Baldock et al. 2021, arXiv:2106.09647",
    of="network",
    needs=("layers",),
    reads_label=False,
    measure=measure,
)
