"""Simulated studies whose truth is known: how often intervals hold it, and how often a change is found.

    python tests/simulations/studies.py --draws 1000

prints the two tables of docs/statistics.md. Networks add noise of their own to what all networks of a population see in
an image, a part of it in a few directions that all images share, as networks err on similar images together. The
compressed network of a seed keeps most of the noise of its dense one, and sees every image a little otherwise, by
`change`. The share of votes that move is the mean over images of sum_c |p_c - q_c| / 2, where p and q are the
distributions of a dense and of a compressed network's label.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from scipy.stats import t

from lethe.pies.disagreement import Disagreement, disagreement
from lethe.pies.jackknife import Interval, Jackknifed
from lethe.pies.modal import contested, local_codes
from lethe.pies.pairs import disjoint_pairs, population_size
from lethe.pies.swap_test import paired_p

CLASSES, IMAGES = 4, 300
KEPT = 0.9  # correlation of the noise of a compressed network with that of its dense one
SHARED = 0.5  # of the noise's variance, between two regimes that start from the same weights
DIRECTIONS = 4  # that images share
TOGETHER = 0.5  # of the noise's variance, in these directions
SEEDS = (6, 10, 30)
# What changes how many votes: nothing; small, middle and large changes. See `World.moved`.
CHANGES = {"none": 0.0, "small": 0.1, "middle": 0.3, "large": 1.0}
_CLEAR = 2
_NETWORKS = 20_000  # from which the truth is computed


@dataclass(frozen=True)
class World:
    """What every network of a regime sees, and how compression changes it."""

    change: float

    @cached_property
    def seen(self) -> np.ndarray:
        """Logits of the images, clear for most of them; the same in every world."""
        draw = np.random.default_rng(0)
        labels = draw.integers(0, CLASSES, IMAGES)
        seen = draw.normal(0, 0.8, (IMAGES, CLASSES))
        seen[np.arange(IMAGES), labels] += draw.gamma(2, 2, IMAGES)
        return seen

    @cached_property
    def seen_compressed(self) -> np.ndarray:
        """The same after compression."""
        return self.seen + self.change * np.random.default_rng(1).normal(0, 1, self.seen.shape)

    def votes(
        self, count: int, draw: np.random.Generator, start: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Labels of dense networks, and of the compressed ones that were made from them.

        Args: start: noise that networks of another regime share.
        """
        noise = self.noise(count, draw)
        if start is not None:
            noise = SHARED**0.5 * start + (1 - SHARED) ** 0.5 * noise
        after = KEPT * noise + (1 - KEPT**2) ** 0.5 * self.noise(count, draw)
        return (self.seen + noise).argmax(axis=2), (self.seen_compressed + after).argmax(axis=2)

    def noise(self, count: int, draw: np.random.Generator) -> np.ndarray:
        """Noise of unit variance of so many networks: networks x images x classes."""
        lean = draw.normal(0, 1, (count, DIRECTIONS, CLASSES))
        shared = np.einsum("id,kdc->kic", self.leaning, lean)
        return TOGETHER**0.5 * shared + (1 - TOGETHER) ** 0.5 * draw.normal(0, 1, (count, *self.seen.shape))

    @cached_property
    def leaning(self) -> np.ndarray:
        """How far each image follows each direction; rows of unit length, the same in every world."""
        rows = np.random.default_rng(5).normal(0, 1, (IMAGES, DIRECTIONS))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    @cached_property
    def chances(self) -> tuple[np.ndarray, np.ndarray]:
        """The distributions p and q of every image."""
        draw = np.random.default_rng(2)
        counts = np.zeros((2, IMAGES, CLASSES))
        for _ in range(_NETWORKS // 200):
            # The same noise for both, so that without a change both are equal.
            noise = self.noise(200, draw)
            for place, seen in enumerate((self.seen, self.seen_compressed)):
                labels = (seen + noise).argmax(axis=2)
                counts[place] += (labels[..., None] == np.arange(CLASSES)).sum(axis=0)
        return counts[0] / counts[0].sum(axis=1, keepdims=True), counts[1] / counts[1].sum(axis=1, keepdims=True)

    @property
    def moved(self) -> float:
        """Share of votes that move."""
        before, after = self.chances
        return float(np.abs(before - after).sum(axis=1).mean() / 2)

    def truth(self, size: int) -> dict[str, float]:
        """Excess and shift of populations of this size, by their definitions."""
        before, after = (_modal(chances, size) for chances in self.chances)
        null, compressed_null, cross = (
            1 - (one * other).sum(axis=1).mean() for one, other in ((before, before), (after, after), (before, after))
        )
        return {"excess": float(cross - null), "shift": float(cross - (null + compressed_null) / 2)}


def _modal(chances: np.ndarray, size: int) -> np.ndarray:
    """Distribution of the most frequent of `size` labels, the smallest of several: over all sequences of labels."""
    found = np.zeros_like(chances)
    for labels in product(range(CLASSES), repeat=size):
        found[:, np.bincount(labels, minlength=CLASSES).argmax()] += chances[:, labels].prod(axis=1)
    return found


@dataclass(frozen=True)
class Study:
    """What one simulated study says."""

    intervals: dict[str, Interval]
    p: float


def studies(world: World, count: int, draws: int) -> Iterator[Study]:
    """Simulated studies of so many seeds: intervals of excess and shift, and the swap test."""
    draw = np.random.default_rng([3, count, round(1000 * world.change)])
    for _ in range(draws):
        votes = world.votes(count, draw)
        found = _disagreement(*votes, draw)
        parts = {"excess": found.excess.values, "shift": found.shift.values}
        yield Study({name: Jackknifed(values).interval() for name, values in parts.items()}, paired_p(*votes, draw))


def differences(one: World, other: World, count: int, draws: int) -> Iterator[Interval]:
    """Intervals of the difference in shift of two regimes whose seeds start alike."""
    draw = np.random.default_rng([4, count, round(1000 * one.change), round(1000 * other.change)])
    for _ in range(draws):
        start = one.noise(count, draw)
        shifts = [
            Jackknifed(_disagreement(*world.votes(count, draw, start), draw).shift.values) for world in (one, other)
        ]
        yield shifts[0].difference(shifts[1], has_same_seeds=True)


def _disagreement(dense: np.ndarray, compressed: np.ndarray, draw: np.random.Generator) -> Disagreement:
    ballots = contested(local_codes(dense, compressed, np.zeros(dense.shape[1], np.int64)))
    pairs = disjoint_pairs(len(dense), population_size(len(dense)), draw)
    return disagreement(ballots, pairs, ties="smallest")


@dataclass(frozen=True)
class Coverage:
    """How often the intervals of a quantity hold its true value, and how often they lie above 0.

    Attributes: errors: how many standard errors the true value is, those that studies state (root of the mean square).
    """

    what: str
    change: str
    seeds: int
    truth: float
    errors: float
    covered: float
    above: float

    @property
    def is_clear(self) -> bool:
        """Whether the true value is at least twice its standard error."""
        return self.errors >= _CLEAR

    @classmethod
    def of(cls, what: str, change: str, seeds: int, truth: float, intervals: list[Interval]) -> "Coverage":
        """Of the intervals of many studies; one without ends holds nothing."""
        low, high = (np.array([getattr(one, end) for one in intervals]) for end in ("low", "high"))
        stated = (high - low) / 2 / t.ppf(0.975, seeds - 1)
        errors = abs(truth) / float(np.sqrt(np.nanmean(np.square(stated))))
        covered = float(((low <= truth) & (truth <= high)).mean())
        return cls(what, change, seeds, truth, errors, covered, float((low > 0).mean()))

    def __str__(self) -> str:
        return (
            f"| {self.what} | {self.change} | {self.seeds} | {100 * self.truth:.2f} | {self.errors:.1f} | "
            f"{self.covered:.3f} | {self.above:.3f} |"
        )


def coverages(draws: int, seeds: tuple[int, ...] = SEEDS) -> Iterator[tuple[list[Coverage], float, float]]:
    """By change and number of seeds: coverage of the intervals, share of votes that move, power of the swap test."""
    for (change, size), count in product(CHANGES.items(), seeds):
        world, of = World(size), population_size(count)
        found = list(studies(world, count, draws))
        rows = [
            Coverage.of(name, change, count, truth, [study.intervals[name] for study in found])
            for name, truth in world.truth(of).items()
        ]
        other = World(2 * size)
        truth = other.truth(of)["shift"] - world.truth(of)["shift"]
        against = list(differences(other, world, count, draws))
        rows.append(Coverage.of("difference in shift", change, count, truth, against))
        yield rows, world.moved, float(np.mean([study.p <= 0.05 for study in found]))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="studies of each kind")
    found = list(coverages(parser.parse_args().draws))
    print("| quantity | change | seeds | true value, points | in standard errors | held | above 0 |")
    print("|---|---|---|---|---|---|---|")
    print(*(row for rows, _, _ in found for row in rows), sep="\n")
    print(f"\n| change | votes that move | {' | '.join(f'{count} seeds' for count in SEEDS)} |\n|---|---|---|---|---|")
    for place, change in enumerate(CHANGES):
        of_change = found[place * len(SEEDS) : (place + 1) * len(SEEDS)]
        powers = " | ".join(f"{power:.2f}" for _, _, power in of_change)
        print(f"| {change} | {100 * of_change[0][1]:.1f} % | {powers} |")


if __name__ == "__main__":
    main()
