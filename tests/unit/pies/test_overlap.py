"""Overlap of PIE sets against sets counted one by one, and what it says of planted cases."""

from itertools import combinations

import numpy as np
import pytest

from lethe.pies.overlap import PieSets, Strata, overlap
from lethe.pies.pairs import disjoint_pairs
from support.near import assert_near

SEEDS, EXAMPLES = 10, 203


def sets_of(lost: np.ndarray, pairs) -> np.ndarray:
    """An example is in the set of a population if most of its seeds lose it."""
    return np.stack([lost[side].mean(axis=1) > 0.5 for side in (pairs.first, pairs.second)])


@pytest.fixture
def pairs():
    return disjoint_pairs(SEEDS, 3, np.random.default_rng(0), most=50, drawn=50)


def slow(one: np.ndarray, other: np.ndarray, strata: list[set[int]], kept: np.ndarray) -> dict[str, float]:
    """Means over both orders of the pairs that are kept, set by set."""
    common, expected, products, unions = [], [], [], []
    for pair in np.flatnonzero(kept):
        for a, b in ((0, 1), (1, 0)):
            x, y = set(np.flatnonzero(one[a, pair])), set(np.flatnonzero(other[b, pair]))
            common.append(len(x & y))
            expected.append(sum(len(x & d) * len(y & d) / len(d) for d in strata))
            products.append(len(x) * len(y))
            unions.append(len(x) + len(y))
    i, e = np.mean(common), np.mean(expected)
    number = sum(len(d) for d in strata)
    return {
        "jaccard": i / (np.mean(unions) - i),
        "lift": i * number / np.mean(products),
        "lift_within": i / e,
        "beyond": i - e,
    }


def test_it_is_what_counting_gives_with_all_seeds_and_without_each(pairs) -> None:
    generator = np.random.default_rng(1)
    difficulty = np.round(generator.random(EXAMPLES), 1)
    beside = generator.random(EXAMPLES)
    strata = Strata.by(difficulty, beside)
    ranked = sorted(range(EXAMPLES), key=lambda i: (difficulty[i], beside[i], i))
    parts = [set(map(int, part)) for part in np.array_split(np.array(ranked), 10)]
    one, other = (sets_of(generator.random((SEEDS, EXAMPLES)) < 0.3 + 0.4 * difficulty, pairs) for _ in range(2))
    found = overlap(PieSets.of(one, strata), PieSets.of(other, strata), strata, pairs)
    for variant, kept in enumerate(pairs.kept):
        expected = slow(one, other, parts, kept)
        for name, value in expected.items():
            assert_near(getattr(found, name).values[variant], value, about=(name, variant))


def test_the_order_of_the_examples_is_irrelevant(pairs) -> None:
    generator = np.random.default_rng(2)
    difficulty, order = generator.random(EXAMPLES), generator.permutation(EXAMPLES)
    sets = sets_of(generator.random((SEEDS, EXAMPLES)) < 0.4, pairs)
    values = []
    for rows in (np.arange(EXAMPLES), order):
        strata = Strata.by(difficulty[rows])
        own = PieSets.of(sets[:, :, rows], strata)
        values.append(overlap(own, own, strata, pairs).lift_within.values)
    assert_near(values[0], values[1])


def losses(probabilities: np.ndarray, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((SEEDS, len(probabilities))) < probabilities


def test_cells_that_lose_the_same_images_share_all_and_such_that_lose_others_none(pairs) -> None:
    """Every stratum has images that one cell loses and images that the other does, by other seeds' draws."""
    number = 2000
    difficulty = np.repeat(np.arange(10), number // 10)
    strata = Strata.by(difficulty.astype(float))
    place = np.tile(np.arange(number // 10), 10)
    often = np.where(place < 30, 0.8, 0.02)
    elsewhere = np.where((place >= 60) & (place < 90), 0.8, 0.02)
    cells = {"a": losses(often, 1), "b": losses(often, 2), "c": losses(elsewhere, 3)}
    sets = {name: PieSets.of(sets_of(lost, pairs), strata) for name, lost in cells.items()}
    own = {name: overlap(known, known, strata, pairs) for name, known in sets.items()}
    shared = {
        (x, y): overlap(sets[x], sets[y], strata, pairs).shared(own[x], own[y]).interval()
        for x, y in combinations("abc", 2)
    }
    assert_near(shared["a", "b"].estimate, 1, atol=0.05)
    assert shared["a", "b"].low < 1 < shared["a", "b"].high
    assert shared["a", "c"].estimate < 0 and shared["a", "c"].high < 0.5


def test_hard_images_alone_give_lift_and_nothing_within_strata(pairs) -> None:
    """Both cells lose images at random among the hard ones: they overlap by difficulty alone."""
    number = 3000
    hard = np.arange(number) >= 0.9 * number
    strata = Strata.by(hard.astype(float))
    draws = [losses(np.where(hard, 0.5, 0.02), seed) for seed in (4, 5)]
    # Other images with every seed, so that a cell has nothing in common with itself beyond difficulty.
    one, other = (PieSets.of(sets_of(lost, pairs), strata) for lost in draws)
    found = overlap(one, other, strata, pairs)
    assert found.lift.whole > 4
    assert_near(found.lift_within.whole, 1, atol=0.05)
    own = overlap(one, one, strata, pairs)
    assert np.isnan(found.shared(own, own).values).all()


def test_without_a_lost_image_nothing_is_said(pairs) -> None:
    strata = Strata.by(np.arange(20.0))
    nothing = PieSets.of(np.zeros((2, len(pairs), 20), dtype=bool), strata)
    found = overlap(nothing, nothing, strata, pairs)
    assert np.isnan(found.jaccard.whole) and np.isnan(found.shared(found, found).whole) and nothing.mean_size == 0
