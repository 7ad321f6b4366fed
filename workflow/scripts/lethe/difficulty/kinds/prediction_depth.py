"""Prediction depth, see `difficulty.depth`: of what the network predicts, maps averaged over 4 x 4 fields.

Source: Baldock et al. 2021, arXiv:2106.09647, section 2.1; differs: maps are averaged over at most 4 x 4 fields, pixels
over at most 32 x 32, before they are laid flat.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.depth import depths
from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """Probes, from 0 to their number."""
    return depths(look.probes("flat"), look.logits.argmax(dim=1)).double().cpu().numpy()


SPEC = DifficultySpec(
    name="prediction_depth",
    title="prediction depth",
    summary="layer from which nearest neighbours agree with the network for good, mean over networks",
    source="Baldock et al. 2021, arXiv:2106.09647",
    of="network",
    needs=("layers",),
    reads_label=False,
    measure=measure,
)
