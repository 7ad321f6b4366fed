"""Statistics of ten real networks, held against what fifty others say: drawn from a pool of sixty.

The pool is that of `make pool`, made anew in a workspace; LETHE_POOL names a folder in which it was run before.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lethe.pies.accuracy import accuracy_against_chance, left_out_accuracy
from lethe.pies.modal import contested, local_codes
from lethe.pies.pairs import disjoint_pairs
from lethe.pies.population import Population, read_population
from lethe.pies.swap_test import paired_p
from support.workspace import lethe, make_workspace

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)]
POOL, SEEDS = 60, 10
CELLS = [("magnitude_global", "0.80"), ("magnitude_global", "0.90"), ("fold", "0.25"), ("fold", "0.50")]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predictions of all networks of the pool."""
    folder = Path(os.environ.get("LETHE_POOL", "")) if "LETHE_POOL" in os.environ else None
    if folder is None:
        folder = make_workspace(tmp_path_factory.mktemp("pool") / "lethe")
        result = lethe(folder, "run", "--config", "studies/pool_digits.yaml", timeout=3000)
        assert result.returncode == 0, result.stdout
    return folder / "results/pool_digits/evaluations/supervised"


def population(pool: Path, method: str, level: str) -> Population:
    found = read_population(sorted((pool / method / level).rglob("*.parquet")))
    assert len(found.seeds) == POOL
    return found


def test_one_dense_draw_in_twenty_is_called_changed(pool: Path) -> None:
    """Ten dense networks against ten others, paired at random: nothing differs but the seeds."""
    votes = population(pool, "dense", "0").predictions
    draw = np.random.default_rng(0)
    found = []
    for _ in range(2000):
        chosen = draw.permutation(POOL)
        found.append(paired_p(votes[chosen[:SEEDS]], votes[chosen[SEEDS : 2 * SEEDS]], draw) <= 0.05)
    size = np.mean(found)
    print(f"size of the swap test: {size:.4f}")
    assert 0.03 <= size <= 0.06


def draws(pool: Path, method: str, level: str, count: int = 100) -> Iterator[tuple[Population, Population, np.ndarray]]:
    """Dense and compressed networks of the pool, and ten seeds."""
    dense, compressed = population(pool, "dense", "0"), population(pool, method, level)
    draw = np.random.default_rng(1)
    for _ in range(count):
        yield dense, compressed, draw.permutation(POOL)[:SEEDS]


@pytest.mark.parametrize(("method", "level"), CELLS)
def test_accuracy_on_pies_is_that_of_networks_that_had_no_part(pool: Path, method: str, level: str) -> None:
    """The PIEs of ten seeds, scored on the fifty others, against what leaving out each of the ten says."""
    differences, against_chance = [], []
    for dense, compressed, chosen in draws(pool, method, level):
        others = np.setdiff1d(np.arange(POOL), chosen)
        ballots = local_codes(dense.predictions[chosen], compressed.predictions[chosen], dense.labels)
        said = left_out_accuracy(contested(ballots), ties="smallest")
        is_pie = pies_of(dense, compressed, chosen)
        right = [p.is_right[others][:, is_pie].mean() for p in (dense, compressed)]
        differences.append([said.dense_on_pies.whole - right[0], said.compressed_on_pies.whole - right[1]])
        pairs = disjoint_pairs(SEEDS, 3, np.random.default_rng(0), most=200, drawn=200)
        found = accuracy_against_chance(contested(ballots), pairs, ties="smallest")
        against_chance.append([found.dense_on_null_pies.whole, found.dense_on_cross_pies.whole])
    bias, (null, cross) = np.mean(differences, axis=0), np.mean(against_chance, axis=0)
    print(
        f"{method} {level}: left out less truth {bias[0]:+.3f} dense, {bias[1]:+.3f} compressed; dense networks are "
        f"right on {null:.3f} of null PIEs, {cross:.3f} of cross PIEs"
    )
    assert np.abs(bias).max() <= 0.03


def pies_of(dense: Population, compressed: Population, chosen: np.ndarray) -> np.ndarray:
    """Whether an image is a PIE of these seeds, by counting votes."""
    return np.array([
        np.bincount(before).argmax() != np.bincount(after).argmax()
        for before, after in zip(dense.predictions[chosen].T, compressed.predictions[chosen].T, strict=True)
    ])  # fmt: skip
