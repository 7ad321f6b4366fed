"""CelebA and ImageNet, read from small files in their real form, and what is told of files that are not as they
should be."""

from pathlib import Path

import numpy as np
import pytest

from lethe.core.errors import DataError
from lethe.data.sets import celeba, imagenet
from unit.data.published import CELEBA_NAMES, write_celeba, write_imagenet


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    list(write_celeba(tmp_path))
    return tmp_path


def test_faces_have_their_official_split_one_label_and_all_attributes(faces: Path) -> None:
    train, test = (celeba.load(celeba.Options(size=8), faces, split) for split in ("train", "test"))
    assert train.example_ids.tolist() == [1, 2, 3, 4, 5, 6] and test.example_ids.tolist() == [9, 10, 11, 12]
    assert train.class_names == ("not Blond_Hair", "Blond_Hair") and train.labels.tolist() == [1, 0] * 3
    assert set(train.attributes) == set(CELEBA_NAMES)
    assert list(train.attributes["Blond_Hair"]) == ["yes", "no"] * 3
    lines = (faces / "list_attr_celeba.txt").read_text().splitlines()[2:]
    expected = ["yes" if line.split()[3] == "1" else "no" for line in lines[8:]]
    assert list(test.attributes["Male"]) == expected
    assert test.paths[0] == "img_align_celeba/000009.jpg" and test.read(np.array([0, 3])).shape == (2, 3, 8, 8)


def test_another_attribute_may_be_the_label_and_files_may_lie_in_a_folder_celeba(faces: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    (outer / "celeba").symlink_to(faces)
    split = celeba.load(celeba.Options(size=8, label="Male"), outer, "train")
    assert split.class_names[1] == "Male" and (split.labels == (split.attributes["Male"] == "yes")).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "list_eval_partition.txt").unlink(), "list_eval_partition.txt is missing"),
        (
            lambda root: _append(root / "list_attr_celeba.txt", "000013.jpg 1 -1\n"),
            "line 15: expected a file name and 4 values",
        ),
        (
            lambda root: _append(root / "list_attr_celeba.txt", "000013.jpg 1 -1 1 1\n"),
            "says that it has 12 images and has 13",
        ),
        (
            lambda root: _append(root / "list_attr_celeba.txt", "000013.jpg 1 0 1 1\n"),
            "line 15: expected a file name and 4 values",
        ),
        (
            lambda root: _append(root / "list_eval_partition.txt", "000013.jpg 3\n"),
            "line 13: expected a file name and 0, 1 or 2",
        ),
        (lambda root: _append(root / "list_eval_partition.txt", "000013.jpg 0\n"), "has no line for 000013.jpg"),
        (lambda root: (root / "list_attr_celeba.txt").write_text("0\n"), "holds no attributes"),
    ],
)
def test_tables_of_faces_that_are_wrong_are_told_with_their_line(faces: Path, change, message: str) -> None:
    change(faces)
    with pytest.raises(DataError, match=message):
        celeba.load(celeba.Options(), faces, "train")


def _append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def test_an_unknown_attribute_is_told_with_what_is_near(faces: Path) -> None:
    with pytest.raises(DataError, match=r"unknown attribute 'Blond'; .*Blond_Hair"):
        celeba.load(celeba.Options(label="Blond"), faces, "train")


@pytest.mark.parametrize("flat", [False, True])
def test_imagenet_is_read_with_validation_images_in_folders_or_in_one(tmp_path: Path, *, flat: bool) -> None:
    list(write_imagenet(tmp_path, flat=flat))
    train, test = (imagenet.load(imagenet.Options(size=8), tmp_path, split) for split in ("train", "test"))
    assert train.class_names == ("tench", "English springer")
    assert np.bincount(train.labels).tolist() == [3, 3] and np.bincount(test.labels).tolist() == [2, 2]
    assert all(("n01440764" in path) == (label == 0) for path, label in zip(train.paths, train.labels, strict=True))
    assert test.read(np.arange(4)).shape == (4, 3, 8, 8)
    assert imagenet.count(imagenet.Options(), tmp_path).train == (3, 3)


def test_validation_images_without_a_class_are_told(tmp_path: Path) -> None:
    list(write_imagenet(tmp_path, flat=True))
    (tmp_path / "LOC_val_solution.csv").unlink()
    with pytest.raises(DataError, match=r"lies in no class folder, and .*LOC_val_solution.csv does not say its class"):
        imagenet.load(imagenet.Options(), tmp_path, "test")


def test_a_validation_class_without_training_images_is_told(tmp_path: Path) -> None:
    list(write_imagenet(tmp_path))
    base = tmp_path / "ILSVRC/Data/CLS-LOC"
    (base / "train/n01440764").rename(base / "train/n09999999")
    with pytest.raises(DataError, match="val has the class n01440764"):
        imagenet.load(imagenet.Options(), tmp_path, "test")


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no train/ and val/"):
        imagenet.load(imagenet.Options(), tmp_path, "train")
