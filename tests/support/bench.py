"""A finished study to damage: what is wrong with it is asked of its files, and it is put back after each injection."""

import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lethe.store import seal
from lethe.study.asked import Asked
from lethe.study.standing import _FRESH_NANOSECONDS, SEALED, Shelf, Wrong, index_of, wrong_with
from support.faults import artefacts
from support.workspace import copy_workspace

STUDY = "smoke"
_SEAL = re.compile(rf'(\\?"{seal.KEY}\\?": \\?")([0-9a-f]{{{seal.DIGITS}}})'.encode())


@dataclass(frozen=True)
class Job:
    """What one job has made, and what it was asked."""

    outputs: tuple[str, ...]
    asked: Asked


class Bench:
    """A copy of a finished study.

    Attributes:
        whole: content of every artefact by its path, as the run that nothing disturbed wrote them.
        jobs: what a plan would ask for, taken from the whole files, which a run has shown to be right.
    """

    def __init__(self, finished: Path, folder: Path) -> None:
        self.folder = copy_workspace(finished, folder)
        self.whole = artefacts(self.folder)
        self._stats = {path: (folder / path).stat() for path in self.whole}
        with chdir(folder):
            shelf = Shelf(index_of(STUDY), is_thorough=True)
            self.jobs = list(_jobs(self.whole, shelf))
        missing = self.whole.keys() - {path for job in self.jobs for path in job.outputs}
        assert not missing, f"nobody answers for {missing}"

    def kinds(self) -> dict[str, list[str]]:
        """Artefacts by kind: the folder of their stage and what their names end with."""
        found = defaultdict(list)
        for path in self.whole:
            parts = path.split("/")[2:]
            found[f"{parts[0]}/*{Path(path).suffix}" if len(parts) > 1 else parts[0]].append(path)
        return dict(found)

    def remember(self) -> None:
        """Let later looks know the whole files by their sizes and times."""
        time.sleep(_FRESH_NANOSECONDS / 1e9)
        with chdir(self.folder):
            shelf = Shelf(index_of(STUDY), is_thorough=True)
            for path in self.whole:
                shelf.facts(path)
            shelf.remember()

    def wrong(self, path: str, *, is_thorough: bool) -> Wrong | None:
        """What a plan says of the job that makes a file."""
        job = next(job for job in self.jobs if path in job.outputs)
        seal._verified.clear()
        with chdir(self.folder):
            return wrong_with(job.outputs, job.asked, Shelf(index_of(STUDY), is_thorough=is_thorough))

    @contextmanager
    def changed(self, path: str, content: bytes | None) -> Iterator[None]:
        """The study with another content of a file, or without it, its times kept; and then whole again."""
        self.write(path, content)
        yield
        self.write(path, self.whole[path])

    def write(self, path: str, content: bytes | None) -> None:
        """Change a file, its times kept."""
        file, stat = self.folder / path, self._stats[path]
        if content is None:
            file.unlink()
            return
        file.write_bytes(content)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def differing(self) -> list[str]:
        """Artefacts that are not what the undisturbed run wrote."""
        now = artefacts(self.folder)
        return sorted(path for path in self.whole.keys() | now.keys() if now.get(path) != self.whole.get(path))


def _jobs(paths: Sequence[str] | dict[str, bytes], shelf: Shelf) -> Iterator[Job]:
    """Files by the command that made them, each with those beside it that have no record."""
    made: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in paths:
        facts = shelf.facts(path) if Path(path).suffix in SEALED else None
        if facts is not None:
            assert not facts.problem and facts.asked, f"{path} {facts.problem}"
            beside = (Path(path).with_name(name).as_posix() for name in facts.beside)
            made[facts.asked, facts.code] += [path, *(name for name in beside if name in paths)]
    for (asked, code), outputs in made.items():
        yield Job(tuple(dict.fromkeys(outputs)), Asked(asked, "", code, (), (), ()))


def resealed(content: bytes, pattern: str, folder: Path) -> bytes | None:
    """A whole file whose record says something else: the digest after a pattern is another; None if it has none.

    Args: pattern: what stands before the digest, with simple quotation marks.
    """
    marks = pattern.replace('"', r'\\?"').encode()
    changed, count = re.subn(rb"(%s)([0-9a-f])" % marks, _another_digit, content, count=1)
    if not count:
        return None
    file = folder / "resealed"
    file.write_bytes(_SEAL.sub(lambda found: found[1] + seal.UNSEALED.encode(), changed, count=1))
    seal.seal(file)
    return file.read_bytes()


def _another_digit(found: re.Match[bytes]) -> bytes:
    return found[1] + (b"0" if found[2] != b"0" else b"1")
