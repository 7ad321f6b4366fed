"""What a file is worth: whole, of this plan, made from the files that are there now; or why not.

All of it is read from the files themselves, from the records that jobs write into them (`store.records`), so that
neither times nor what a workflow engine remembers decide. An index keeps a second look cheap: a file whose size, times
and number are those of the index has its content, as git sees it. Damage that a disk did behind the file system's back
is seen by whoever reads everything (`is_thorough`), and by every job that reads the file.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from lethe.core.errors import DamagedFile, UnsealedFile
from lethe.store.files import STATE
from lethe.store.job import FILE, short
from lethe.store.notes import read_note, write_note
from lethe.store.records import BESIDE, JOB
from lethe.store.schema import UNSEALED_VERSIONS, VERSION
from lethe.store.seal import file_digest, read_sealed
from lethe.study.asked import Asked
from lethe.study.state_file import named_digest

DECIDES_NO_RESULT = "whether a result is what is asked for"

# What can be wrong with a file, see `Wrong`.
MISSING, DAMAGED, STALE = "missing", "damaged", "stale"
# A variable that names the file to which a dry run writes what it found.
FINDINGS = "LETHE_FINDINGS"
# A variable that is set where every file is to be read, whatever its size and times say.
THOROUGH = "LETHE_THOROUGH"
FINE, MISSING, DAMAGED, STALE = "fine", "missing", "damaged", "stale"
SEALED = frozenset({".parquet", ".safetensors", ".json"})
_FRESH_NANOSECONDS = 2_000_000_000  # what was written as lately may change again without another time


@dataclass(frozen=True)
class Facts:
    """What one file says of itself.

    Attributes:
        sha256: of its content; empty where it is not what was written.
        problem: what is wrong with it by itself, for a sentence after its path.
        asked, code, read: of the job that made it, see `store.job`; nothing in a file without a record.
        beside: digests of files without a record that the same job wrote.
    """

    sha256: str = ""
    problem: str = ""
    asked: str = ""
    code: str = ""
    read: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wrong:
    """Why a job has to run.

    Attributes:
        kind: missing, damaged, or stale: made for another plan, or from other files.
        path: of the first output that is wrong.
        reason: for people.
    """

    kind: str
    path: str
    reason: str


class Shelf:
    """The files of a study, each looked at once.

    Args:
        index: where facts are remembered.
        is_thorough: every file is read, whatever its size and times say.
    """

    def __init__(self, index: Path, *, is_thorough: bool = False) -> None:
        self._index = index
        self._known = {} if is_thorough else _read_index(index)
        self._seen: dict[str, Facts] = {}
        self._stats: dict[str, list[int]] = {}

    def facts(self, path: str) -> Facts | None:
        """What a file says of itself; None where there is none."""
        if path not in self._seen:
            try:
                stat = Path(path).stat()
            except OSError:
                return None
            marks = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
            known = self._known.get(path)
            is_known = known is not None and known[0] == marks
            self._seen[path] = Facts(**known[1]) if known is not None and is_known else _look(Path(path))
            if is_known or max(marks[1:3]) < time.time_ns() - _FRESH_NANOSECONDS:
                self._stats[path] = marks
        return self._seen[path]

    def read_by_some(self) -> set[str]:
        """Paths of the files that something on the shelf was made from."""
        return {path for facts in self._seen.values() for path in facts.read}

    def read_otherwise(self) -> set[str]:
        """Paths of the files that have another content than something on the shelf was made from."""
        read = {(path, sha256) for facts in list(self._seen.values()) for path, sha256 in facts.read.items()}
        return {path for path, sha256 in read if (now := _content(path, self)) and short(now) != sha256}

    def remember(self) -> None:
        """Write down what was seen; where nothing can be written, the next look reads again."""
        entries = {path: [marks, asdict(self._seen[path])] for path, marks in self._stats.items()}
        if entries != self._known:
            with suppress(OSError):
                write_note(self._index, {**self._known, **entries})


def index_of(study: str) -> Path:
    """Where the facts about a study's files are remembered."""
    return STATE / "standing" / f"{study}.json"


def wrong_with(outputs: Sequence[str], asked: Asked, shelf: Shelf) -> Wrong | None:
    """Why a job with these outputs has to run; None where they are what it would make."""
    return next(_wrongs(outputs, asked, shelf), None)


def _wrongs(outputs: Sequence[str], asked: Asked, shelf: Shelf) -> Iterator[Wrong]:
    """All that is wrong: what another job made first, then what is missing, then damage, then what is out of date."""
    found = {path: shelf.facts(path) for path in outputs}
    there = {path: facts for path, facts in found.items() if facts is not None}
    with_record = {path: facts for path, facts in there.items() if Path(path).suffix in SEALED and not facts.problem}
    for path, facts in with_record.items():  # another job may have had other files, and others beside them
        if not facts.asked:
            yield Wrong(STALE, path, f"{path} was made by no job of this workflow")
        elif facts.asked != asked.digest:
            yield Wrong(STALE, path, f"{path} was made with other options, or for another study")
    yield from (Wrong(MISSING, path, f"{path} is missing") for path in outputs if path not in there)
    yield from (Wrong(DAMAGED, path, f"{path} {facts.problem}") for path, facts in there.items() if facts.problem)
    beside = {
        Path(path).with_name(name).as_posix(): sha256
        for path, facts in with_record.items()
        for name, sha256 in facts.beside.items()
    }
    for path, facts in there.items():
        if path not in with_record and not facts.problem and beside.get(path) != facts.sha256:
            yield Wrong(DAMAGED, path, f"{path} is not what was written")
    for path, facts in with_record.items():
        if facts.code != asked.code:
            yield Wrong(STALE, path, f"{path} was made by code {facts.code or 'of no version'}, now {asked.code}")
        for read, sha256 in facts.read.items():
            now = _content(read, shelf)
            if now and short(now) != sha256:
                yield Wrong(STALE, path, f"{path} was made from another {read}")


def _content(path: str, shelf: Shelf) -> str:
    """The digest of a file that a job reads, or of what a state file stands for; empty where nothing can be said."""
    if Path(path).parts[0] == STATE.name:
        return named_digest(Path(path))
    facts = shelf.facts(path)
    return "" if facts is None else facts.sha256


def _look(path: Path) -> Facts:
    """Read a file, and what its record says."""
    try:
        if path.suffix not in SEALED:
            return Facts(sha256=file_digest(path))
        sealed = read_sealed(path)
        return _of_record(path, sealed.sha256, json.loads(sealed.record))
    except UnsealedFile as error:
        # What a version without checksums made is out of date; what has lost its checksum is damaged.
        if error.version in UNSEALED_VERSIONS:
            return Facts(sha256=file_digest(path))
        return Facts(problem=_without(path, error))
    except (DamagedFile, ValueError) as error:
        return Facts(problem=_without(path, error))
    except OSError as error:
        return Facts(problem=f"cannot be read ({error.strerror or error})")


def _of_record(path: Path, sha256: str, record: Mapping[str, Any]) -> Facts:
    """What the record of a whole file says."""
    if record.get("schema_version") != VERSION:
        return Facts(problem=f"has schema version {record.get('schema_version')}, this code reads {VERSION}")
    made_by = record.get(JOB, {})
    if made_by.get(FILE, path.as_posix()) != path.as_posix():
        return Facts(problem=f"is another file, {made_by[FILE]}, in its place")
    asked, code = (made_by.get(key, "") for key in ("asked", "code"))
    return Facts(sha256, "", asked, code, made_by.get("read", {}), _beside(path, record))


def _beside(path: Path, record: Mapping[str, object]) -> Mapping[str, str]:
    """Digests of files beside one; of the images beside the table of their examples."""
    if "shape" in record and "sha256" in record:
        return {f"{path.stem}.npy": str(record["sha256"])}
    listed = record.get(BESIDE)
    return listed if isinstance(listed, dict) else {}


def _without(path: Path, error: Exception) -> str:
    """An error's message after the path that it begins with, without what it says is to be done."""
    return str(error).removeprefix(f"{path} ").partition(";")[0]


def _read_index(index: Path) -> dict[str, list[Any]]:
    """What is remembered, as far as this version of the code knows what it means."""
    names = {field.name for field in fields(Facts)}
    return {path: known for path, known in (read_note(index) or {}).items() if known[1].keys() == names}
