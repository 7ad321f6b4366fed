"""The PIE set of one cell: examples whose modal label differs between the dense and the compressed population.

PIE_i = [mode_k f_{s,k}(x_i) != mode_k f_{0,k}(x_i)]; the true label plays no part. Source: Hooker et al. 2019,
arXiv:1911.05248; the taxicab distance: Hooker et al. 2020, arXiv:2010.03058.
"""

import numpy as np
import pandas as pd
from jaxtyping import Int

from lethe.pies.modal import (
    EXCLUDED,
    Ballots,
    Modal,
    Ties,
    local_codes,
    modal_labels,
    pie_kinds,
    vote_counts,
)
from lethe.pies.population import Population, require_pair

PIE_KINDS = ("lost", "gained", "swapped", "none")


def find_pies(dense: Population, compressed: Population, *, ties: Ties = "smallest") -> pd.DataFrame:
    """One row per example, the columns of `schema.PIES`, in the order of the populations' examples.

    Raises: EmptyPopulation: no model. PopulationError: the two do not have the same seeds, examples and labels.
    """
    require_pair(dense, compressed)
    ballots = local_codes(dense.predictions, compressed.predictions, dense.labels)
    counts = [vote_counts(votes, ballots.num_codes) for votes in (ballots.dense, ballots.compressed)]
    before, after = (modal_labels(votes, ties=ties) for votes in counts)
    kinds = pie_kinds(before.labels, after.labels, ballots.labels)
    names = np.select([kinds.lost, kinds.gained, kinds.swapped], PIE_KINDS[:3], default=PIE_KINDS[3])
    return pd.DataFrame(
        {
            "example_id": dense.example_ids,
            "label": dense.labels,
            "dense_label": _classes(ballots, before),
            "compressed_label": _classes(ballots, after),
            "dense_agreement": before.agreement,
            "compressed_agreement": after.agreement,
            "is_pie": kinds.any,
            "kind": pd.Categorical(names, categories=PIE_KINDS),
            "flip_rate": (ballots.dense != ballots.compressed).mean(axis=0),
            "taxicab": np.abs(counts[0] - counts[1]).sum(axis=1, dtype=np.int64),
            "margin_shift": (compressed.margins.astype(np.float64) - dense.margins).mean(axis=0),
            "dense_tied": before.tied,
            "compressed_tied": after.tied,
        }
    )


def _classes(ballots: Ballots, modal: Modal) -> Int[np.ndarray, " examples"]:
    """Classes that codes stand for; an excluded label stays excluded."""
    classes = ballots.classes[np.arange(len(modal.labels)), modal.labels]
    return np.where(modal.labels == EXCLUDED, EXCLUDED, classes)
