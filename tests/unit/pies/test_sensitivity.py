"""PIEs of the clean images, clean and corrupted: against a transcription that leaves seeds out one by one."""

import numpy as np

from lethe.pies.population import EvaluatedCell, Population
from lethe.pies.sensitivity import Rights, sensitivity
from support.near import assert_near

SEEDS, EXAMPLES, CLASSES = 7, 80, 3


def population(method: str, right: float, seed: int) -> Population:
    generator = np.random.default_rng(seed)
    labels = np.arange(EXAMPLES) % CLASSES
    wrong = (labels + generator.integers(1, CLASSES, (SEEDS, EXAMPLES))) % CLASSES
    predictions = np.where(generator.random((SEEDS, EXAMPLES)) < right, labels, wrong)
    cell = EvaluatedCell("a", method, "0", "test")
    return Population(
        cell, np.arange(SEEDS), np.arange(EXAMPLES), labels, predictions, np.zeros((SEEDS, EXAMPLES)), CLASSES
    )


def mode(votes: np.ndarray) -> int:
    return int(np.bincount(votes, minlength=CLASSES).argmax())


def slow(
    dense: np.ndarray, compressed: np.ndarray, right: np.ndarray, members: list[int]
) -> tuple[float, float, float]:
    """Accuracy on PIEs and on the others, and the PIE share, of the networks that are members."""
    hits, chosen, other_hits, others = 0, 0, 0, 0
    for k in members:
        rest = [j for j in members if j != k]
        for i in range(EXAMPLES):
            if mode(dense[rest, i]) != mode(compressed[rest, i]):
                chosen += 1
                hits += right[k, i]
            else:
                others += 1
                other_hits += right[k, i]
    return hits / chosen, other_hits / others, chosen / (chosen + others)


def test_it_is_what_leaving_seeds_out_one_by_one_gives() -> None:
    dense, compressed = population("dense", 0.8, 1), population("fold", 0.55, 2)
    corrupted = population("dense", 0.5, 3), population("fold", 0.4, 4)
    splits = {
        "test": Rights(dense.is_right, compressed.is_right),
        "test@fog-3": Rights(*(p.is_right for p in corrupted)),
    }
    found = sensitivity(dense, compressed, splits)
    everyone = list(range(SEEDS))
    for name, rights in splits.items():
        for side in ("dense", "compressed"):
            expected = slow(dense.predictions, compressed.predictions, getattr(rights, side), everyone)
            row = found[name]
            assert_near(
                [row[f"{side}_on_pies"], row[f"{side}_on_others"], row["pie_share"]], expected, about=(name, side)
            )
            without = [
                slow(dense.predictions, compressed.predictions, getattr(rights, side), [j for j in everyone if j != k])
                for k in everyone
            ]
            gaps = np.array([o - p for p, o, _ in without])
            error = np.sqrt((SEEDS - 1) / SEEDS * ((gaps - gaps.mean()) ** 2).sum())
            middle = row[f"{side}_gap"]
            assert_near(middle, expected[1] - expected[0])
            assert_near(row[f"{side}_gap_high"] - middle, min(2.4469118511449692 * error, 1 - middle), rtol=1e-6)


def test_without_a_pie_there_is_no_accuracy_on_pies() -> None:
    dense = population("dense", 1.0, 1)
    found = sensitivity(dense, population("fold", 1.0, 2), {"test": Rights(dense.is_right, dense.is_right)})["test"]
    assert np.isnan(found["dense_on_pies"]) and found["dense_on_others"] == 1 and found["pie_share"] == 0
