"""What the running job was asked, and what it has read: both stand in the record of every file that it writes.

So a file says by itself whether it is what a plan asks for, made from the files that are there now (`study.standing`).
And a job can refuse inputs that do not belong together, whatever they are: blocks of one population that were not made
alike, or a file that was made from other images than those that the job is given.

Outside a job, as in a test or a notebook, nothing is recorded and nothing refused.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from lethe.core.errors import ForeignInput
from lethe.store.files import lasting

DECIDES_NO_RESULT = "the record beside a result"

# Under which a record says where the job wrote its file.
FILE = "file"

_DIGITS = 32
_BLOCK = re.compile(r"\bseeds\d+-\d+\b")
_IMAGES = re.compile(r"(^|/)results/[^/]+/data/[^/]+\.npy$")
# Twins, see `study.paths.TWIN`: the first blocks have them and the others do not, and are made alike all the same.
_OF_SOME_BLOCKS = re.compile(r"(^|[/=])results/[^/]+/generalisation/")


@dataclass
class Job:
    """One process that makes files.

    Attributes:
        asked: digest of its command.
        code: version of its code.
        alike: digest of its command without the block of seeds, and without files that only some blocks have.
        read: path -> digest of every file that it has read so far.
        kin: path without its block -> the `kin` of a file's own job, or its digest if it has none.
        images: path -> digest of the images that all of this goes back to.
    """

    asked: str
    code: str
    alike: str
    read: dict[str, str] = field(default_factory=dict)
    kin: dict[str, str] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """What a record says of it. Files of one `kin` were made alike, for whatever block, from things made alike."""
        made_from = ";".join(f"{path}={kin}" for path, kin in sorted(self.kin.items()))
        kin = hashlib.sha256(f"{self.alike};{self.code};{made_from}".encode()).hexdigest()[:_DIGITS]
        return {"asked": self.asked, "code": self.code, "kin": kin, "read": dict(self.read), "images": self.images}


_running: list[Job] = []


def begin(asked: str, code: str, alike: str) -> None:
    """Let what this process writes from now on say that it was made by this job."""
    _running[:] = [Job(asked, code, alike)]


def end() -> None:
    """Let what this process writes say nothing of a job again."""
    _running.clear()


def record(path: Path) -> dict[str, Any]:
    """What the record of a file says of the running job, and which of its files it is; nothing outside one."""
    return {**_running[0].record(), FILE: _name(lasting(path))} if _running else {}


def note_read(path: Path, sha256: str, made_by: Mapping[str, Any] | None = None) -> None:
    """Remember that the running job has read a file of this content.

    Args: made_by: what the file's record says of the job that made it.
    Raises: ForeignInput: the file does not belong to what the job has read before.
    """
    if not _running:
        return
    running, name, made_by = _running[0], _name(path), made_by or {}
    running.read[name] = short(sha256)
    if _IMAGES.search(name):
        _note_images(running, name, {name: short(sha256)})
    _note_images(running, name, made_by.get("images", {}))
    if is_of_some_blocks(name):
        return
    of_any_block = _BLOCK.sub("seeds*", name)
    kin = made_by.get("kin") or short(sha256)
    if running.kin.setdefault(of_any_block, kin) != kin:
        raise ForeignInput(
            f"{name} was not made like the other blocks of {of_any_block}: options, code, or what they were made from "
            "differ; `lethe run` makes again what is out of date"
        )


def short(sha256: str) -> str:
    """A digest as records have it: no two files of a study share it by chance."""
    return sha256[:_DIGITS]


def is_of_some_blocks(word: str) -> bool:
    """Whether a word of a command names a file that only some blocks have."""
    return _OF_SOME_BLOCKS.search(word) is not None


def without_block(word: str) -> str:
    """A word of a command with the block of seeds left open."""
    return "*" if re.fullmatch(r"\d+-\d+", word) else _BLOCK.sub("seeds*", word)


def _note_images(running: Job, name: str, images: Mapping[str, str]) -> None:
    """Refuse a file that goes back to other images than those read before."""
    for path, sha256 in images.items():
        if running.images.setdefault(path, sha256) != sha256:
            raise ForeignInput(
                f"{name} was made from another {path} than the other files that this job is given; `lethe run` makes "
                "again what is out of date"
            )


def _name(path: Path) -> str:
    """A path as the job was given it: below the working folder, for a record names no folder of a machine."""
    if not path.is_absolute():
        return PurePath(path).as_posix()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name
