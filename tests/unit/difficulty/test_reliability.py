"""Reliability between halves of the seeds, and evidence in one order whatever the files' is."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from lethe.core.errors import PopulationError
from lethe.difficulty.all_kinds import read_inspected
from lethe.difficulty.evidence import examine
from lethe.difficulty.reliability import rank_correlation, reliabilities, split_halves
from support.near import assert_near


@pytest.mark.parametrize(("seeds", "number"), [(1, 0), (2, 1), (3, 3), (4, 3), (5, 10), (6, 10), (30, 10)])
def test_halves_share_no_seed(seeds: int, number: int) -> None:
    halves = split_halves(seeds, np.random.default_rng(0))
    assert len(halves) == number
    assert all(len(one) == len(other) == seeds // 2 and not set(one) & set(other) for one, other in halves)


def test_it_is_spearmans_between_what_the_halves_give() -> None:
    values = np.random.default_rng(1).random((6, 50))
    halves = split_halves(6, np.random.default_rng(2))
    found = reliabilities(lambda seeds: values[seeds].mean(axis=0), halves)
    expected = [spearmanr(values[a].mean(axis=0), values[b].mean(axis=0)).statistic for a, b in halves]
    assert_near(found, expected)


def test_noise_is_unreliable_and_what_all_networks_say_is_reliable() -> None:
    generator = np.random.default_rng(3)
    halves = split_halves(8, generator)
    noise = generator.random((8, 3000))
    assert abs(reliabilities(lambda seeds: noise[seeds].mean(axis=0), halves).mean()) < 0.05
    same = np.tile(generator.random(300), (8, 1))
    assert_near(reliabilities(lambda seeds: same[seeds].mean(axis=0), halves), 1)


def test_constant_and_unknown_difficulties_have_no_rank_correlation() -> None:
    one = np.array([1.0, 2.0, np.nan, 4.0])
    assert np.isnan(rank_correlation(one, np.ones(4)))
    assert np.isnan(rank_correlation(one, np.array([1.0, np.nan, 3.0, 4.0])))
    assert_near(rank_correlation(one, np.array([1.0, 2.0, 3.0, 4.0])), 1)


def predictions(seeds: list[int], ids: list[int]) -> pd.DataFrame:
    rows = [(seed, i, i % 2, (i + seed) % 2, 0.9, float(10 * seed + i), 0.1) for seed in seeds for i in ids]
    return pd.DataFrame(rows, columns=["seed", "example_id", "label", "prediction", "confidence", "margin", "loss"])


def trajectory(seeds: list[int], ids: list[int]) -> dict[str, np.ndarray]:
    values = np.array([[[100.0 * seed + 10 * t + i for i in ids] for t in (1, 2)] for seed in seeds])
    named = {f"test/{name}": values for name in ("margin", "probability", "error", "gradient")}
    return {
        "seeds": np.array(seeds),
        "epochs": np.array([1, 2]),
        "test/example_id": np.array(ids),
        "test/correct": values > 0,
        **named,
    }


def test_evidence_is_in_the_order_of_seeds_and_ids() -> None:
    tables = [predictions([2, 3], [7, 5, 9]), predictions([0, 1], [9, 7, 5])]
    arrays = [trajectory([2, 3], [9, 5, 7]), trajectory([0, 1], [9, 5, 7])]
    found = examine(tables, arrays, split="test", num_classes=2)
    assert found.example_ids.tolist() == [5, 7, 9] and found.seeds.tolist() == [0, 1, 2, 3]
    assert found.evidence.margins.tolist() == [[10 * k + i for i in (5, 7, 9)] for k in range(4)]
    watched = found.evidence.required_trajectories()
    assert watched.margin[1, 1].tolist() == [125.0, 127.0, 129.0]
    assert found.evidence.known == {"predictions", "trajectories"}
    assert examine(tables, arrays, split="validation", num_classes=2).evidence.trajectories is None


def test_parts_say_which_seed_was_trained_on_which_image() -> None:
    parts = pd.DataFrame({"seed": [0, 0, 1], "example_id": [5, 9, 7]})
    tables = [predictions([0, 1], [9, 7, 5])]
    evidence = examine(tables, [], split="train", num_classes=2, parts=parts).evidence
    assert evidence.trained_on.tolist() == [[True, False, True], [False, True, False]]
    assert examine(tables, [], split="test", num_classes=2, parts=parts).evidence.trained_on is None
    with pytest.raises(PopulationError, match="no part of the training images is given for seed 1"):
        examine(tables, [], split="train", num_classes=2, parts=parts[parts["seed"] == 0])


@pytest.mark.parametrize(
    ("tables", "arrays", "message"),
    [
        ([predictions([0, 1], [1, 2]), predictions([1], [1, 2])], [], "every seed must predict every example once"),
        ([predictions([0, 1], [1, 2]), predictions([2], [1])], [], "every seed must predict every example once"),
        ([predictions([0, 1], [1, 2])], [trajectory([0], [1, 2])], "both must be of the same networks"),
        ([predictions([0, 1], [1, 2])], [trajectory([0, 1], [1])], "examples that the trajectories have not"),
    ],
)
def test_files_that_do_not_fit_are_refused(tables, arrays, message: str) -> None:
    with pytest.raises(PopulationError, match=message):
        examine(tables, arrays, split="test", num_classes=2)


def test_inspections_of_other_seeds_are_refused() -> None:
    examined = examine([predictions([0, 1], [1, 2])], [], split="test", num_classes=2)
    rows = pd.DataFrame(
        {"kind": "q_score", "seed": [0, 0, 1, 1], "example_id": [2, 1, 2, 1], "difficulty": [2.0, 1.0, 4.0, 3.0]}
    )
    assert read_inspected([rows], examined)["q_score"].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(PopulationError, match="both must be of the same"):
        read_inspected([rows.iloc[:3]], examined)
