"""Everything that is said of one cell: PIE set, shares with intervals, classes, shares by size, what each seed does."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lethe.pies.accuracy import PieAccuracy, held_out_accuracy, naive_accuracy
from lethe.pies.class_impact import class_impact
from lethe.pies.find import find_pies
from lethe.pies.halves import Halves, split_in_halves
from lethe.pies.jackknife import CHANGE, REAL, SHARE, Bounds, interval
from lethe.pies.modal import Ties
from lethe.pies.null import by_size, cross_half
from lethe.pies.population import Population
from lethe.pies.seeds import per_seed
from lethe.pies.shares import Variants, modal_shares, single_shares, taxicab_share
from lethe.pies.votes import Ballots, contested, local_codes, vote_counts
from lethe.store.schema import QUANTITIES

# Intervals are clipped to the range of their quantity; those not named here are shares, in [0, 1].
_BOUNDS = {"accuracy_change": CHANGE, "excess_share": CHANGE, "margin_shift": REAL}


@dataclass(frozen=True)
class CellSummary:
    """The five tables of a cell, with the columns of PIES, SHARES, CLASSES, BY_SIZE and SEEDS in core/schema.py."""

    pies: pd.DataFrame
    shares: pd.DataFrame
    classes: pd.DataFrame
    by_size: pd.DataFrame
    seeds: pd.DataFrame


def describe_cell(
    dense: Population, compressed: Population, *, ties: Ties, generator: np.random.Generator
) -> CellSummary:
    """PIEs of a compressed cell and how far they can be told from seed noise.

    Args: generator: draws the splits into halves, where not all of them are used.
    Raises: EmptyPopulation: no model. PopulationError: the two do not have the same seeds, examples and labels.
    """
    pies = find_pies(dense, compressed, ties=ties)
    ballots = contested(local_codes(dense.predictions, compressed.predictions, dense.labels))
    halves = split_in_halves(ballots.num_models, generator)
    variants = single_shares(dense, compressed) | _shared(ballots, halves, ties)
    return CellSummary(
        pies=pies,
        shares=_intervals(variants),
        classes=class_impact(dense, compressed),
        by_size=_by_size(ballots, halves, ties),
        seeds=per_seed(dense, compressed, variants),
    )


def _shared(ballots: Ballots, halves: Halves, ties: Ties) -> Variants:
    """All quantities that need the votes of a whole population."""
    crossed = cross_half(ballots, halves, ties=ties)
    surplus = vote_counts(ballots.dense, ballots.num_codes) - vote_counts(ballots.compressed, ballots.num_codes)
    held_out = held_out_accuracy(ballots, halves, ties=ties)
    return {
        **modal_shares(ballots, ties=ties),
        "taxicab_share": taxicab_share(ballots, surplus),
        "null_share": crossed.null,
        "cross_share": crossed.cross,
        "excess_share": crossed.excess,
        "held_out_pie_share": held_out.pie_share,
        **_named(held_out, ""),
        **_named(naive_accuracy(ballots, ties=ties), "naive_"),
    }


def _intervals(variants: Variants) -> pd.DataFrame:
    """All quantities with their jackknife intervals, in the order of the schema."""
    rows = [interval(variants[name], bounds=_bounds(name)) for name in QUANTITIES]
    return pd.DataFrame(
        {
            "quantity": list(QUANTITIES),
            "estimate": [row.estimate for row in rows],
            "low": [row.low for row in rows],
            "high": [row.high for row in rows],
        }
    )


def _named(accuracy: PieAccuracy, prefix: str) -> Variants:
    return {
        f"{prefix}dense_accuracy_on_pies": accuracy.dense_on_pies,
        f"{prefix}dense_accuracy_on_others": accuracy.dense_on_others,
        f"{prefix}compressed_accuracy_on_pies": accuracy.compressed_on_pies,
        f"{prefix}compressed_accuracy_on_others": accuracy.compressed_on_others,
    }


def _bounds(quantity: str) -> Bounds:
    return _BOUNDS.get(quantity, SHARE)


def _by_size(ballots: Ballots, halves: Halves, ties: Ties) -> pd.DataFrame:
    sizes = by_size(ballots, halves, ties=ties)
    models = np.arange(1, len(sizes.null) + 1, dtype=np.int64)
    return pd.DataFrame({"models": models, "null_share": sizes.null, "cross_share": sizes.cross})
