"""Which files of a folder of images are read, and which are left out and why: root/train/<class>/*, root/test/...

Sub-folders of a class are read too, and so are links to folders, each real folder once in a split. What file systems
and their programs add (thumbnails, metadata, hidden files) is no image of the user's. Whatever is left out has a reason
that can be told.
"""

import os
import stat
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from lethe.core.errors import DataError

SUFFIXES = frozenset(
    {".apng", ".bmp", ".dib", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)
LAYOUT = "expected root/train/<class>/* and root/test/<class>/* (or root/val)"
# Of Windows, macOS, Synology, QNAP, NetApp and ext4, in small letters.
_CLUTTER = frozenset(
    {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "@recycle"}
    | {"#recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found"}
)
HIDDEN, CLUTTER, SUFFIX = "hidden", "made by a file system or its programs", "with another suffix"
ABOVE, AGAIN = "a link to a folder above", "a link to a folder that is read already"
DANGLING = "a link to nothing that can be read"
_NAMED = 3
SPECIAL, OUTSIDE = "neither a file nor a folder", "in no class folder of train/ and test/"


@dataclass(frozen=True)
class Found:
    """One image: where it is opened, its name below the root, and its class."""

    path: Path
    name: str
    class_name: str


@dataclass(frozen=True)
class LeftOut:
    """A file or folder below the root that is not read, and one of the reasons above."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What a folder of images holds; images of a split by class and name."""

    train: tuple[Found, ...]
    test: tuple[Found, ...]
    class_names: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def list_folder(root: Path) -> Listing:
    """Every image below a root, and everything that is left out.

    Two Unicode forms of one name are one class; class names are in the composed form (NFC).

    Raises: DataError: no such folder, one that cannot be listed, classes that differ or are empty, a name that is no
        text, a root without classes.
    """
    left_out: list[LeftOut] = []
    test = "test" if (root / "test").is_dir() or not (root / "val").is_dir() else "val"
    splits = {split: _list_split(root, split, left_out) for split in ("train", test)}
    beside = [entry.name for entry in _entries(root, root) if entry.name not in splits]
    left_out += [LeftOut(name, _unwanted(name) or OUTSIDE) for name in beside]
    classes = {split: {one.class_name for one in found} for split, found in splits.items()}
    if classes["train"] != classes[test]:
        differing = ", ".join(map(shown, sorted(classes["train"] ^ classes[test])))
        raise DataError(f"{root}: classes only in one of train and {test}: {differing}; both need the same folders")
    order = sorted(left_out, key=lambda one: (one.reason, one.name))
    return Listing(splits["train"], splits[test], tuple(sorted(classes["train"])), tuple(order))


def told(left_out: Iterable[LeftOut]) -> list[str]:
    """One sentence for each reason for which something was left out, with counts and the first name."""
    by_reason = groupby(sorted(left_out, key=lambda one: one.reason), key=lambda one: one.reason)
    return [_sentence(reason, [one.name for one in group]) for reason, group in by_reason]


def taken_in(split: str, found: Sequence[Found]) -> list[str]:
    """One sentence where images lie deeper than in their class's folder: thumbnails there would be images, too."""
    folders = Counter(one.name.rpartition("/")[0] for one in found)
    deeper = {folder: count for folder, count in folders.items() if folder.count("/") > 1}
    if not deeper:
        return []
    listed = ", ".join(f"{shown(folder)} {count}" for folder, count in sorted(deeper.items())[:_NAMED])
    others = f" and {len(deeper) - _NAMED} other folders" if len(deeper) > _NAMED else ""
    return [
        f"{sum(deeper.values())} of {len(found)} {split} images lie in folders below that of their class and are read "
        f"as images of it: {listed}{others}."
    ]


def shown(name: str) -> str:
    """A name as it can stand in a line: escaped where it has characters that cannot be printed."""
    return name if name.isprintable() else ascii(name)


def _sentence(reason: str, names: list[str]) -> str:
    """What was left out for one reason."""
    are = "1 file or folder is" if len(names) == 1 else f"{len(names)} files or folders are"
    text = f"{are} left out of the images: {reason}"
    if reason == SUFFIX:
        counts = Counter(Path(name).suffix.lower() or "none" for name in names)
        listed = ", ".join(f"{shown(suffix)} {count}" for suffix, count in counts.most_common(5))
        text += f" ({listed}{', and others' if len(counts) > 5 else ''})"
    return f"{text}; first {shown(min(names))}."


def _list_split(root: Path, split: str, left_out: list[LeftOut]) -> tuple[Found, ...]:
    """The images of one split, by class and name."""
    folder = root / split
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; {LAYOUT}")
    folders = _Folders(root, left_out, {_identity(folder)})
    classes = []
    for entry in _entries(folder, root):
        name = f"{split}/{entry.name}"
        if reason := _unwanted(entry.name):
            left_out.append(LeftOut(name, reason))
        elif not _is_folder(entry):
            left_out.append(LeftOut(name, _no_image(entry) or OUTSIDE))
        else:
            classes.append(class_name := unicodedata.normalize("NFC", entry.name))
            folders.add(entry, name, class_name)
    if not classes:
        raise DataError(f"{folder} holds no folder; {LAYOUT}")
    found = sorted(folders.images(), key=lambda one: (one.class_name, one.name))
    for class_name in classes:
        if class_name not in {one.class_name for one in found}:
            _refuse_empty(folder, f"{split}/{class_name}", left_out)
    return tuple(found)


class _Folders:
    """Folders of a split still to be read: real ones before links, so that a real folder keeps its own name."""

    def __init__(self, root: Path, left_out: list[LeftOut], reached: set[tuple[int, int]]) -> None:
        self._root, self._left_out, self._reached = root, left_out, reached
        self._real: deque[tuple[Path, str, str]] = deque()
        self._links: deque[tuple[Path, str, str]] = deque()

    def add(self, entry: os.DirEntry[str], name: str, class_name: str) -> None:
        """A folder to be read; a link that leads to a folder above would never end."""
        if entry.is_symlink() and self._root.resolve().is_relative_to(Path(entry.path).resolve()):
            self._left_out.append(LeftOut(name, ABOVE))
        else:
            (self._links if entry.is_symlink() else self._real).append((Path(entry.path), name, class_name))

    def images(self) -> Iterator[Found]:
        """The images in all folders, and in those that they hold."""
        while self._real or self._links:
            folder, name, class_name = (self._real or self._links).popleft()
            identity = _identity(folder)
            if identity in self._reached:
                self._left_out.append(LeftOut(name, AGAIN))
                continue
            self._reached.add(identity)
            for entry in _entries(folder, self._root):
                below = f"{name}/{entry.name}"
                if reason := _unwanted(entry.name):
                    self._left_out.append(LeftOut(below, reason))
                elif _is_folder(entry):
                    self.add(entry, below, class_name)
                elif reason := _no_image(entry):
                    self._left_out.append(LeftOut(below, reason))
                else:
                    yield Found(Path(entry.path), below, class_name)


def _entries(folder: Path, root: Path) -> list[os.DirEntry[str]]:
    """What a folder holds, by name."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be listed ({error.strerror}); allow it to be read, or remove it from {root}"
        ) from error
    for entry in found:
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            raise DataError(f"{folder} holds {entry.name!a}, a name that is not UTF-8; rename it") from None
    return found


def _unwanted(name: str) -> str:
    """Why nobody means an entry of this name as an image or a class; empty where somebody may."""
    if name.startswith("."):
        return HIDDEN
    return CLUTTER if name.lower() in _CLUTTER else ""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link that leads to one."""
    return stat.S_ISDIR(_mode(entry))


def _no_image(entry: os.DirEntry[str]) -> str:
    """Why an entry that is no folder is no image; empty where it is one."""
    mode = _mode(entry)
    if not mode:
        return DANGLING
    if not stat.S_ISREG(mode):
        return SPECIAL
    return "" if Path(entry.name).suffix.lower() in SUFFIXES else SUFFIX


def _mode(entry: os.DirEntry[str]) -> int:
    """What an entry is, behind all links; 0 where they lead to nothing, in a circle, or where nobody may look."""
    try:
        return entry.stat().st_mode
    except OSError:
        return 0


def _refuse_empty(folder: Path, name: str, left_out: list[LeftOut]) -> None:
    """A class without an image, with what was left out of it."""
    inside = [one for one in left_out if unicodedata.normalize("NFC", one.name).startswith(name)]
    reasons = f"; {' '.join(told(inside))}" if inside else ";"
    known = f"known suffixes: {', '.join(sorted(SUFFIXES))}"
    raise DataError(f"{folder.parent / name} holds no image{reasons} {known}")


def _identity(folder: Path) -> tuple[int, int]:
    """What two paths to one folder have in common."""
    status = folder.stat()
    return status.st_dev, status.st_ino
