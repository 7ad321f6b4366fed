"""Whether images that compression forgets are also the ones that corruption harms: PIEs of the clean images, corrupted.

PIEs are chosen on the clean images by all seeds but k; network k, dense and compressed, is scored on the same images
as they are and corrupted. Sums over seeds and images are divided once. Without seed j neither chooses nor is scored.

Source: Hooker et al. 2019, arXiv:1911.05248, section 4, sensitivity; differs: who chooses is not scored.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from lethe.pies.accuracy import are_pies
from lethe.pies.jackknife import SHARE, Jackknifed, ratio
from lethe.pies.modal import contested, local_codes
from lethe.pies.population import Population

SIDES = ("dense", "compressed")
PLACES = ("pies", "others")


@dataclass(frozen=True)
class Rights:
    """Whether the networks of a split are right, seeds first, examples as on the clean images."""

    dense: Bool[np.ndarray, "seeds examples"]
    compressed: Bool[np.ndarray, "seeds examples"]


def sensitivity(dense: Population, compressed: Population, splits: Mapping[str, Rights]) -> dict[str, dict[str, float]]:
    """By split, the columns of a table: accuracy of either side on PIEs and on the others, and what PIEs lose more.

    Args:
        dense, compressed: on the clean images, which choose.
        splits: the clean ones among them.
    """
    number = len(dense.seeds)
    everyone = np.arange(number)
    ballots = local_codes(dense.predictions, compressed.predictions, dense.labels)
    is_contested = (ballots.dense != ballots.dense[0]).any(axis=0) | (ballots.compressed != ballots.dense[0]).any(
        axis=0
    )
    few = contested(ballots)
    counts: dict[tuple[str, str, str], list[float]] = {}
    sizes: dict[str, list[float]] = {place: [] for place in PLACES}
    for left_out in (None, *everyone):
        members = everyone if left_out is None else np.delete(everyone, left_out)
        is_pie = np.zeros((len(members), len(dense.labels)), dtype=bool)
        if len(members) > 1:
            is_pie[:, is_contested] = are_pies(few, members, "smallest")[1 + members]
        sizes["pies"].append(float(is_pie.sum()))
        sizes["others"].append(float((~is_pie).sum()))
        for name, rights in splits.items():
            for side in SIDES:
                right = getattr(rights, side)[members]
                counts.setdefault((name, side, "pies"), []).append(float((right & is_pie).sum()))
                counts.setdefault((name, side, "others"), []).append(float((right & ~is_pie).sum()))
    accuracy = {key: Jackknifed(ratio(np.array(found), np.array(sizes[key[2]]))) for key, found in counts.items()}
    share = ratio(np.array(sizes["pies"]), np.array(sizes["pies"]) + np.array(sizes["others"]))
    return {name: _columns(accuracy, name, Jackknifed(share)) for name in splits}


def _columns(accuracy: Mapping[tuple[str, str, str], Jackknifed], split: str, share: Jackknifed) -> dict[str, float]:
    """What is said of one split."""
    found = {"pie_share": share.whole}
    for side in SIDES:
        for place in PLACES:
            found |= accuracy[split, side, place].interval(SHARE).columns(f"{side}_on_{place}")
        gap = accuracy[split, side, "others"] - accuracy[split, side, "pies"]
        found |= gap.interval((-1.0, 1.0)).columns(f"{side}_gap")
    return found
