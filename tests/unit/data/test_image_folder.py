"""Images in folders: ids, resizing and every way in which a folder can be wrong."""

import shutil
import unicodedata

import numpy as np
import pytest
from PIL import Image

from lethe.core.errors import DataError
from lethe.data.decode import decode
from lethe.data.pictures import example_ids
from lethe.data.sets.image_folder import Options, load
from unit.data.published import write_image_folder

SMALL = Options(size=8)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "images"


def test_an_id_is_that_of_its_path_whatever_else_lies_there(root):
    list(write_image_folder(root))
    before = load(SMALL, root, "train")
    assert before.class_names == ("cat", "dog")
    np.testing.assert_array_equal(before.labels, [0, 0, 0, 1, 1, 1])
    assert before.paths == tuple(
        f"train/{name}/{file}" for name in ("cat", "dog") for file in ("0.jpg", "1.png", "2.png")
    )
    shutil.copy(root / "train/cat/0.jpg", root / "train/cat/00.jpg")
    (root / "train/ant").mkdir()
    shutil.copy(root / "train/cat/0.jpg", root / "train/ant/0.jpg")
    shutil.copytree(root / "train/ant", root / "test/ant")
    after = load(SMALL, root, "train")
    assert len(after) == 8
    assert (
        dict(zip(before.paths, before.example_ids, strict=True)).items()
        <= dict(zip(after.paths, after.example_ids, strict=True)).items()
    )


def test_ids_are_the_same_everywhere_and_fit_into_any_number():
    assert example_ids(["train/cat/0.jpg", "test/café/1.png"]).tolist() == [4002400139429593, 7524257817130269]
    ids = example_ids([f"train/cat/{number}.png" for number in range(20_000)])
    assert len(np.unique(ids)) == 20_000 and ids.min() >= 0 and ids.max() < 2**53
    assert np.array_equal(ids, ids.astype(float).astype(np.int64))


@pytest.mark.parametrize("name", ["café", "가", "Å"])
def test_two_forms_of_one_name_are_one_id_and_refused_together(name):
    forms = [f"train/cat/{unicodedata.normalize(form, name)}.png" for form in ("NFC", "NFD")]
    assert example_ids(forms[:1]) == example_ids(forms[1:])
    with pytest.raises(DataError, match="one example_id, because their names are one in Unicode; rename"):
        example_ids(forms)


def test_rows_are_the_files_that_paths_name(root):
    list(write_image_folder(root))
    for split in ("train", "test"):
        found = load(SMALL, root, split)
        for row, path in enumerate(found.paths):
            picture = decode(root / path, size=8, channels=3, ground="white")
            np.testing.assert_array_equal(found.read(np.array([row]))[0], picture.pixels)


def test_val_stands_for_test(root):
    list(write_image_folder(root, test="val"))
    assert len(load(SMALL, root, "test")) == 4


def test_what_was_left_out_and_what_was_done_is_told_without_the_root(root):
    list(write_image_folder(root))
    (root / "train/cat/boxes.txt").write_text("not an image")
    (root / "test/cat/.hidden.png").write_bytes(b"")
    for split, file in (("train", "cat/1.png"), ("test", "dog/0.jpg")):
        Image.new("RGBA", (9, 9)).save(root / split / file, format="PNG")
    train, test = (load(Options(size=8, ground="black"), root, split) for split in ("train", "test"))
    for split in (train, test, train):
        split.read(np.arange(len(split)))
    told = [*train.told(), *test.told()]
    assert len(told) == 4 and str(root) not in " ".join(told)
    assert "hidden; first test/cat/.hidden.png." in told[0] and "(.txt 1); first train/cat/boxes.txt." in told[1]
    done = "have transparency, which was composed on a black ground (dataset.options.ground); first"
    assert told[2:] == [f"1 of 6 training images {done} train/cat/1.png.", f"1 of 4 test images {done} test/dog/0.jpg."]


@pytest.mark.parametrize("place", ["train/cat/thumbs", "train/cat/2024/may", "train/dog/cat"])
def test_images_in_folders_below_a_class_are_told_to_be_of_it(root, place):
    list(write_image_folder(root))
    assert not load(SMALL, root, "train").told()
    (root / place).mkdir(parents=True)
    shutil.copy(root / "train/cat/0.jpg", root / place / "0.jpg")
    (sentence,) = load(SMALL, root, "train").told()
    assert sentence == (
        "1 of 7 training images lie in folders below that of their class and are read as images of it: " + place + " 1."
    )


def test_all_damaged_files_that_are_read_together_are_told_together(root):
    list(write_image_folder(root))
    for name in ("cat/1.png", "cat/2.png", "dog/0.jpg", "dog/1.png"):
        (root / "train" / name).write_bytes(b"<html>404</html>")
    split = load(SMALL, root, "train")
    with pytest.raises(DataError, match=r"cat/1\.png is not .*\(and 3 more: .*cat/2\.png is not .*dog/0\.jpg is not"):
        split.read(np.arange(len(split)))


@pytest.mark.parametrize("shape", [(40, 64), (64, 40), (40, 40), (5, 9)])
def test_shorter_side_is_resized_and_the_centre_kept(tmp_path, shape):
    """As torchvision's Resize and CenterCrop up to rounding of the longer side; a smooth image differs little."""
    from torchvision.transforms import v2

    y, x = np.mgrid[: shape[0], : shape[1]]
    smooth = (127 + 60 * np.sin(3 * x / shape[1]) + 60 * np.cos(2 * y / shape[0])).astype(np.uint8)
    image = Image.fromarray(np.stack([smooth, smooth.max() - smooth, smooth // 2], axis=-1))
    image.save(tmp_path / "image.png")
    expected = v2.CenterCrop(8)(v2.Resize(8)(image))
    given = decode(tmp_path / "image.png", size=8, channels=3, ground="white").pixels
    assert np.abs(given.transpose(1, 2, 0).astype(int) - np.asarray(expected)).max() <= 8


def test_an_image_of_the_right_size_is_stored_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    stored = decode(tmp_path / "image.png", size=8, channels=3, ground="white").pixels
    np.testing.assert_array_equal(stored, pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_becomes_the_asked_channels(tmp_path, mode, channels):
    Image.new(mode, (9, 9)).save(tmp_path / "image.tif")
    image = decode(tmp_path / "image.tif", size=4, channels=channels, ground="white").pixels
    assert image.shape == (channels, 4, 4) and image.dtype == np.uint8


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
