"""CIFAR and SVHN through torchvision: pixels in their places, nothing unpickled unverified."""

import pickle

import numpy as np
import pytest

from lethe.core.errors import DataError
from lethe.core.options import NoOptions
from lethe.data.sets import cifar10, cifar100, svhn
from unit.data.published import TEST, publish


@pytest.mark.parametrize(("module", "first"), [(cifar10, 50_000), (cifar100, 50_000), (svhn, 73_257)])
def test_test_ids_follow_the_published_training_split(module, first, tmp_path, monkeypatch):
    publish(module.SPEC.name, tmp_path, monkeypatch)
    split = module.load(NoOptions(), tmp_path, "test")
    np.testing.assert_array_equal(split.example_ids, first + np.arange(TEST))
    assert module.load(NoOptions(), tmp_path, "train").example_ids[0] == 0


def test_cifar_pixels_are_rows_of_red_green_blue(tmp_path, monkeypatch):
    publish("cifar10", tmp_path, monkeypatch)
    with (tmp_path / "cifar-10-batches-py/data_batch_2").open("rb") as file:
        flat = pickle.load(file, encoding="latin1")["data"]
    train = cifar10.load(NoOptions(), tmp_path, "train")
    np.testing.assert_array_equal(train.read(np.array([TEST + 3]))[0], flat[3].reshape(3, 32, 32))
    assert train.class_names == tuple(f"class {label}" for label in range(10))


def test_svhn_digits_are_their_labels(tmp_path, monkeypatch):
    from scipy.io import loadmat

    publish("svhn", tmp_path, monkeypatch)
    test, published = svhn.load(NoOptions(), tmp_path, "test"), loadmat(tmp_path / "test_32x32.mat")
    np.testing.assert_array_equal(test.labels, published["y"][:, 0] % 10)
    np.testing.assert_array_equal(test.read(np.array([4]))[0], published["X"][..., 4].transpose(2, 0, 1))


@pytest.mark.parametrize("module", [cifar10, cifar100])
def test_a_foreign_pickle_is_never_loaded(module, tmp_path, monkeypatch):
    files = publish(module.SPEC.name, tmp_path, monkeypatch).files

    class Touch:
        def __reduce__(self):
            return (open, (str(tmp_path / "was_run"), "w"))

    for path in files:
        intact = path.read_bytes()
        path.write_bytes(pickle.dumps(Touch()))
        for split in ("train", "test"):
            with pytest.raises(DataError, match=path.name):
                module.load(NoOptions(), tmp_path, split)
        path.write_bytes(intact)
    assert not (tmp_path / "was_run").exists()


def test_missing_files_are_listed_and_a_read_only_root_is_enough(tmp_path, monkeypatch):
    publish("svhn", tmp_path / "full", monkeypatch)
    (tmp_path / "full/test_32x32.mat").unlink()
    tmp_path.joinpath("full").chmod(0o555)
    assert len(svhn.load(NoOptions(), tmp_path / "full", "train")) > 0
    assert not list((tmp_path / "full").glob(".*"))
    tmp_path.joinpath("full").chmod(0o755)
    with pytest.raises(DataError, match=r"svhn: missing .*full/test_32x32.mat; .*no network.*dataset.root"):
        svhn.load(NoOptions(), tmp_path / "full", "test")
