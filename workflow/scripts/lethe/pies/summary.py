"""Everything that is said of one cell: PIE set, shares with intervals, classes, shares by size, what each seed does.

Shares of examples by modal label, and what single predictions say, are computed with all seeds and without each.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from lethe.pies.accuracy import PieAccuracy, held_out_accuracy, naive_accuracy
from lethe.pies.class_impact import class_impact
from lethe.pies.find import find_pies
from lethe.pies.halves import Halves, split_in_halves
from lethe.pies.jackknife import CHANGE, REAL, SHARE, Jackknifed, ratio
from lethe.pies.modal import (
    EXCLUDED,
    Ballots,
    Ties,
    contested,
    local_codes,
    modal_variants,
    pie_kinds,
    vote_counts,
)
from lethe.pies.null import by_size, cross_half
from lethe.pies.population import Population
from lethe.pies.quantities import QUANTITIES, WITHOUT

# By the names of QUANTITIES.
Quantities = dict[str, Jackknifed]
# Intervals are clipped to the range of their quantity; those not named here are shares, in [0, 1].
_BOUNDS = {"accuracy_change": CHANGE, "excess_share": CHANGE, "margin_shift": REAL}


@dataclass(frozen=True)
class CellSummary:
    """The five tables of a cell, with the columns of PIES, SHARES, CLASSES, BY_SIZE and SEEDS in store/schema.py."""

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
    quantities = {
        **single_shares(dense, compressed),
        **modal_shares(ballots, ties=ties),
        "taxicab_share": taxicab_share(ballots),
        **_noise_shares(ballots, halves, ties),
    }
    sizes = by_size(ballots, halves, ties=ties)
    models = np.arange(1, len(sizes.null) + 1, dtype=np.int64)
    return CellSummary(
        pies=pies,
        shares=_with_intervals(quantities),
        classes=class_impact(dense, compressed),
        by_size=pd.DataFrame({"models": models, "null_share": sizes.null, "cross_share": sizes.cross}),
        seeds=per_seed(dense, compressed, quantities),
    )


def modal_shares(ballots: Ballots, *, ties: Ties) -> Quantities:
    """Modal accuracies, PIE shares by kind, tied shares.

    With ties="exclude" the shares and modal accuracies are over the examples with a modal label in both populations, so
    that modal accuracy changes by gained minus lost under every rule; tied and untied shares are over all examples.
    """
    everyone = np.arange(ballots.num_models)

    def labels(votes: Int[np.ndarray, "models examples"], rule: Ties) -> Int[np.ndarray, "variants examples"]:
        return modal_variants(votes, everyone, ballots.num_codes, ties=rule)

    dense, compressed = labels(ballots.dense, ties), labels(ballots.compressed, ties)
    dense_tied = labels(ballots.dense, "exclude") == EXCLUDED
    compressed_tied = labels(ballots.compressed, "exclude") == EXCLUDED
    kinds = pie_kinds(dense, compressed, ballots.labels)
    is_decided = (dense >= 0) & (compressed >= 0)
    decided = is_decided.sum(axis=1) + ballots.num_unanimous
    everything = np.full(len(dense), ballots.num_examples)
    shares = {
        "dense_modal_accuracy": (
            (is_decided & (dense == ballots.labels)).sum(axis=1) + ballots.unanimous_right,
            decided,
        ),
        "compressed_modal_accuracy": (
            (is_decided & (compressed == ballots.labels)).sum(axis=1) + ballots.unanimous_right,
            decided,
        ),
        "pie_share": (kinds.any.sum(axis=1), decided),
        "lost_share": (kinds.lost.sum(axis=1), decided),
        "gained_share": (kinds.gained.sum(axis=1), decided),
        "swapped_share": (kinds.swapped.sum(axis=1), decided),
        "untied_pie_share": ((kinds.any & ~dense_tied & ~compressed_tied).sum(axis=1), everything),
        "dense_tied_share": (dense_tied.sum(axis=1), everything),
        "compressed_tied_share": (compressed_tied.sum(axis=1), everything),
    }
    variants = {name: ratio(part, whole) for name, (part, whole) in shares.items()}
    if ballots.num_models == 1:  # an empty population has no modal label
        variants = {name: np.append(values[:1], np.nan) for name, values in variants.items()}
    return {name: Jackknifed(values) for name, values in variants.items()}


def single_shares(dense: Population, compressed: Population) -> Quantities:
    """Accuracies, flip rate and margin shift: means over seeds."""
    before, after = (population.is_right.mean(axis=1) for population in (dense, compressed))
    shift = (compressed.margins.astype(np.float64) - dense.margins).mean(axis=1)
    values = {
        "dense_accuracy": before,
        "compressed_accuracy": after,
        "accuracy_change": after - before,
        "flip_rate": (dense.predictions != compressed.predictions).mean(axis=1),
        "margin_shift": shift,
    }
    return {name: Jackknifed.mean_of(value) for name, value in values.items()}


def taxicab_share(ballots: Ballots) -> Jackknifed:
    """Mean taxicab distance of the vote histograms over its largest value, 2K.

    Deleting a seed moves two entries of the surplus, dense votes minus compressed votes, by one each.
    """
    surplus = vote_counts(ballots.dense, ballots.num_codes) - vote_counts(ballots.compressed, ballots.num_codes)
    total = np.abs(surplus).sum()
    sums = [total]
    rows = np.arange(len(surplus))
    for dense, compressed in zip(ballots.dense, ballots.compressed, strict=True):
        change = np.where(surplus[rows, dense] > 0, -1, 1) + np.where(surplus[rows, compressed] < 0, -1, 1)
        sums.append(total + change[dense != compressed].sum())
    num_models = np.array([ballots.num_models] + [ballots.num_models - 1] * ballots.num_models)
    return Jackknifed(ratio(np.array(sums), 2 * num_models * ballots.num_examples))


def _noise_shares(ballots: Ballots, halves: Halves, ties: Ties) -> Quantities:
    """Null, cross and excess, and accuracies on PIEs: what is taken between halves of the seeds, or beside it."""
    crossed = cross_half(ballots, halves, ties=ties)
    held_out = held_out_accuracy(ballots, halves, ties=ties)
    variants = {
        "null_share": crossed.null,
        "cross_share": crossed.cross,
        "excess_share": crossed.excess,
        "held_out_pie_share": held_out.pie_share,
        **_accuracies(held_out, ""),
        **_accuracies(naive_accuracy(ballots, ties=ties), "naive_"),
    }
    return {name: Jackknifed(values) for name, values in variants.items()}


def _accuracies(accuracy: PieAccuracy, prefix: str) -> dict[str, np.ndarray]:
    """The four accuracies by the names of QUANTITIES."""
    return {
        f"{prefix}dense_accuracy_on_pies": accuracy.dense_on_pies,
        f"{prefix}dense_accuracy_on_others": accuracy.dense_on_others,
        f"{prefix}compressed_accuracy_on_pies": accuracy.compressed_on_pies,
        f"{prefix}compressed_accuracy_on_others": accuracy.compressed_on_others,
    }


def _with_intervals(quantities: Quantities) -> pd.DataFrame:
    """One row per quantity, in the order of the schema: its estimate with its jackknife interval."""
    found = [quantities[name].interval(_BOUNDS.get(name, SHARE)) for name in QUANTITIES]
    ends = {end: [getattr(one, end) for one in found] for end in ("estimate", "low", "high")}
    return pd.DataFrame({"quantity": list(QUANTITIES), **ends})


def per_seed(dense: Population, compressed: Population, quantities: Quantities) -> pd.DataFrame:
    """One row per seed, the columns of `schema.SEEDS`.

    The mean of `dense_accuracy`, `compressed_accuracy` and `flip_rate` is the cell's quantity of that name. PIEs belong
    to no single seed: `{quantity}_without` is the quantity of both populations less this seed.
    """
    return pd.DataFrame(
        {
            "seed": dense.seeds,
            "dense_accuracy": dense.is_right.mean(axis=1),
            "compressed_accuracy": compressed.is_right.mean(axis=1),
            "flip_rate": (dense.predictions != compressed.predictions).mean(axis=1),
            **{f"{name}_without": quantities[name].without for name in WITHOUT},
        }
    )
