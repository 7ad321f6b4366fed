"""Preparing and opening a data set: whole files, mapped images, checks on both sides."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import prepare_data
from lethe.core import cli
from lethe.core.errors import ConfigError, DataError
from lethe.data import store
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.data.sets import toy
from lethe.data.spec import Split
from lethe.data.store import open_split
from lethe.store import schema
from lethe.store.tables import read_record, read_table

TOY = Source("toy", '{"train": 20, "test": 8}', None, None, 0)


def _files(folder, split):
    return SplitFiles(folder / f"{split}.npy", folder / f"{split}.parquet")


def _prepare(source, folder):
    prepare(source, _files(folder, "train"), _files(folder, "test"))
    train = _files(folder, "train")
    return open_split(train.images, train.examples)


def test_record_says_what_decided_the_content(tmp_path):
    train = _prepare(TOY, tmp_path)
    assert train.record["dataset"] == "toy" and train.record["options"] == {"train": 20, "test": 8}
    assert train.views == ("crop",) and train.channels == 1 and len(train) == 20
    assert train.class_names == ("bar0", "bar60", "bar120")
    assert train.record["packages"]["numpy"] == np.__version__


def test_examples_table_names_the_class_of_every_label(tmp_path):
    train = _prepare(TOY, tmp_path)
    table = read_table(tmp_path / "train.parquet", schema.EXAMPLES)
    assert table["class_name"].tolist() == [train.class_names[label] for label in train.labels]
    assert table["class_name"].cat.categories.tolist() == list(train.class_names)


def test_images_are_mapped_and_writing_to_them_leaves_the_file(tmp_path):
    train = _prepare(TOY, tmp_path)
    assert isinstance(train.images, np.memmap)
    train.images[0] = 0
    assert open_split(tmp_path / "train.npy", tmp_path / "train.parquet").images[0].any()


def test_chunks_do_not_show(tmp_path, monkeypatch):
    _prepare(TOY, tmp_path / "one")
    monkeypatch.setattr(store, "_CHUNK_BYTES", 3 * 64 + 1)
    _prepare(TOY, tmp_path / "two")
    for file in ("train.npy", "train.parquet", "test.npy", "test.parquet"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    open_split(tmp_path / "two/train.npy", tmp_path / "two/train.parquet")


def test_numpy_reads_the_file(tmp_path):
    _prepare(TOY, tmp_path)
    split = toy.load(toy.Options(train=20, test=8), None, "train")
    np.testing.assert_array_equal(np.load(tmp_path / "train.npy"), split.read(np.arange(20)))


def test_train_size_keeps_ids_and_the_test_split(tmp_path):
    full = _prepare(TOY, tmp_path / "full")
    part = _prepare(Source("toy", TOY.options, None, 9, 0), tmp_path / "part")
    np.testing.assert_array_equal(np.bincount(part.labels), [3, 3, 3])
    rows = np.searchsorted(full.example_ids, part.example_ids)
    np.testing.assert_array_equal(full.example_ids[rows], part.example_ids)
    np.testing.assert_array_equal(full.images[rows], part.images)
    assert (tmp_path / "full/test.npy").read_bytes() == (tmp_path / "part/test.npy").read_bytes()
    other = _prepare(Source("toy", TOY.options, None, 9, 1), tmp_path / "other")
    assert other.example_ids.tolist() != part.example_ids.tolist()


def test_images_set_aside_are_a_split_like_any_other(tmp_path):
    validation = _files(tmp_path, "validation")
    source = Source("toy", TOY.options, None, None, 0, validation_size=6)
    prepare(source, _files(tmp_path, "train"), _files(tmp_path, "test"), validation=validation)
    train, aside = (
        open_split(tmp_path / f"{name}.npy", tmp_path / f"{name}.parquet") for name in ("train", "validation")
    )
    assert (len(train), len(aside)) == (14, 6) and np.bincount(aside.labels).tolist() == [2, 2, 2]
    assert not set(train.example_ids) & set(aside.example_ids)
    assert aside.record["validation_size"] == 6 and aside.record["split"] == "validation"
    whole = toy.load(toy.Options(train=20, test=8), None, "train")
    rows = np.searchsorted(whole.example_ids, aside.example_ids)
    np.testing.assert_array_equal(aside.images, whole.read(rows))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Source("toys", "{}", None, None, 0), "did you mean 'toy'"),
        (Source("toy", '{"size": 1}', None, None, 0), "dataset.options.size"),
        (Source("toy", '{"sise": 8}', None, None, 0), "did you mean 'size'"),
        (Source("toy", "{", None, None, 0), "dataset.options"),
        (Source("toy", TOY.options, None, 21, 0), "train_size: 21"),
        (Source("toy", TOY.options, None, 15, 0, 6), "validation_size: 6"),
    ],
)
def test_wrong_configs(tmp_path, source, message):
    with pytest.raises(ConfigError, match=message):
        _prepare(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("when", [0, 1, 12])
@pytest.mark.parametrize("failing", ["train", "test"])
def test_failure_while_writing_leaves_old_files_and_no_new_ones(tmp_path, monkeypatch, failing, when):
    """Images are read on demand, so a corrupt one may be met at any moment of the writing."""
    monkeypatch.setattr(store, "_CHUNK_BYTES", 64)
    before = {path.name: path.read_bytes() for path in _written(tmp_path)}
    load = toy.load

    def load_corrupt(options, root, split):
        whole = load(options, root, split)
        reads = []

        def read(chosen):
            reads.append(chosen)
            if split == failing and len(reads) > 2 + when % len(whole.labels) // 2:
                raise DataError("image.png is not a readable image")
            return whole.read(chosen)

        return Split(whole.labels, whole.example_ids, whole.class_names, read)

    monkeypatch.setattr("lethe.data.sets.toy.SPEC", type(toy.SPEC)(**{**vars(toy.SPEC), "load": load_corrupt}))
    for folder in (tmp_path, tmp_path / "fresh"):
        with pytest.raises(DataError, match=r"image.png"):
            _prepare(TOY, folder)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert not list((tmp_path / "fresh").iterdir())


def _written(folder):
    _prepare(TOY, folder)
    return list(folder.iterdir())


def _with(**changes):
    """A toy data set whose test split breaks one promise."""

    def load(options, root, split):
        whole = toy.load(options, root, split)
        fields = {"labels": whole.labels, "example_ids": whole.example_ids, "class_names": whole.class_names}
        broken = {**fields, "read": whole.read, **(changes if split == "test" else {})}
        return Split(**broken)

    return type(toy.SPEC)(**{**vars(toy.SPEC), "load": load})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_names": ("a", "b", "c")}, "class names differ"),
        ({"example_ids": np.arange(8)}, "example_id repeats"),
        ({"labels": np.full(8, 3)}, "labels outside"),
        ({"labels": np.zeros(0, np.int64), "example_ids": np.zeros(0, np.int64)}, "test split is empty"),
        ({"read": lambda chosen: np.zeros((len(chosen), 1, 4, 4), np.uint8)}, "both need one shape"),
    ],
)
def test_a_data_set_that_breaks_its_promise_is_refused(tmp_path, monkeypatch, changes, message):
    monkeypatch.setattr("lethe.data.sets.toy.SPEC", _with(**changes))
    with pytest.raises(DataError, match=message):
        _prepare(TOY, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "other length", "text"])
def test_images_that_do_not_belong_to_the_table(tmp_path, damage):
    _prepare(TOY, tmp_path)
    images = tmp_path / "train.npy"
    content = images.read_bytes()
    if damage == "missing":
        images.unlink()
    elif damage == "other length":
        images.write_bytes((tmp_path / "test.npy").read_bytes())
    else:
        images.write_bytes({"empty": b"", "truncated": content[:-1], "text": b"not an array" * 20}[damage])
    with pytest.raises(DataError, match=r"train.npy.* run again"):
        open_split(images, tmp_path / "train.parquet")


def test_one_changed_pixel_is_found(tmp_path):
    _prepare(TOY, tmp_path)
    images = tmp_path / "train.npy"
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    images.write_bytes(content)
    with pytest.raises(DataError, match=r"train\.npy is damaged: its content is not what was written"):
        open_split(images, tmp_path / "train.parquet")


def _arguments(folder):
    return [str(folder / f"{split}.{kind}") for split in ("train", "test") for kind in ("npy", "parquet")]


def test_entry_script(tmp_path, monkeypatch):
    arguments = [*_arguments(tmp_path), "--name", "toy", "--options", TOY.options, "--train-size", "6", "--root", ""]
    monkeypatch.setattr(sys, "argv", ["prepare_data.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.run(prepare_data.main)
    assert ended.value.code == 0
    assert len(open_split(tmp_path / "train.npy", tmp_path / "train.parquet")) == 6
    assert read_record(tmp_path / "test.parquet")["split"] == "test"


def test_what_a_person_should_know_is_printed_and_recorded(tmp_path, monkeypatch, capsys):
    options = '{"train": 20, "test": 8, "noise": 0}'  # bars without noise are all alike
    monkeypatch.setattr(sys, "argv", ["prepare_data.py", *_arguments(tmp_path), "--name", "toy", "--options", options])
    with pytest.raises(SystemExit) as ended:
        cli.run(prepare_data.main)
    assert ended.value.code == 0
    told = [
        "The 20 training images are only 3 different ones; all others repeat them.",
        "The 8 test images are only 3 different ones; all others repeat them.",
        "8 of 8 test images are also training images, pixel for pixel, where accuracy is memory; first example_id 20 "
        "and example_id 2.",
    ]
    assert capsys.readouterr().err.splitlines()[:2] == [f"warning: {sentence}" for sentence in told[:2]]
    for split in ("train", "test"):
        assert read_record(tmp_path / f"{split}.parquet")["told"][:2] == told[:2]


def test_entry_script_shows_an_error_as_one_message(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["prepare_data.py", *_arguments(tmp_path), "--name", "digitz"])
    with pytest.raises(SystemExit) as ended:
        cli.run(prepare_data.main)
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("error: unknown data set 'digitz'; known: ")


@pytest.mark.slow
def test_reading_the_store_does_not_import_torch():
    scripts = Path(prepare_data.__file__).parent
    check = "import sys; import lethe.data.store, lethe.data.prepare; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=scripts, check=False).returncode == 0
