"""Where MNIST and its successors are found, how they are verified, and the real Fashion-MNIST."""

import gzip
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lethe.core.errors import DataError
from lethe.data.idx_sets import Options, load_idx
from lethe.data.sets import fashion_mnist, kmnist, mnist
from unit.data.published import TEST, TRAIN, idx_bytes, publish, write_idx_set

OWN = Options(verify=False)
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """No network, no installed package, and `data` is a new folder."""
    publish("mnist", tmp_path / "unused", monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("layout", ["given", "given/MNIST/raw"])
def test_folder_itself_and_torchvisions_layout(offline, packed, layout):
    write_idx_set(offline / layout, packed=packed)
    split = mnist.load(OWN, offline / "given", "train")
    assert len(split) == TRAIN
    np.testing.assert_array_equal(split.example_ids, np.arange(TRAIN))
    np.testing.assert_array_equal(split.labels, np.arange(TRAIN) % 10)


def test_without_root_the_folder_data_is_used(offline):
    write_idx_set(offline / "data/MNIST/raw")
    split = mnist.load(OWN, None, "test")
    np.testing.assert_array_equal(split.example_ids, 60_000 + np.arange(TEST))


def test_installed_package_comes_after_root(offline):
    source = replace(mnist._SET, installed=(offline / "installed",))
    write_idx_set(offline / "installed")
    assert len(load_idx(source, OWN, offline / "empty", "train")) == TRAIN
    (offline / "root").mkdir()
    for path in (offline / "installed").iterdir():
        array = np.zeros((3, 28, 28), np.uint8) if "images" in path.name else np.zeros(3, np.uint8)
        (offline / "root" / path.name).write_bytes(gzip.compress(idx_bytes(array)))
    assert len(load_idx(source, OWN, offline / "root", "train")) == 3


def test_every_place_and_missing_file_is_named(offline):
    write_idx_set(offline / "root")
    (offline / "root/t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError) as error:
        mnist.load(OWN, offline / "root", "train")
    message = str(error.value)
    assert "root lacks t10k-labels-idx1-ubyte;" in message
    assert "MNIST/raw lacks train-images" in message
    assert "tests have no network" in message and "dataset.root" in message


def test_download_through_torchvision(offline, monkeypatch):
    """torchvision fetches from a folder that plays the mirror; its md5 check and its layout are the real ones."""
    from torchvision import datasets

    write_idx_set(offline / "mirror")
    files = sorted((offline / "mirror").iterdir())
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["mirror/"])
    listed = [(file.name, hashlib.md5(file.read_bytes()).hexdigest()) for file in files]
    monkeypatch.setattr(datasets.MNIST, "resources", listed)

    def copy(url, root, filename, md5):
        (Path(root) / filename).write_bytes((offline / url).read_bytes())

    monkeypatch.setattr("torchvision.datasets.utils.download_url", copy)
    assert len(mnist.load(OWN, offline / "new", "test")) == TEST
    assert (offline / "new/MNIST/raw/t10k-images-idx3-ubyte.gz").is_file()


@pytest.mark.parametrize("module", [mnist, kmnist])
def test_checksums_and_names_are_torchvisions(module):
    from torchvision import datasets

    published = getattr(datasets, module._SET.torchvision)
    assert dict(published.resources) == dict(module._SET.md5)
    assert [name.split(" - ")[0] for name in published.classes] == list(module._SET.class_names)


def test_fashion_class_names_are_torchvisions():
    from torchvision.datasets import FashionMNIST

    assert tuple(FashionMNIST.classes) == fashion_mnist._SET.class_names


def test_other_bytes_than_published_are_refused(offline):
    write_idx_set(offline / "root")
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz: has md5"):
        mnist.load(Options(), offline / "root", "train")
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte.gz: content differs"):
        fashion_mnist.load(Options(), offline / "root", "test")


def test_decompressed_mnist_has_no_checksum_but_a_published_length(offline):
    write_idx_set(offline / "root", packed=False)
    with pytest.raises(DataError, match=f"{TRAIN} examples, mnist has 60000"):
        mnist.load(Options(), offline / "root", "train")


@pytest.mark.parametrize("labels", [np.full(TRAIN, 10), np.zeros(TRAIN - 1), np.zeros(0)])
def test_labels_that_fit_neither_classes_nor_images(offline, labels):
    write_idx_set(offline / "root", packed=False)
    path = offline / "root/train-labels-idx1-ubyte"
    path.write_bytes(idx_bytes(labels.astype(np.uint8)))
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        mnist.load(OWN, offline / "root", "train")


needs_debian = pytest.mark.skipif(
    not DEBIAN.exists() and not os.environ.get("CI"), reason="Debian's dataset-fashion-mnist is not installed"
)


@needs_debian
def test_real_fashion_mnist(tmp_path):
    """Known facts: ten equal classes, the first test labels."""
    test = fashion_mnist.load(Options(), tmp_path, "test")
    assert len(test) == 10_000
    np.testing.assert_array_equal(np.bincount(test.labels), [1_000] * 10)
    np.testing.assert_array_equal(test.labels[:10], [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
    np.testing.assert_array_equal(test.example_ids, 60_000 + np.arange(10_000))


@needs_debian
@pytest.mark.slow
def test_pixels_of_the_real_fashion_mnist_have_the_published_statistics():
    train = fashion_mnist.load(Options(), None, "train")
    np.testing.assert_array_equal(np.bincount(train.labels), [6_000] * 10)
    pixels = train.read(np.arange(60_000))
    assert pixels.shape == (60_000, 1, 28, 28)
    assert pixels.mean() / 255 == pytest.approx(0.2860, abs=5e-5)
    assert pixels.std() / 255 == pytest.approx(0.3530, abs=5e-5)


@needs_debian
def test_real_fashion_mnist_with_one_changed_pixel(tmp_path):
    for path in DEBIAN.iterdir():
        (tmp_path / path.name).symlink_to(path)
    changed = tmp_path / "t10k-images-idx3-ubyte.gz"
    content = bytearray(gzip.decompress(changed.read_bytes()))
    content[-1] ^= 1
    changed.unlink()
    changed.write_bytes(gzip.compress(content, 1))
    with pytest.raises(DataError, match="content differs from the published"):
        fashion_mnist.load(Options(), tmp_path, "test")
