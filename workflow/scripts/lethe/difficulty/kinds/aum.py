"""AUM, area under the margin: the margin of the label averaged over training, mean over the networks, negated.

difficulty = -mean_k mean_t (z_y - max over c != y of z_c) over the watched epochs t.

Source: Pleiss et al. 2020, arXiv:2001.10528, section 3; differs: at watched epochs, and after them rather than within.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In logits."""
    return -evidence.required_trajectories().margin.mean(axis=(0, 1), dtype=np.float64)


SPEC = DifficultySpec(
    name="aum",
    title="AUM",
    summary="the label's margin averaged over training, mean over networks, negated",
    source="Pleiss et al. 2020, arXiv:2001.10528",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
