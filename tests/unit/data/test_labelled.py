"""The labelled images of a seed: stratified, nested, of the seed alone, and clear about what cannot be drawn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import draw_labels
from lethe.core.errors import ConfigError
from lethe.data.labelled import class_quotas, labelled_frame, positions_of
from lethe.data.subset import largest_remainder
from lethe.store.schema import EXAMPLES, LABELLED
from lethe.store.tables import read_table, write_table

COUNTS = (12, 7, 30)
LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], COUNTS))
IDS = np.arange(len(LABELS)) * 10 + 3


def drawn(*seeds: int, per_class: int | None = None, share: float | None = None, study_seed: int = 0) -> pd.DataFrame:
    return labelled_frame(LABELS, IDS, seeds, study_seed=study_seed, per_class=per_class, share=share)


def labels_of(frame: pd.DataFrame) -> np.ndarray:
    return LABELS[(frame["example_id"].to_numpy() - 3) // 10]


@settings(max_examples=30)
@given(st.integers(1, 7), st.integers(0, 50))
def test_every_class_keeps_as_many_labels_and_no_image_is_drawn_twice(per_class: int, seed: int) -> None:
    frame = drawn(seed, per_class=per_class)
    assert np.bincount(labels_of(frame)).tolist() == [per_class] * 3
    assert frame["example_id"].is_unique
    assert (frame["seed"] == seed).all()


@settings(max_examples=30)
@given(st.floats(0.1, 1))
def test_a_share_is_in_proportion_to_the_classes(share: float) -> None:
    size = round(share * len(LABELS))
    counts = np.bincount(labels_of(drawn(0, share=share)), minlength=3)
    assert counts.tolist() == largest_remainder(np.array(COUNTS), size).tolist()
    assert counts.sum() == size


def test_a_share_by_hand() -> None:
    """A fifth of 12, 7 and 30 images: 2.4, 1.4 and 6 of 9.8, rounded to 10 in all; the largest rest gets the last."""
    assert largest_remainder(np.array([12, 7, 30]), 10).tolist() == [3, 1, 6]


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(0, 20))
def test_fewer_labels_are_some_of_the_more(per_class: int, seed: int) -> None:
    fewer, more = (set(drawn(seed, per_class=count)["example_id"]) for count in (per_class, per_class + 1))
    assert fewer < more


def test_a_seed_has_its_images_whatever_its_block() -> None:
    together = drawn(0, 1, 2, 3, per_class=2)
    assert together["seed"].tolist() == [seed for seed in range(4) for _ in range(6)]
    for seed in range(4):
        of_seed = together[together["seed"] == seed].reset_index(drop=True)
        pd.testing.assert_frame_equal(of_seed, drawn(seed, per_class=2))


def test_seeds_and_studies_differ_and_every_image_is_equally_likely() -> None:
    frame = drawn(*range(300), per_class=3)
    hits = frame["example_id"].value_counts().reindex(IDS, fill_value=0).to_numpy() / 300
    expected = 3 / np.array(COUNTS)[LABELS]
    assert np.abs(hits - expected).max() < 0.13  # the largest standard error is 0.029
    assert not drawn(0, per_class=3)["example_id"].equals(drawn(0, per_class=3, study_seed=1)["example_id"])


def test_one_draw_of_the_study_is_that_of_every_seed() -> None:
    def of_study(*seeds: int, study_seed: int = 0) -> pd.DataFrame:
        return labelled_frame(LABELS, IDS, seeds, study_seed=study_seed, per_class=4, share=None, draw="study")

    frame = of_study(0, 1, 7)
    first, *others = (frame.loc[frame["seed"] == seed, "example_id"].tolist() for seed in (0, 1, 7))
    assert first == others[0] == others[1] and np.bincount(labels_of(of_study(0))).tolist() == [4, 4, 4]
    assert of_study(7)["example_id"].tolist() == first != of_study(7, study_seed=1)["example_id"].tolist()


@pytest.mark.parametrize(
    ("per_class", "share", "message"),
    [
        (None, None, "per_class None and share None given; give exactly one"),
        (2, 0.5, "per_class 2 and share 0.5 given; give exactly one"),
        (8, None, "per_class: 8 given, but class 1 has 7 training images; lower it"),
        (None, 0.05, "share: 0.05 given, which is 2 of 49 training images and leaves 1 of 3 classes without"),
        (None, 0.001, "leaves 3 of 3 classes without a label; raise it"),
    ],
)
def test_what_cannot_be_drawn_is_refused(per_class: int | None, share: float | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        class_quotas(LABELS, per_class=per_class, share=share)


def test_positions_are_those_of_the_images_in_whatever_order_they_stand() -> None:
    frame = drawn(4, 5, per_class=3)
    shuffled = np.random.default_rng(1).permutation(IDS)
    positions = positions_of(frame, 5, shuffled)
    assert (np.diff(positions) > 0).all()
    assert set(shuffled[positions]) == set(frame.loc[frame["seed"] == 5, "example_id"])


@pytest.mark.parametrize(("seed", "ids", "message"), [(9, IDS, "0 of the 0"), (4, IDS[:20], r"\d of the 9")])
def test_a_table_of_other_seeds_or_images_is_refused(seed: int, ids: np.ndarray, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"{message} labelled images of seed {seed}.*draw the labels again"):
        positions_of(drawn(4, per_class=3), seed, ids)


def test_the_script_writes_the_table_of_a_block(tmp_path: Path) -> None:
    names = pd.Categorical.from_codes(LABELS, ["a", "b", "c"])
    frame = pd.DataFrame({"example_id": IDS, "label": LABELS, "class_name": names})
    write_table(tmp_path / "train.parquet", frame, EXAMPLES, {})
    draw_labels.main(tmp_path / "train.parquet", tmp_path / "out.parquet", seeds="2-3", study_seed=7, per_class=4)
    expected = drawn(2, 3, per_class=4, study_seed=7)
    pd.testing.assert_frame_equal(read_table(tmp_path / "out.parquet", LABELLED), expected)
