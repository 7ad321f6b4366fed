"""No damage to any kind of file comes out of a reader as a foreign exception, a crash, or other values."""

from collections import Counter
from pathlib import Path

import pytest

from faults.readers import BAD, IGNORED, REFUSED, count_outcomes

pytestmark = pytest.mark.slow
# Of a thousand files, about one in twelve is a whole one of the same kind, which no reader can know to be misplaced.
FOUND_AT_LEAST = 0.8
NOT_OURS = {"Snakemake's record of a job", "owner of the run's lock"}
REPLACEABLE = {
    *("resume side file", "progress side file", "mark of divergence", "state of inputs", "index of inputs"),
    *("index of a study's files", "owners of networks", "mark of a checked config", "files that a config names"),
    *("what a network said", "versions of the code"),
}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mutations", [1000, pytest.param(10_000, marks=pytest.mark.long)])
def test_every_damaged_file_is_refused_or_counts_as_missing(undisturbed: Path, mutations: int) -> None:
    counts, told = count_outcomes(undisturbed, mutations)
    assert told == []
    assert all(found.total() == mutations for found in counts.values()), counts
    assert not any(found[bad] for found in counts.values() for bad in BAD)
    assert {*NOT_OURS, *REPLACEABLE} < counts.keys() and len(counts) >= 30
    assert _too_few(counts, IGNORED, REPLACEABLE, mutations) == {}
    assert _too_few(counts, REFUSED, counts.keys() - REPLACEABLE - NOT_OURS, mutations) == {}


def _too_few(counts: dict[str, Counter[str]], outcome: str, kinds: set[str], mutations: int) -> dict[str, int]:
    """Kinds of files that met an outcome so seldom that their reader cannot have looked."""
    found = {kind: counts[kind][outcome] for kind in kinds}
    return {kind: count for kind, count in found.items() if count < FOUND_AT_LEAST * mutations}
