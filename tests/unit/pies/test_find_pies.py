"""PIEs: the identities of METHODS 1.2, what leaves them unchanged, and the definition word for word."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.core.errors import EmptyPopulation, PopulationError
from lethe.pies.find import find_pies
from support.near import assert_near
from unit.pies.populations import NUM_CLASSES, Pair, pairs, population, quick, simulated_pair

ALL_TIES = st.sampled_from(["smallest", "largest", "exclude"])


def literal_pie(dense: list[int], compressed: list[int]) -> bool:
    """Hooker et al. 2019: the most frequent label differs; of several the smallest."""
    modes = []
    for votes in (dense, compressed):
        found = Counter(votes)
        modes.append(min(label for label in found if found[label] == max(found.values())))
    return modes[0] != modes[1]


@quick
@given(pairs())
def test_pies_are_those_of_the_literal_definition(pair: Pair) -> None:
    dense, compressed = (p.predictions.T.tolist() for p in pair)
    assert find_pies(*pair).is_pie.tolist() == [literal_pie(d, c) for d, c in zip(dense, compressed, strict=True)]


@quick
@given(pairs(), ALL_TIES)
def test_kinds_add_up_to_pies_and_to_the_change_of_modal_accuracy(pair: Pair, ties: str) -> None:
    pies = find_pies(*pair, ties=ties)
    kinds = Counter(pies.kind)
    assert pies.is_pie.sum() == kinds["lost"] + kinds["gained"] + kinds["swapped"]
    decided = pies[(pies.dense_label >= 0) & (pies.compressed_label >= 0)]
    change = (decided.compressed_label == decided.label).sum() - (decided.dense_label == decided.label).sum()
    assert change == kinds["gained"] - kinds["lost"]


@quick
@given(pairs())
def test_the_true_label_decides_the_kind_but_not_the_pie(pair: Pair) -> None:
    dense, compressed = pair
    labels = (dense.labels + 1) % NUM_CLASSES
    other = find_pies(replace(dense, labels=labels), replace(compressed, labels=labels))
    assert np.array_equal(find_pies(*pair).is_pie, other.is_pie)


@quick
@given(pairs(), ALL_TIES)
def test_taxicab_is_even_bounded_and_positive_on_pies(pair: Pair, ties: str) -> None:
    pies, num_models = find_pies(*pair, ties=ties), len(pair[0].seeds)
    assert (pies.taxicab % 2 == 0).all()
    assert pies.taxicab.between(0, 2 * num_models).all()
    assert (pies.taxicab[pies.is_pie] > 0).all()
    assert (pies.taxicab <= 2 * num_models * pies.flip_rate + 1e-9).all()


@quick
@given(pairs(), ALL_TIES)
def test_an_unchanged_population_has_no_pie(pair: Pair, ties: str) -> None:
    dense = pair[0]
    pies = find_pies(dense, replace(dense, cell=pair[1].cell), ties=ties)
    assert not pies.is_pie.any()
    assert (pies.kind == "none").all()
    assert (pies[["taxicab", "flip_rate", "margin_shift"]] == 0).all(axis=None)


@quick
@given(pairs(), ALL_TIES, st.randoms(use_true_random=False))
def test_the_order_of_seeds_does_not_matter(pair: Pair, ties: str, random: object) -> None:
    order = list(range(len(pair[0].seeds)))
    random.shuffle(order)
    shuffled = (replace(p, predictions=p.predictions[order], margins=p.margins[order]) for p in pair)
    assert find_pies(*pair, ties=ties).equals(find_pies(*shuffled, ties=ties))


@quick
@given(pairs(), ALL_TIES, st.randoms(use_true_random=False))
def test_the_order_of_examples_moves_rows_only(pair: Pair, ties: str, random: object) -> None:
    order = list(range(len(pair[0].labels)))
    random.shuffle(order)
    moved = (
        replace(
            p,
            example_ids=p.example_ids[order],
            labels=p.labels[order],
            predictions=p.predictions[:, order],
            margins=p.margins[:, order],
        )
        for p in pair
    )
    assert find_pies(*pair, ties=ties).iloc[order].reset_index(drop=True).equals(find_pies(*moved, ties=ties))


@quick
@given(pairs(), st.permutations(range(NUM_CLASSES)))
def test_names_of_classes_do_not_matter_without_ties(pair: Pair, names: list[int]) -> None:
    renamed = (replace(p, labels=np.array(names)[p.labels], predictions=np.array(names)[p.predictions]) for p in pair)
    columns = ["is_pie", "kind", "flip_rate", "taxicab", "dense_tied", "compressed_tied"]
    assert find_pies(*pair, ties="exclude")[columns].equals(find_pies(*renamed, ties="exclude")[columns])


@quick
@given(pairs())
def test_reversing_the_classes_swaps_smallest_and_largest(pair: Pair) -> None:
    last = NUM_CLASSES - 1
    turned = (replace(p, labels=last - p.labels, predictions=last - p.predictions) for p in pair)
    assert find_pies(*pair).kind.equals(find_pies(*turned, ties="largest").kind)


@quick
@given(pairs())
def test_an_excluded_example_is_no_pie(pair: Pair) -> None:
    pies = find_pies(*pair, ties="exclude")
    assert np.array_equal(pies.dense_label == -1, pies.dense_tied)
    assert not pies.is_pie[pies.dense_tied | pies.compressed_tied].any()


def test_margin_shift_is_compressed_minus_dense() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(1), num_models=4)
    expected = compressed.margins.mean(axis=0, dtype=np.float64) - dense.margins.mean(axis=0, dtype=np.float64)
    assert_near(find_pies(dense, compressed).margin_shift, expected)


def test_no_model_is_an_error() -> None:
    empty = population(np.empty((0, 2), np.int64), np.zeros(2, np.int64))
    with pytest.raises(EmptyPopulation, match="0 models given"):
        find_pies(empty, empty)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": np.array([0, 2])}, "same seeds"),
        ({"example_ids": np.array([100, 7])}, "same examples"),
        ({"labels": np.array([1, 1])}, "same labels"),
    ],
)
def test_populations_that_do_not_match_are_refused(change: dict, message: str) -> None:
    dense = population(np.zeros((2, 2), np.int64), np.zeros(2, np.int64))
    with pytest.raises(PopulationError, match=message):
        find_pies(dense, replace(dense, **change))


@pytest.mark.parametrize("name", ["regime", "split"])
def test_another_regime_or_split_is_refused(name: str) -> None:
    dense = population(np.zeros((2, 2), np.int64), np.zeros(2, np.int64))
    with pytest.raises(PopulationError, match=f"dense {name}"):
        find_pies(dense, replace(dense, cell=replace(dense.cell, **{name: "other"})))
