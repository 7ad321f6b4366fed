"""Parts of the training images: their size, their classes, and what is always in them."""

import numpy as np
import pandas as pd
import pytest

from lethe.core.errors import ConfigError
from lethe.data.parts import parts_frame
from support.near import assert_near

LABELS, IDS = np.repeat(np.arange(3), [40, 20, 10]), np.arange(1000, 1070)


def drawn(seeds: tuple[int, ...], **changes: object) -> pd.DataFrame:
    return parts_frame(LABELS, IDS, seeds, **{"share": 0.7, "study_seed": 0, **changes})


def test_every_seed_has_its_own_part_with_classes_in_proportion() -> None:
    frame = drawn((0, 1, 2))
    for _, rows in frame.groupby("seed"):
        labels = LABELS[np.searchsorted(IDS, rows["example_id"])]
        assert len(rows) == 49 and np.bincount(labels).tolist() == [28, 14, 7]
    parts = [set(rows["example_id"]) for _, rows in frame.groupby("seed")]
    assert parts[0] != parts[1] != parts[2]


def test_a_seed_has_the_same_part_in_any_block_and_an_image_is_in_about_as_many_as_the_share() -> None:
    alone, among = drawn((3,)), drawn((2, 3))
    assert alone["example_id"].tolist() == among.loc[among["seed"] == 3, "example_id"].tolist()
    often = drawn(tuple(range(300)))["example_id"].value_counts().reindex(IDS, fill_value=0) / 300
    assert_near(often.mean(), 0.7)
    assert often.min() > 0.55 and often.max() < 0.85


def test_labelled_images_are_always_in_the_part() -> None:
    labelled = pd.DataFrame({"seed": [0, 0, 0, 1], "example_id": [1000, 1041, 1069, 1001]})
    frame = drawn((0, 1), labelled=labelled)
    for seed, rows in frame.groupby("seed"):
        assert set(labelled.loc[labelled["seed"] == seed, "example_id"]) <= set(rows["example_id"])
        assert len(rows) == 49


def test_a_part_without_a_class_or_a_labelled_image_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"seeds.share: 0.03 of 70 training images: .* classes without an image"):
        drawn((0,), share=0.03)
    labelled = pd.DataFrame({"seed": 0, "example_id": IDS[:40]})
    with pytest.raises(ConfigError, match=r"seeds.share: 0.2 of 70 .* leaves out"):
        drawn((0,), share=0.2, labelled=labelled)
