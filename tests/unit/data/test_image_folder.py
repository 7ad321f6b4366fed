"""Images in folders: ids, resizing and every way in which a folder can be wrong."""

import numpy as np
import pytest
from PIL import Image

from lethe.core.errors import DataError
from lethe.data.sets.image_folder import Options, load, read_image
from unit.data.published import write_image_folder

SMALL = Options(size=8)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "images"


def test_ids_follow_sorted_paths_train_before_test(root):
    list(write_image_folder(root))
    train, test = load(SMALL, root, "train"), load(SMALL, root, "test")
    assert train.class_names == ("cat", "dog")
    np.testing.assert_array_equal(train.example_ids, np.arange(6))
    np.testing.assert_array_equal(train.labels, [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(test.example_ids, 6 + np.arange(4))
    for row, path in enumerate(("cat/0.jpg", "cat/1.png", "cat/2.png", "dog/0.jpg")):
        np.testing.assert_array_equal(train.read(np.array([row]))[0], read_image(root / "train" / path, SMALL))


def test_val_stands_for_test(root):
    list(write_image_folder(root, test="val"))
    assert len(load(SMALL, root, "test")) == 4


def test_sub_folders_count_and_hidden_or_other_files_do_not(root):
    list(write_image_folder(root))
    (root / "train/cat/more").mkdir()
    (root / "train/cat/0.jpg").rename(root / "train/cat/more/0.JPG")
    (root / "train/cat/boxes.txt").write_text("not an image")
    (root / "train/cat/.hidden.png").write_bytes(b"")
    (root / "train/.cache").mkdir()
    assert len(load(SMALL, root, "train")) == 6


@pytest.mark.parametrize("shape", [(40, 64), (64, 40), (40, 40), (5, 9)])
def test_shorter_side_is_resized_and_the_centre_kept(tmp_path, shape):
    """As torchvision's Resize and CenterCrop up to rounding of the longer side; a smooth image differs little."""
    from torchvision.transforms import v2

    y, x = np.mgrid[: shape[0], : shape[1]]
    smooth = (127 + 60 * np.sin(3 * x / shape[1]) + 60 * np.cos(2 * y / shape[0])).astype(np.uint8)
    image = Image.fromarray(np.stack([smooth, smooth.max() - smooth, smooth // 2], axis=-1))
    image.save(tmp_path / "image.png")
    expected = v2.CenterCrop(8)(v2.Resize(8)(image))
    given = read_image(tmp_path / "image.png", SMALL)
    assert np.abs(given.transpose(1, 2, 0).astype(int) - np.asarray(expected)).max() <= 8


def test_an_image_of_the_right_size_is_stored_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    np.testing.assert_array_equal(read_image(tmp_path / "image.png", SMALL), pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_becomes_the_asked_channels(tmp_path, mode, channels):
    Image.new(mode, (9, 9)).save(tmp_path / "image.tif")
    image = read_image(tmp_path / "image.tif", Options(size=4, channels=channels))
    assert image.shape == (channels, 4, 4) and image.dtype == np.uint8


@pytest.mark.parametrize("mode", ["I;16", "F"])
def test_deep_images_are_refused(tmp_path, mode):
    Image.new(mode, (9, 9)).save(tmp_path / "deep.tif")
    with pytest.raises(DataError, match=r"deep.tif has mode .* convert it"):
        read_image(tmp_path / "deep.tif", SMALL)


def test_without_root_the_key_is_named():
    with pytest.raises(DataError, match=r"dataset\.root is missing"):
        load(SMALL, None, "train")


def test_classes_must_be_the_same(root):
    list(write_image_folder(root))
    (root / "test/dog").rename(root / "test/wolf")
    with pytest.raises(DataError, match="dog, wolf"):
        load(SMALL, root, "train")


def test_empty_class_empty_split_and_no_folder(root):
    with pytest.raises(DataError, match="train is not a folder"):
        load(SMALL, root, "train")
    for split in ("train", "test"):
        (root / split).mkdir(parents=True)
    with pytest.raises(DataError, match="train holds no folder"):
        load(SMALL, root, "train")
    (root / "train/cat").mkdir()
    with pytest.raises(DataError, match=r"train/cat holds no image"):
        load(SMALL, root, "train")
