"""What every data set promises; one that needs files gets small ones in its published format."""

import json
import shutil

import numpy as np
import pytest
from pydantic import ValidationError

from lethe.core import registry
from lethe.core.errors import DataError
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.data.spec import Counts
from lethe.data.store import open_split
from unit.data.published import publish

NAMES = registry.names(registry.SETS)
WITH_FILES = ("celeba", "cifar10", "cifar100", "fashion_mnist", "image_folder", "imagenet", "kmnist", "mnist", "svhn")


@pytest.fixture
def published(request, tmp_path, monkeypatch):
    return publish(request.param, tmp_path / "source", monkeypatch)


def _load(name, published, split):
    spec = registry.load(registry.SETS, name)
    return spec.load(spec.Options(**published.options), published.root, split)


def _prepare(name, published, folder):
    train = SplitFiles(folder / "train.npy", folder / "train.parquet")
    test = SplitFiles(folder / "test.npy", folder / "test.parquet")
    prepare(Source(name, json.dumps(published.options), published.root, None, 0), train, test)


over_all = pytest.mark.parametrize(("name", "published"), [(name, name) for name in NAMES], indirect=["published"])
over_files = pytest.mark.parametrize(
    ("name", "published"), [(name, name) for name in WITH_FILES], indirect=["published"]
)


@pytest.mark.parametrize("name", NAMES)
def test_literals_can_be_read_without_importing(name):
    spec = registry.load(registry.SETS, name)
    for field in ("name", "summary", "source", "views"):
        assert registry.literal(registry.SETS, name, field) == getattr(spec, field)
        assert getattr(spec, field)
    assert spec.name == name
    assert set(spec.views) <= {
        view for view in registry.names(registry.VIEWS) if registry.literal(registry.VIEWS, view, "asks")
    }
    assert registry.literal(registry.SETS, name, "channels") == spec.channels


@pytest.mark.parametrize("name", NAMES)
def test_unknown_option_is_refused(name):
    with pytest.raises(ValidationError, match="no_such_option"):
        registry.load(registry.SETS, name).Options.model_validate({"no_such_option": 1})


@over_all
def test_splits_hold_what_the_contract_says(name, published):
    train, test = _load(name, published, "train"), _load(name, published, "test")
    assert train.class_names == test.class_names
    for split in (train, test):
        count = len(split)
        assert split.labels.dtype == split.example_ids.dtype == np.int64
        assert split.labels.shape == split.example_ids.shape == (count,)
        assert split.labels.min() >= 0 and split.labels.max() < len(split.class_names)
        images = split.read(np.arange(count))
        assert images.dtype == np.uint8 and images.ndim == 4 and len(images) == count
        options = registry.load(registry.SETS, name).Options(**published.options)
        assert images.shape[1] == (registry.load(registry.SETS, name).channels or options.channels)
    ids = np.concatenate([train.example_ids, test.example_ids])
    assert len(np.unique(ids)) == len(ids)


@pytest.mark.parametrize(
    ("name", "published"),
    # Files of the others are smaller here than those that were published, whose numbers stand in their files.
    [(name, name) for name in NAMES if name not in WITH_FILES or name == "image_folder"],
    indirect=["published"],
)
def test_as_many_images_are_counted_as_are_loaded(name, published):
    train, test = _load(name, published, "train"), _load(name, published, "test")
    spec = registry.load(registry.SETS, name)
    counted = spec.count(spec.Options(**published.options), published.root)
    assert counted in (None, Counts(tuple(np.bincount(train.labels).tolist()), len(test)))  # none: nobody knows


@over_all
def test_ids_and_images_are_stable(name, published):
    first, second = _load(name, published, "train"), _load(name, published, "train")
    np.testing.assert_array_equal(first.example_ids, second.example_ids)
    np.testing.assert_array_equal(first.labels, second.labels)
    rows = np.arange(len(first))
    np.testing.assert_array_equal(first.read(rows), second.read(rows))
    # An image does not depend on which others are read with it.
    np.testing.assert_array_equal(first.read(rows[::-5]), first.read(rows)[::-5])


@pytest.mark.slow
@over_all
def test_prepared_twice_is_byte_equal_and_equals_the_split(name, published, tmp_path):
    for folder in ("one", "two"):
        _prepare(name, published, tmp_path / folder)
    for split in ("train", "test"):
        images, examples = tmp_path / f"one/{split}.npy", tmp_path / f"one/{split}.parquet"
        assert images.read_bytes() == (tmp_path / f"two/{split}.npy").read_bytes()
        assert examples.read_bytes() == (tmp_path / f"two/{split}.parquet").read_bytes()
        assert str(tmp_path).encode() not in examples.read_bytes()
        stored, loaded = open_split(images, examples), _load(name, published, split)
        np.testing.assert_array_equal(stored.images, loaded.read(np.arange(len(loaded))))
        np.testing.assert_array_equal(stored.example_ids, loaded.example_ids)
        np.testing.assert_array_equal(stored.labels, loaded.labels)
        assert stored.class_names == loaded.class_names


@over_all
def test_paths_name_each_image_once_and_what_is_told_names_no_root(name, published):
    splits = [_load(name, published, split) for split in ("train", "test")]
    paths = [path for split in splits for path in split.paths]
    assert len(paths) in (0, sum(map(len, splits))) and len(set(paths)) == len(paths)
    assert all((published.root / path).is_file() for path in paths)
    for split in splits:
        split.read(np.arange(len(split)))
        assert all(sentence.endswith(".") and str(published.root) not in sentence for sentence in split.told())


@pytest.mark.slow
@over_files
def test_root_may_be_anywhere(name, published, tmp_path):
    _prepare(name, published, tmp_path / "one")
    moved = type(published)(published.options, tmp_path / "else" / "where")
    shutil.copytree(published.root, moved.root)
    _prepare(name, moved, tmp_path / "two")
    for file in ("train.npy", "train.parquet", "test.npy", "test.parquet"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.slow
@over_files
@pytest.mark.parametrize("damage", ["truncated", "empty", "noise"])
def test_a_damaged_file_is_named_with_the_way_out_and_nothing_is_written(name, published, damage, tmp_path):
    for path in published.files:
        intact = path.read_bytes()
        noise = np.random.default_rng(3).bytes(len(intact))
        path.write_bytes({"truncated": intact[: len(intact) // 2], "empty": b"", "noise": noise}[damage])
        with pytest.raises(DataError) as error:
            _prepare(name, published, tmp_path / "out")
        assert str(path) in str(error.value)
        assert any(way in str(error.value) for way in ("dataset.root", "replace or remove"))
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
        path.write_bytes(intact)
    _prepare(name, published, tmp_path / "out")


@over_files
def test_missing_files_are_named_with_the_way_out(name, published, tmp_path):
    for path in published.files:
        path.unlink()
    with pytest.raises(DataError) as error:
        _prepare(name, published, tmp_path / "out")
    assert str(published.root) in str(error.value)
    assert "dataset.root" in str(error.value) or "known suffixes" in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITH_FILES)))
def test_a_root_that_would_be_ignored_is_refused(name, tmp_path):
    spec = registry.load(registry.SETS, name)
    with pytest.raises(DataError, match="remove the key"):
        spec.load(spec.Options(), tmp_path, "train")
