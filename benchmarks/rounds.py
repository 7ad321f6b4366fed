"""Compare ways of doing one thing: timed in turns within one run, because a shared machine is never twice the same.

A ratio is taken within each round, where the ways ran one right after the other; the median and the spread over
rounds are what is reported. Figures of different runs are not to be compared.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

FEWEST = 5


@dataclass(frozen=True)
class Timing:
    """Seconds that one way took, one value per round."""

    name: str
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Ratio:
    """How many times as long another way takes: median, smallest and largest over rounds."""

    name: str
    median: float
    low: float
    high: float


def interleave(
    ways: Mapping[str, Callable[[], object]], *, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> list[Timing]:
    """Seconds of every way in every round.

    Each round runs all ways, starting one further than the last did, so that none is always first. One round before
    the first is not counted: it imports, fills caches and allocates.

    Raises: ValueError: fewer than 5 rounds, or fewer than two ways.
    """
    if rounds < FEWEST or len(ways) < 2:
        raise ValueError(f"{rounds} rounds of {len(ways)} ways given; at least {FEWEST} rounds of 2 are needed")
    names = list(ways)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(-1, rounds):
        first = max(turn, 0) % len(names)
        for name in names[first:] + names[:first]:
            start = clock()
            ways[name]()
            if turn >= 0:
                seconds[name].append(clock() - start)
    return [Timing(name, tuple(values)) for name, values in seconds.items()]


def ratios(timings: list[Timing]) -> list[Ratio]:
    """Every other way against the first, round by round."""
    ours, *others = timings
    return [_ratio(other.name, [b / a for a, b in zip(ours.seconds, other.seconds, strict=True)]) for other in others]


def _ratio(name: str, values: list[float]) -> Ratio:
    return Ratio(name, median(values), min(values), max(values))


def table(timings: list[Timing]) -> str:
    """Markdown: one row a way, with its median seconds and how many times as long as the first it takes."""
    against = {ratio.name: f"{ratio.median:.1f} ({ratio.low:.1f} to {ratio.high:.1f})" for ratio in ratios(timings)}
    rows = [f"| {t.name} | {median(t.seconds):.3g} | {against.get(t.name, '1')} |" for t in timings]
    return "\n".join(
        ["| way | median seconds | times as long (lowest to highest round) |", "| --- | --- | --- |", *rows]
    )
