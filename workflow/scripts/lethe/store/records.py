"""The record in a file: what it is and where it comes from, as JSON whose first key is the seal of the file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lethe.core.errors import DamagedFile, SchemaError, UnsealedFile
from lethe.store import job, seal
from lethe.store.files import atomic
from lethe.store.schema import UNSEALED_VERSIONS, VERSION

# What a record says of its own job, and of files beside its own that have none: their names and digests.
JOB, BESIDE = "job", "beside"


def record_text(record: dict[str, Any], path: Path) -> str:
    """A record as it stands in a file that is still to be sealed; the same text for equal records.

    Args:
        record: JSON values: cell, seeds, code version, package versions; no path of a machine, host or time.
        path: of the file.
    """
    text = json.dumps({**record, **_of_every_file(path)}, sort_keys=True)
    return f'{{"{seal.KEY}": "{seal.UNSEALED}", {text[1:]}'


def _of_every_file(path: Path) -> dict[str, Any]:
    running = job.record(path)
    return {"schema_version": VERSION, **({JOB: running} if running else {})}


def read_text(text: str, path: Path) -> dict[str, Any]:
    """The record that was given to `record_text`.

    Raises: SchemaError: it is of another schema version.
    """
    record: dict[str, Any] = json.loads(text)
    for key in (seal.KEY, JOB):  # of this one file; what is made from it says its own
        record.pop(key, None)
    if record.get("schema_version") not in (VERSION, *UNSEALED_VERSIONS):
        found = record.get("schema_version")
        raise SchemaError(f"{path} has schema version {found}, this code reads {VERSION}; delete it and run again")
    return record


def digests_of(*files: Path) -> dict[str, str]:
    """Digests of files by name, for the record that stands for them."""
    return {file.name: seal.file_digest(file) for file in files}


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Write JSON values, in their order, with the record of the job that makes them."""
    text = json.dumps({seal.KEY: seal.UNSEALED, **content, **_of_every_file(path)}, indent=1)
    with atomic(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")
        seal.seal(temporary)


def read_sealed(path: Path, *, is_input: bool = True) -> dict[str, Any]:
    """What `write_sealed` wrote.

    Args: is_input: as for `open_sealed`.
    Raises: SchemaError: the file is missing, damaged, or of another schema version.
    """
    open_sealed(path, is_input=is_input)
    return read_text(seal.read_sealed(path).record, path)


def stated(record: Mapping[str, Any], key: str, path: Path) -> Any:
    """What a record says under a key that every file of a kind has.

    Raises: SchemaError: it says nothing, so that the file is one of another kind.
    """
    if key not in record:
        raise SchemaError(f"{path} is a file of another kind: its record has no '{key}'; delete it and run again")
    return record[key]


def manifest_beside(file: Path) -> Path:
    """What lists the digests of a folder's files, or of those that one job makes, that have no record themselves."""
    return file.with_name("manifest.json")


def check_beside(file: Path) -> None:
    """Refuse a file that is not what the manifest beside it says.

    Raises: DamagedFile: its content is another, or it is missing. SchemaError: as `read_sealed`.
    """
    manifest = manifest_beside(file)
    listed = stated(read_sealed(manifest), BESIDE, manifest)
    if not file.exists() or seal.file_digest(file) != listed.get(file.name):
        raise DamagedFile(f"{file} is not what was written, as {manifest} knows it; delete it and run again")


def open_sealed(path: Path, *, is_input: bool = True) -> None:
    """Refuse a file that is not what was written; one of a version that had no checksums is taken as it is.

    Args: is_input: what the running job writes depends on it, and says so.
    Raises: SchemaError: the file is missing, damaged, or was never sealed.
    """
    try:
        found = seal.read_sealed(path)
    except UnsealedFile as error:
        if error.version not in UNSEALED_VERSIONS:
            raise
        if is_input:
            job.note_read(path, seal.file_digest(path))
        return
    except OSError as error:
        raise SchemaError(f"{path} cannot be read ({error.strerror or error}); delete it and run again") from error
    if is_input:
        job.note_read(path, found.sha256, json.loads(found.record).get(JOB))
