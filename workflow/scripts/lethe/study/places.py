"""Files and folders of the user's that a study names: whether they are there, and in which state."""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from lethe.core import registry
from lethe.core.errors import ConfigError, SchemaError
from lethe.core.options import expanded
from lethe.store.seal import read_sealed
from lethe.study.config import Study
from lethe.study.grid import Grid
from lethe.study.paths import EXAMPLES

DECIDES_NO_RESULT = "refuses configs before any job"


def root_mistake(study: Study) -> str:
    """What is wrong with `dataset.root`, as far as that is seen without reading the data set; empty for nothing."""
    name, root = study.dataset.name, study.dataset.root
    need = registry.literal(registry.SETS, name, "root", default="optional")
    if root is None:
        return f"dataset.root: {name} needs the folder that holds its files; add root: FOLDER" * (need == "needed")
    if root.strip() == "":
        return f"dataset.root: {root!r} given; name a folder, or leave the key out"
    if need == "none":
        return f"dataset.root: {root!r} given, but {name} has no files; remove the key"
    folder = expanded(root)
    try:
        mode = _mode(folder)
    except OSError as error:
        return _unreadable(folder, error)
    if stat.S_ISDIR(mode) or (need == "optional" and not mode):
        return ""
    found = "is not a folder" if mode else "is not there"
    advice = "; variables such as $HOME are not filled in: write the path, or ~ for your home" if "$" in root else ""
    shown = f"{root!r}" + (f" ({folder})" if str(folder) != root else "")
    return f"dataset.root: {shown} {found}; name the folder that holds the files of {name}{advice}"


def state_of(study: Study) -> str:
    """A short text that changes when something changes that is named in a study and lies outside of its config.

    Raises: ConfigError: the folder of the images may not be looked into.
    """
    digest = hashlib.sha256()
    for path in _named(study):
        digest.update(f"{path} {_stat(path)}".encode(errors="surrogateescape"))
    for split in study.dataset.splits:
        path = Path(Grid(study).named(EXAMPLES).format(split=split))
        digest.update(f"{path} {_content(path)}".encode())
    return digest.hexdigest()


def _named(study: Study) -> Iterator[Path]:
    """The folder of the images and those in it, and files that options name."""
    if study.dataset.root:
        root = expanded(study.dataset.root)
        yield root
        try:
            folders = sorted(root.iterdir()) if stat.S_ISDIR(_mode(root)) else []
        except OSError as error:
            raise ConfigError(_unreadable(root, error)) from None
        for folder in folders:
            yield folder
            with suppress(OSError):  # whoever needs what lies in it says so; a data set may not
                yield from sorted(islice(folder.iterdir(), 2000)) if folder.is_dir() else ()
    if study.dataset.attributes is not None:
        yield expanded(study.dataset.attributes)
    named = {"dataset": study.dataset.options, "planted": study.dataset.planted, "model": study.model.options}
    for text in _texts(named):
        yield expanded(text)


def _mode(path: Path) -> int:
    """Of which kind is what lies at a path; 0 where there is nothing.

    Raises: OSError: nobody can tell, as a folder above it may not be looked into.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _unreadable(root: Path, error: OSError) -> str:
    """What is told of a folder of images that may not be looked into."""
    why = error.strerror or error
    return f"dataset.root: '{root}' cannot be looked into ({why}); ask for the right to read it, or name another folder"


def _texts(value: Any) -> Iterator[str]:
    """Every text in the options."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)


def _stat(path: Path) -> str:
    """Size and time of what lies at a path; empty where there is nothing that can be seen."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _content(path: Path) -> str:
    """The digest of a sealed file; empty where there is none that is as it was written."""
    try:
        return read_sealed(path).sha256
    except (SchemaError, OSError):
        return ""
