"""Shares of examples by modal label, and what single predictions say: each with all seeds, then without each seed."""

import numpy as np
from jaxtyping import Float, Int

from lethe.pies.find import pie_kinds
from lethe.pies.jackknife import mean_variants, ratio
from lethe.pies.modal import EXCLUDED, Ties, modal_variants
from lethe.pies.population import Population
from lethe.pies.votes import Ballots

# Named as in schema.QUANTITIES.
Variants = dict[str, Float[np.ndarray, " variants"]]


def modal_shares(ballots: Ballots, *, ties: Ties) -> Variants:
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
    return {name: _defined(ratio(part, whole), ballots.num_models) for name, (part, whole) in shares.items()}


def single_shares(dense: Population, compressed: Population) -> Variants:
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
    return {name: mean_variants(value) for name, value in values.items()}


def taxicab_share(ballots: Ballots, surplus: Int[np.ndarray, "examples classes"]) -> Float[np.ndarray, " variants"]:
    """Mean taxicab distance of the vote histograms over its largest value, 2K.

    Args: surplus: dense votes minus compressed votes. Deleting a seed moves two of its entries by one each.
    """
    total = np.abs(surplus).sum()
    sums = [total]
    rows = np.arange(len(surplus))
    for dense, compressed in zip(ballots.dense, ballots.compressed, strict=True):
        change = np.where(surplus[rows, dense] > 0, -1, 1) + np.where(surplus[rows, compressed] < 0, -1, 1)
        sums.append(total + change[dense != compressed].sum())
    num_models = np.array([ballots.num_models] + [ballots.num_models - 1] * ballots.num_models)
    return ratio(np.array(sums), 2 * num_models * ballots.num_examples)


def _defined(variants: Float[np.ndarray, " variants"], num_models: int) -> Float[np.ndarray, " variants"]:
    """NaN for the one model's absence: an empty population has no modal label."""
    return variants if num_models > 1 else np.append(variants[:1], np.nan)
