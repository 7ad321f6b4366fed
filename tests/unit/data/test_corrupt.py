"""A corrupted copy of a split is stored like the split: same rows, other pixels, a record that says from what."""

from pathlib import Path

import numpy as np
import pytest

from lethe.core.errors import DataError
from lethe.core.splits import Corrupted
from lethe.data import corrupt as module
from lethe.data.corrupt import corrupt_images, corrupt_split
from lethe.data.prepare import SplitFiles
from lethe.data.store import Stored, open_split
from lethe.store.schema import EXAMPLES
from lethe.store.tables import read_table
from support.small import toy_data

FOG = Corrupted("fog", 3)


def files(folder: Path, name: str) -> SplitFiles:
    return SplitFiles(folder / f"{name}.npy", folder / f"{name}.parquet")


@pytest.fixture
def clean(tmp_path: Path) -> Stored:
    return toy_data(tmp_path, train=12, test=30)[1]


def copied(folder: Path, asked: Corrupted = FOG, name: str = "copy", seed: int = 0) -> Stored:
    corrupt_split(files(folder, "test"), files(folder, name), asked, study_seed=seed)
    return open_split(folder / f"{name}.npy", folder / f"{name}.parquet")


def test_the_copy_opens_like_the_split(tmp_path: Path, clean: Stored) -> None:
    copy = copied(tmp_path)
    np.testing.assert_array_equal(copy.example_ids, clean.example_ids)
    np.testing.assert_array_equal(copy.labels, clean.labels)
    assert copy.class_names == clean.class_names and copy.views == clean.views
    assert read_table(tmp_path / "copy.parquet", EXAMPLES).equals(read_table(tmp_path / "test.parquet", EXAMPLES))
    expected = corrupt_images(clean.images[:], clean.example_ids, FOG, study_seed=0)
    np.testing.assert_array_equal(copy.images, expected)
    assert (copy.images != clean.images).any()


def test_the_record_says_what_it_was_made_from(tmp_path: Path, clean: Stored) -> None:
    record = copied(tmp_path, seed=4).record
    assert record["source_sha256"] == clean.record["sha256"] != record["sha256"]
    assert (record["split"], record["corruption"], record["severity"]) == ("test@fog-3", "fog", 3)
    assert record["study_seed"] == 4 and record["dataset"] == "toy" and "pillow" in record["packages"]


def test_equal_jobs_give_equal_bytes_however_many_images_are_made_together(
    tmp_path: Path, clean: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(tmp_path, name="one")
    monkeypatch.setattr(module, "_TOGETHER", 7)
    copied(tmp_path, name="two")
    for end in (".npy", ".parquet"):
        assert (tmp_path / f"one{end}").read_bytes() == (tmp_path / f"two{end}").read_bytes()


def test_clean_images_that_changed_are_refused_and_nothing_is_written(tmp_path: Path, clean: Stored) -> None:
    pixels = np.load(tmp_path / "test.npy")
    np.save(tmp_path / "test.npy", 255 - pixels)
    with pytest.raises(DataError, match="not what was written"):
        copied(tmp_path)
    assert not list(tmp_path.glob("*copy*"))


def test_colours_are_needed_where_a_corruption_changes_them(tmp_path: Path, clean: Stored) -> None:
    with pytest.raises(DataError, match=r"test@saturate-2: 'saturate' changes colours, but the images are grey"):
        copied(tmp_path, Corrupted("saturate", 2))
