"""Confident learning: how little the networks believe the label of an example, classes on an equal footing.

Mean probabilities over the networks, over those that were not trained on the example where seeds are trained on
parts of the images; each class's column less the mean probability of that class over its own examples, rescaled;
then 1 - the adjusted probability of the label: cleanlab's self-confidence.

Source: Northcutt, Jiang and Chuang 2021, arXiv:1911.00068; cleanlab `get_label_quality_scores`; differs: networks that
were trained on an example and its label take part where all were.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [0, 1]; NaN for an example on which every network was trained while others were left out of some."""
    from cleanlab.rank import get_label_quality_scores  # a second to import
    from scipy.special import softmax

    probabilities = softmax(evidence.required_logits().astype(np.float64), axis=2)
    counts = np.ones(probabilities.shape[:2])
    if evidence.trained_on is not None:
        counts = (~evidence.trained_on).astype(np.float64)
    number = counts.sum(axis=0)
    mean = (probabilities * counts[:, :, None]).sum(axis=0) / np.maximum(number, 1)[:, None]
    found = np.full(len(evidence.labels), np.nan)
    known = number > 0
    if known.any():
        found[known] = 1 - get_label_quality_scores(
            evidence.labels[known],
            mean[known],
            method="self_confidence",
            adjust_pred_probs=_all_classes(evidence, known),
        )
    return found


def _all_classes(evidence: Evidence, known: np.ndarray) -> bool:
    """Whether every class has an example, without which its mean probability is not known and nothing is adjusted."""
    return len(np.unique(evidence.labels[known])) == evidence.num_classes


SPEC = DifficultySpec(
    name="label_issues",
    title="label issues",
    summary="how little the networks believe the label, classes on an equal footing (confident learning)",
    source="Northcutt et al. 2021, arXiv:1911.00068; cleanlab",
    of="population",
    needs=("logits",),
    reads_label=True,
    measure=measure,
)
