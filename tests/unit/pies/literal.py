"""STATISTICS 1 to 3, 5 and 6 word by word, slowly: what the fast code is compared with."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from support.near import assert_near

Votes = np.ndarray


def mode(votes: Sequence[int]) -> int:
    """Most frequent label, the smallest of several."""
    counts = Counter(int(vote) for vote in votes)
    return min(label for label, count in counts.items() if count == max(counts.values()))


def all_pairs(seeds: Sequence[int], size: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every ordered pair of disjoint populations."""
    for one in combinations(seeds, size):
        for other in combinations([seed for seed in seeds if seed not in one], size):
            yield one, other


def disagreement(one: Votes, other: Votes, seeds: Sequence[int], size: int) -> float:
    """E(1 - p.q): mean share of images on which a population of `one` and a disjoint one of `other` differ."""
    labels = {
        (name, chosen): np.array([mode(column) for column in votes[list(chosen)].T])
        for name, votes in (("one", one), ("other", other))
        for chosen in combinations(seeds, size)
    }
    shares = [np.mean(labels["one", a] != labels["other", b]) for a, b in all_pairs(seeds, size)]
    return float(np.mean(shares)) if shares else float("nan")


def replicates(one: Votes, other: Votes, size: int) -> np.ndarray:
    """With all seeds, then with the pairs in which each does not stand."""
    everyone = range(len(one))
    without = [[seed for seed in everyone if seed != k] for k in everyone]
    return np.array([disagreement(one, other, seeds, size) for seeds in (list(everyone), *without)])


def swap_p(dense: Votes, compressed: Votes) -> float:
    """Share of all 2^K exchanges within seeds whose sum over j != k of x_j . x_k is at least the observed one."""
    num_models, num_classes = len(dense), 1 + int(max(dense.max(), compressed.max()))
    x = np.eye(num_classes, dtype=int)[dense] - np.eye(num_classes, dtype=int)[compressed]

    def total(signs: Sequence[int]) -> int:
        signed = [sign * one for sign, one in zip(signs, x, strict=True)]
        return sum(int((signed[j] * signed[k]).sum()) for j in range(num_models) for k in range(num_models) if j != k)

    observed = total([1] * num_models)
    return float(np.mean([total(signs) >= observed for signs in product((1, -1), repeat=num_models)]))


def division_p(dense: Votes, compressed: Votes) -> float:
    """Share of all divisions of the networks whose unbiased squared distance of label distributions is as large."""
    num_models, num_classes = len(dense), 1 + int(max(dense.max(), compressed.max()))
    one_hot = np.eye(num_classes)[np.concatenate([dense, compressed])]

    def distance(first: Sequence[int]) -> float:
        second = [k for k in range(2 * num_models) if k not in first]

        def inner(some: Sequence[int], others: Sequence[int]) -> float:
            return float(np.mean([(one_hot[j] * one_hot[k]).sum() for j in some for k in others if j != k]))

        return inner(first, first) + inner(second, second) - 2 * inner(first, second)

    observed = distance(range(num_models))
    everyone = combinations(range(2 * num_models), num_models)
    return float(np.mean([distance(first) >= observed - 1e-9 for first in everyone]))


def left_out_on_pies(dense: Votes, compressed: Votes, right: np.ndarray, seeds: Sequence[int]) -> float:
    """Right predictions of each seed on the PIEs that the others choose, pooled."""
    scored: list[bool] = []
    for left_out in seeds:
        others = [seed for seed in seeds if seed != left_out]
        for image in range(dense.shape[1]):
            if mode(dense[others, image]) != mode(compressed[others, image]):
                scored.append(bool(right[left_out, image]))
    return float(np.mean(scored)) if scored else float("nan")


def on_chosen_by_pairs(one: Votes, other: Votes, right: np.ndarray, seeds: Sequence[int], size: int) -> float:
    """Right predictions of seeds outside a pair (A of `one`, B of `other`) on images where A and B differ, pooled."""
    scored: list[bool] = []
    for a, b in all_pairs(seeds, size):
        outside = [seed for seed in seeds if seed not in (*a, *b)]
        for image in range(one.shape[1]):
            if mode(one[list(a), image]) != mode(other[list(b), image]):
                scored += [bool(right[seed, image]) for seed in outside]
    return float(np.mean(scored)) if scored else float("nan")


def found_rate(p: Sequence[float], smallest: Sequence[float]) -> list[float]:
    """q of every test: min over thresholds t >= p of t M(t) / R(t)."""
    rates = []
    for own in p:
        at = [t * sum(s <= t for s in smallest) / sum(other <= t for other in p) for t in p if t >= own]
        rates.append(min([1.0, *at]))
    return rates


def agree(found: np.ndarray | float, expected: np.ndarray | Sequence[float] | float) -> None:
    """Equal but for rounding, and undefined in the same places."""
    assert_near(found, expected, equal_nan=True)
