"""Everything that is said of one cell: PIE set, shares with intervals, tests, classes, sizes, what each seed does.

Shares of examples by modal label, and what single predictions say, are computed with all seeds and without each. The
reference of a compressed network is the dense network of its seed after the same treatment (recalibration, refitted
head, ...), so that what the treatment does is not taken for what compression does. PIEs, shift and spread compare with
the dense network as it was trained; what kind of change there is say shift and spread from the reference.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from lethe.pies.accuracy import PieAccuracy, accuracy_against_chance, left_out_accuracy, naive_accuracy
from lethe.pies.class_impact import class_impact, class_recalls
from lethe.pies.disagreement import by_size, disagreement
from lethe.pies.find import find_pies
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
from lethe.pies.pairs import Pairs, disjoint_pairs, population_size
from lethe.pies.population import Population, require_pair
from lethe.pies.power import detectable_shift, variance_after
from lethe.pies.quantities import QUANTITIES, WITHOUT
from lethe.pies.reliable import Reliable, reliable
from lethe.pies.swap_test import independent_p, paired_p, smallest_p

# By the names of QUANTITIES.
Quantities = dict[str, Jackknifed]
# Intervals are clipped to the range of their quantity; those not named here are shares, in [0, 1].
_CHANGES = (
    *("accuracy_change", "excess_share", "shift", "spread"),
    *("excess_from_reference", "shift_from_reference", "spread_from_reference"),
    *("dense_accuracy_cross_minus_null", "compressed_accuracy_cross_minus_null"),
)
_BOUNDS = dict.fromkeys(_CHANGES, CHANGE) | {"margin_shift": REAL}
# Ten seeds have 126 splits into halves, all of which the table of sizes uses; of more, some are drawn.
_MOST_HALVES, _DRAWN_HALVES = 128, 32


@dataclass(frozen=True)
class Compared:
    """The populations that one cell is made of, with the same seeds, examples and labels.

    Attributes:
        dense: as they were trained.
        compressed: those that are described.
        reference: dense networks after the same treatment as the compressed ones.
        is_paired: whether compressed network k is made from dense network k.
    """

    dense: Population
    compressed: Population
    reference: Population
    is_paired: bool

    def __post_init__(self) -> None:
        """Refuse populations that cannot be compared.

        Raises: EmptyPopulation: no model. PopulationError: they do not have the same seeds, examples and labels.
        """
        require_pair(self.dense, self.compressed)
        require_pair(self.dense, self.reference)


@dataclass(frozen=True)
class CellSummary:
    """The tables of a cell, with the columns that `store.schema` names like them."""

    pies: pd.DataFrame
    shares: pd.DataFrame
    image_tests: pd.DataFrame
    tests: pd.DataFrame
    classes: pd.DataFrame
    recalls: pd.DataFrame
    by_size: pd.DataFrame
    seeds: pd.DataFrame


def describe_cell(
    compared: Compared, *, ties: Ties, generator: np.random.Generator, population: int | None = None
) -> CellSummary:
    """PIEs of a compressed cell, and how far they can be told from seed noise.

    Args:
        generator: draws populations where not all of them are used, and patterns of the swap test.
        population: how many networks are in each population, see `pairs.population_size`.
    Raises: PopulationError: no such population.
    """
    dense, compressed = compared.dense, compared.compressed
    ballots = _ballots(dense, compressed)
    num_models = ballots.num_models
    size = population_size(num_models, population)
    pairs = disjoint_pairs(num_models, size, generator)
    halves = disjoint_pairs(num_models, max(num_models // 2, 1), generator, most=_MOST_HALVES, drawn=_DRAWN_HALVES)
    quantities = {
        **single_shares(compared),
        **modal_shares(ballots, ties=ties),
        "taxicab_share": taxicab_share(ballots),
        **_disagreement(compared, ballots, pairs, ties),
        **_accuracies_on_pies(ballots, pairs, ties),
    }
    found = reliable(compared.reference.is_right, compressed.is_right, is_paired=compared.is_paired)
    sizes = by_size(ballots, halves, ties=ties)
    models = np.arange(1, len(sizes.null) + 1, dtype=np.int64)
    return CellSummary(
        pies=find_pies(dense, compressed, ties=ties),
        image_tests=pd.DataFrame(
            {
                "example_id": dense.example_ids,
                "p": found.p,
                "smallest_p": found.smallest_p,
                "q": found.q,
                "reliably_lost": found.lost,
                "reliably_gained": found.gained,
            }
        ),
        shares=_with_intervals(quantities),
        tests=_tests(compared, size, found, generator),
        classes=class_impact(compared.reference, compressed),
        recalls=class_recalls(compared.reference, compressed),
        by_size=pd.DataFrame({"models": models, "null_share": sizes.null, "cross_share": sizes.cross}),
        seeds=per_seed(compared, quantities),
    )


def _ballots(before: Population, after: Population) -> Ballots:
    return contested(local_codes(before.predictions, after.predictions, before.labels))


def _tests(compared: Compared, size: int, found: Reliable, generator: np.random.Generator) -> pd.DataFrame:
    """One row: the swap test, how many networks it is of, and how many images are reliably changed."""
    test = paired_p if compared.is_paired else independent_p
    before, after = compared.reference.predictions, compared.compressed.predictions
    num_models, num_images = after.shape
    row = {
        "models": num_models,
        "population": size,
        "p_swap": test(before, after, generator),
        "smallest_p_swap": smallest_p(num_models, is_paired=compared.is_paired),
        "reliably_lost": int(found.lost.sum()),
        "reliably_gained": int(found.gained.sum()),
        "could_be_found": int(found.could_be.sum()),
        "detectable_shift": detectable_shift(variance_after(before, after), num_images, num_models),
    }
    return pd.DataFrame([row])


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


def single_shares(compared: Compared) -> Quantities:
    """Accuracies, flip rate and margin shift: means over seeds."""
    dense, compressed = compared.dense, compared.compressed
    before, after, reference = (
        population.is_right.mean(axis=1) for population in (dense, compressed, compared.reference)
    )
    shift = (compressed.margins.astype(np.float64) - dense.margins).mean(axis=1)
    values = {
        "dense_accuracy": before,
        "compressed_accuracy": after,
        "reference_accuracy": reference,
        "accuracy_change": after - reference,
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


def _disagreement(compared: Compared, ballots: Ballots, pairs: Pairs, ties: Ties) -> Quantities:
    """Null, compressed null, cross, excess, shift and spread, each with the variance that the images add.

    The last three also against networks that were treated alike: what compression adds to its treatment.
    """
    found = alike = disagreement(ballots, pairs, ties=ties)
    of_alike = ballots
    if compared.reference is not compared.dense:
        of_alike = _ballots(compared.reference, compared.compressed)
        alike = disagreement(of_alike, pairs, ties=ties)
    shares = {
        "null_share": found.null,
        "compressed_null_share": found.compressed_null,
        "cross_share": found.cross,
        "excess_share": found.excess,
        "shift": found.shift,
        "spread": found.spread,
    }
    from_reference = {
        "shift_from_reference": alike.shift,
        "spread_from_reference": alike.spread,
        "excess_from_reference": alike.excess,
    }
    return {name: share.jackknifed(ballots.num_unanimous) for name, share in shares.items()} | {
        name: share.jackknifed(of_alike.num_unanimous) for name, share in from_reference.items()
    }


def _accuracies_on_pies(ballots: Ballots, pairs: Pairs, ties: Ties) -> Quantities:
    """Of networks that did not choose the PIEs; on null and cross PIEs; and naive, for comparison."""
    left_out = left_out_accuracy(ballots, ties=ties)
    chance = accuracy_against_chance(ballots, pairs, ties=ties)
    return {
        "left_out_pie_share": left_out.pie_share,
        **_accuracies(left_out, ""),
        "dense_accuracy_on_null_pies": chance.dense_on_null_pies,
        "compressed_accuracy_on_null_pies": chance.compressed_on_null_pies,
        "dense_accuracy_on_cross_pies": chance.dense_on_cross_pies,
        "compressed_accuracy_on_cross_pies": chance.compressed_on_cross_pies,
        "dense_accuracy_cross_minus_null": chance.dense_difference,
        "compressed_accuracy_cross_minus_null": chance.compressed_difference,
        **_accuracies(naive_accuracy(ballots, ties=ties), "naive_"),
    }


def _accuracies(accuracy: PieAccuracy, prefix: str) -> Quantities:
    """The four accuracies by the names of QUANTITIES."""
    return {
        f"{prefix}dense_accuracy_on_pies": accuracy.dense_on_pies,
        f"{prefix}dense_accuracy_on_others": accuracy.dense_on_others,
        f"{prefix}compressed_accuracy_on_pies": accuracy.compressed_on_pies,
        f"{prefix}compressed_accuracy_on_others": accuracy.compressed_on_others,
    }


def _with_intervals(quantities: Quantities) -> pd.DataFrame:
    """One row per quantity, in the order of the schema: its estimate with both its intervals."""
    bounds = [_BOUNDS.get(name, SHARE) for name in QUANTITIES]
    over_seeds = [quantities[name].interval(one) for name, one in zip(QUANTITIES, bounds, strict=True)]
    two_way = [quantities[name].two_way(one) for name, one in zip(QUANTITIES, bounds, strict=True)]
    return pd.DataFrame(
        {
            "quantity": list(QUANTITIES),
            **{end: [getattr(one, end) for one in over_seeds] for end in ("estimate", "low", "high")},
            **{f"two_way_{end}": [getattr(one, end) for one in two_way] for end in ("low", "high")},
        }
    )


def per_seed(compared: Compared, quantities: Quantities) -> pd.DataFrame:
    """One row per seed, the columns of `schema.SEEDS`.

    The mean of an accuracy and of `flip_rate` is the cell's quantity of that name. PIEs belong to no single seed:
    `{quantity}_without` is the quantity of all populations less this seed.
    """
    dense, compressed = compared.dense, compared.compressed
    return pd.DataFrame(
        {
            "seed": dense.seeds,
            "dense_accuracy": dense.is_right.mean(axis=1),
            "reference_accuracy": compared.reference.is_right.mean(axis=1),
            "compressed_accuracy": compressed.is_right.mean(axis=1),
            "flip_rate": (dense.predictions != compressed.predictions).mean(axis=1),
            **{f"{name}_without": quantities[name].without for name in WITHOUT},
        }
    )
