"""What of a folder is read, and that everything else is told with its reason."""

import os
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from lethe.core.errors import DataError
from lethe.data import folders
from lethe.data.folders import list_folder, told
from unit.data.published import write_image_folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    list(write_image_folder(tmp_path / "images"))
    return tmp_path / "images"


def reasons(root: Path) -> dict[str, str]:
    return {one.name: one.reason for one in list_folder(root).left_out}


def picture(path: Path, **options: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 9)).save(path, **options)


def test_images_come_by_class_and_name(root: Path) -> None:
    listing = list_folder(root)
    assert [one.name for one in listing.test] == [f"test/{c}/{n}" for c in ("cat", "dog") for n in ("0.jpg", "1.png")]
    assert all(one.path == root / one.name for one in listing.train)
    assert listing.class_names == ("cat", "dog") and listing.left_out == () and told(()) == []


@pytest.mark.parametrize("name", ["a.gif", "a.JFIF", "a.jpe", "a.apng", "a.dib", "a.PBM", "more/deeper/a.png"])
def test_other_suffixes_of_known_formats_are_read(root: Path, name: str) -> None:
    picture(root / "train/cat" / name, format="PNG")
    assert f"train/cat/{name}" in {one.name for one in list_folder(root).train}


@pytest.mark.parametrize(
    ("name", "left_out", "reason"),
    [
        ("train/cat/a.heic", "train/cat/a.heic", folders.SUFFIX),
        ("train/cat/labels.csv", "train/cat/labels.csv", folders.SUFFIX),
        ("train/cat/a", "train/cat/a", folders.SUFFIX),
        ("train/cat/.DS_Store", "train/cat/.DS_Store", folders.HIDDEN),
        ("train/cat/._0.jpg", "train/cat/._0.jpg", folders.HIDDEN),
        ("train/.thumbnails/0.png", "train/.thumbnails", folders.HIDDEN),
        ("test/dog/.AppleDouble/0.png", "test/dog/.AppleDouble", folders.HIDDEN),
        ("train/cat/Thumbs.db", "train/cat/Thumbs.db", folders.CLUTTER),
        ("train/cat/desktop.ini", "train/cat/desktop.ini", folders.CLUTTER),
        ("train/@eaDir/0.jpg/SYNOPHOTO_THUMB_M.jpg", "train/@eaDir", folders.CLUTTER),
        ("train/cat/@eaDir/0.jpg/SYNOPHOTO_THUMB_M.jpg", "train/cat/@eaDir", folders.CLUTTER),
        ("__MACOSX/train/cat/._0.jpg", "__MACOSX", folders.CLUTTER),
        ("train/__MACOSX/0.jpg", "train/__MACOSX", folders.CLUTTER),
        ("train/loose.png", "train/loose.png", folders.OUTSIDE),
        ("val/cat/0.png", "val", folders.OUTSIDE),
        ("extra/0.png", "extra", folders.OUTSIDE),
    ],
)
def test_what_is_left_out_has_its_reason(root: Path, name: str, left_out: str, reason: str) -> None:
    picture(root / name, format="PNG")
    before = len(list_folder(root).train)
    assert reasons(root) == {left_out: reason}
    (sentence,) = told(list_folder(root).left_out)
    assert sentence.startswith("1 file or folder is left out") and reason in sentence and left_out in sentence
    assert before == 6


def test_counts_of_suffixes_are_told_in_one_sentence(root: Path) -> None:
    for number in range(20):
        (root / f"train/cat/g{number:02d}.heic").write_bytes(b"")
    (root / "train/dog/notes.txt").write_bytes(b"")
    (sentence,) = told(list_folder(root).left_out)
    assert "21 files or folders" in sentence and "(.heic 20, .txt 1); first train/cat/g00.heic" in sentence


def test_linked_folders_files_and_classes_are_read(root: Path, tmp_path: Path) -> None:
    for number in range(30):
        picture(tmp_path / f"store/{number}.png")
    (root / "train/cat/camera").symlink_to(tmp_path / "store")
    (root / "train/dog/one.png").symlink_to(tmp_path / "store/0.png")
    (root / "test/dog").rename(tmp_path / "dogs")
    (root / "test/dog").symlink_to(tmp_path / "dogs")
    listing = list_folder(root)
    counts = Counter(one.class_name for one in listing.train)
    assert counts == {"cat": 33, "dog": 4} and len(listing.test) == 4 and listing.left_out == ()
    assert "train/cat/camera/7.png" in {one.name for one in listing.train}


@pytest.mark.parametrize("target", [".", "..", "../..", "../../.."])
def test_a_link_to_a_folder_above_ends(root: Path, target: str) -> None:
    (root / "train/cat/loop").symlink_to(target)
    reason = folders.AGAIN if target in (".", "..") else folders.ABOVE
    assert reasons(root) == {"train/cat/loop": reason} and len(list_folder(root).train) == 6


def test_a_real_folder_is_read_once_and_under_its_own_name(root: Path, tmp_path: Path) -> None:
    picture(root / "train/dog/night/0.png")
    (root / "train/cat/alias").symlink_to(root / "train/dog/night")
    assert reasons(root) == {"train/cat/alias": folders.AGAIN}
    assert "train/dog/night/0.png" in {one.name for one in list_folder(root).train}


def test_links_that_double_at_every_step_are_read_once(root: Path, tmp_path: Path) -> None:
    """Thirty folders, each with two links to the next, have a billion paths."""
    for step in range(30):
        picture(tmp_path / f"chain/{step}/0.png")
    for step in range(29):
        for name in ("a", "b"):
            (tmp_path / f"chain/{step}/{name}").symlink_to(tmp_path / f"chain/{step + 1}")
    (root / "train/cat/chain").symlink_to(tmp_path / "chain/0")
    assert len(list_folder(root).train) == 6 + 30


def test_links_to_nothing_and_pipes_are_told(root: Path) -> None:
    (root / "train/cat/lost.png").symlink_to(root / "nowhere.png")
    os.mkfifo(root / "train/cat/pipe.png")
    assert reasons(root) == {"train/cat/lost.png": folders.DANGLING, "train/cat/pipe.png": folders.SPECIAL}


@pytest.mark.parametrize("name", ["train/cat/self.png", "train/cat/self", "train/self", "self"])
def test_a_link_to_itself_is_told(root: Path, name: str) -> None:
    (root / name).symlink_to((root / name).name)
    assert set(reasons(root)) == {name} and len(list_folder(root).train) == 6


@pytest.mark.parametrize("name", ["Köter", "café", "가나"])
def test_two_unicode_forms_of_a_class_are_one(root: Path, name: str) -> None:
    composed, apart = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert composed != apart
    picture(root / "train" / composed / "0.png")
    picture(root / "train" / apart / "1.png")
    picture(root / "test" / apart / "2.png")
    listing = list_folder(root)
    assert composed in listing.class_names and len(listing.class_names) == 3
    assert [one.path.name for one in listing.train if one.class_name == composed] in (
        ["0.png", "1.png"],
        ["1.png", "0.png"],
    )


def test_names_that_are_no_text_are_refused(root: Path) -> None:
    (root / "train/cat" / os.fsdecode(b"\xff.png")).write_bytes(b"")
    with pytest.raises(DataError, match=r"'\\udcff.png', a name that is not UTF-8; rename it"):
        list_folder(root)


def test_a_name_with_a_line_end_is_told_in_one_line(root: Path) -> None:
    (root / "train/cat/two\nlines.txt").write_bytes(b"")
    (sentence,) = told(list_folder(root).left_out)
    assert "\n" not in sentence and r"two\nlines.txt" in sentence


def test_a_class_without_images_says_what_was_left_out_of_it(root: Path) -> None:
    for split in ("train", "test"):
        (root / split / "owl").mkdir()
        (root / split / "owl/0.heic").write_bytes(b"")
    with pytest.raises(DataError, match=r"train/owl holds no image; 1 file .* \(.heic 1\).* known suffixes: .apng"):
        list_folder(root)
