"""Twins of a training split: how many labels are wrong, which images stay, and that nothing else changes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.data.twins import Twin, changed_split, given_labels, kept_rows, nested_rows, noisy_labels
from lethe.study.config import read_study
from lethe.study.grid import Grid
from support.near import assert_near
from support.small import toy_data

SHARES = st.floats(0, 1)
SEEDS = st.integers(0, 2**32 - 1)
REPLICATE = Replicate(0, 3)


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    return toy_data(tmp_path_factory.mktemp("data"))[0]


@settings(max_examples=40)
@given(seed=SEEDS, shares=st.tuples(SHARES, SHARES).map(sorted))
def test_a_larger_share_of_noise_keeps_the_wrong_labels_of_a_smaller(seed: int, shares: list[float]) -> None:
    labels = np.arange(60) % 5
    few, many = (noisy_labels(labels, share, 5, np.random.default_rng(seed)) for share in shares)
    assert np.array_equal(many[few != labels], few[few != labels])
    assert np.array_equal(noisy_labels(labels, 0.0, 5, np.random.default_rng(seed)), labels)


def test_replaced_labels_are_uniform_over_all_classes() -> None:
    labels = np.repeat(np.arange(4), 50_000)
    noisy = noisy_labels(labels, 0.2, 4, np.random.default_rng(0))
    assert (noisy != labels).mean() == pytest.approx(0.2 * 3 / 4, abs=0.004)
    from_first = np.bincount(noisy[:50_000], minlength=4) / 50_000
    assert_near(from_first, [0.85, 0.05, 0.05, 0.05], atol=0.005)


def test_a_share_of_noise_beyond_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"label noise 1.5 given; .* from 0 to 1"):
        noisy_labels(np.arange(3), 1.5, 3, np.random.default_rng(0))


@st.composite
def splits(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Labels in any order, which of them come first, and two sizes that leave no class out."""
    counts = draw(st.lists(st.integers(1, 12), min_size=2, max_size=5))
    labels = np.array(draw(st.permutations(np.repeat(np.arange(len(counts)), counts).tolist())))
    first = np.array(draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels))))
    fewest = next(size for size in range(1, len(labels) + 1) if _quotas(counts, size).all())
    return labels, first, sorted(draw(st.tuples(*[st.integers(fewest, len(labels))] * 2)))


def _quotas(counts: list[int], size: int) -> np.ndarray:
    """Sainte-Lague's seats, one after the other to the class with the largest count / (2 seats + 1)."""
    seats = np.zeros(len(counts), dtype=int)
    for _ in range(size):
        seats[np.argmax(np.round(np.array(counts) / (2 * seats + 1), 12))] += 1
    return seats


@settings(max_examples=40)
@given(split=splits(), seed=SEEDS)
def test_kept_rows_are_stratified_nested_and_the_first_ones_first(
    split: tuple[np.ndarray, np.ndarray, list[int]], seed: int
) -> None:
    labels, first, sizes = split
    few, many = (nested_rows(labels, size, np.random.default_rng(seed), first=first) for size in sizes)
    assert set(few) <= set(many) and [len(few), len(many)] == sizes
    assert np.array_equal(few, np.sort(few))
    counts = np.bincount(labels)
    assert np.array_equal(np.bincount(labels[few], minlength=len(counts)), _quotas(counts.tolist(), sizes[0]))
    for label in range(len(counts)):  # no other image is kept while one of the first is left out
        members = labels == label
        assert first[few][labels[few] == label].sum() == min(first[members].sum(), (labels[few] == label).sum())


@pytest.mark.parametrize(
    ("size", "message"), [(97, "there are 96 training images; lower it"), (2, "leaves 1 of 3 classes without an image")]
)
def test_impossible_sizes_are_refused(train: Stored, size: int, message: str) -> None:
    with pytest.raises(ConfigError, match=f"generalisation.train_sizes: {size} given, .*{message}"):
        kept_rows(train, Twin(train_size=size), REPLICATE)


def test_a_smaller_split_keeps_every_labelled_image_or_is_refused(train: Stored) -> None:
    labelled = pd.DataFrame({"seed": 3, "example_id": train.example_ids[[*range(12), 30, 60, 90]]})
    rows = kept_rows(train, Twin(train_size=30), REPLICATE, labelled)
    assert set(np.flatnonzero(np.isin(train.example_ids, labelled["example_id"]))) <= set(rows) and len(rows) == 30
    with pytest.raises(ConfigError, match="12 given, which leaves out 3 of 15 labelled images; raise it"):
        kept_rows(train, Twin(train_size=12), REPLICATE, labelled)


def test_a_twin_changes_what_it_says_and_nothing_else(train: Stored, tmp_path: Path) -> None:
    same = changed_split(train, Twin(), REPLICATE)
    assert np.array_equal(same.labels, train.labels) and same.images is train.images
    noisy = changed_split(train, Twin(label_noise=0.5), REPLICATE)
    assert noisy.images is train.images and np.array_equal(noisy.example_ids, train.example_ids)
    assert np.array_equal(noisy.labels, given_labels(train, Twin(0.5), REPLICATE))
    both = changed_split(train, Twin(0.5, 30), REPLICATE)
    rows = kept_rows(train, Twin(train_size=30), REPLICATE)
    assert np.array_equal(both.labels, noisy.labels[rows]) and np.array_equal(both.images, train.images[rows])


def test_draws_differ_between_seeds_and_not_between_calls(train: Stored) -> None:
    twin = Twin(0.5, 30)
    one, again, other = (changed_split(train, twin, Replicate(0, seed)) for seed in (3, 3, 4))
    assert np.array_equal(one.labels, again.labels) and np.array_equal(one.example_ids, again.example_ids)
    assert not np.array_equal(one.example_ids, other.example_ids)


def test_a_study_and_a_twin_have_one_name_for_it() -> None:
    shares, sizes = [0.05, 0.123456789, 1e-5, 1.0], [450, 1_234_567]
    study = {
        "study": "t",
        "dataset": {"name": "toy"},
        "model": {"name": "resnet"},
        "seeds": {"count": 4, "block": 2},
        "regimes": {"supervised": {}},
        "compression": {"random": {"levels": [0.5]}},
        "generalisation": {"label_noise": shares, "train_sizes": sizes},
    }
    grid = Grid(read_study(study, where="t"))
    assert grid.twins == [Twin(share).name for share in shares] + [Twin(train_size=size).name for size in sizes]
    assert [grid.twin_arguments(twin) for twin in grid.twins[::4]] == ["--label-noise 0.05", "--train-size 450"]
    assert Twin().name == "none" and grid.twins_of("0-1") == grid.twins and grid.twins_of("2-3") == []
