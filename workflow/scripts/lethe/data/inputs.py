"""What a job that reads a data set says of the files that it has read; `data/watch.py` says what for."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from lethe.core import registry
from lethe.core.options import files_in
from lethe.data.plant import read_plants
from lethe.store.fingerprints import Fingerprints, read_index, write_index
from lethe.store.notes import write_note

DECIDES_NO_RESULT = "whether inputs changed, not what is made of them"

_BEFORE_ALL_RESULTS = 946_684_800  # the year 2000


def dataset_files(
    name: str,
    options: Mapping[str, object] | str,
    root: Path | None,
    planted: Mapping[str, Mapping[str, object]] | str = "{}",
    attributes: Path | None = None,
) -> list[Path]:
    """The files that a data set reads, those that its options name among them, and those of what is done to it.

    Args:
        options, planted: as JSON, or as they stand in the config.
        attributes: the table of attributes, if there is one.
    Raises: DataError: as the data set's `load`.
    """
    spec = registry.load(registry.SETS, name)
    text = options if isinstance(options, str) else json.dumps(options)
    checked = spec.Options.model_validate_json(text)
    plants = read_plants(json.loads(planted) if isinstance(planted, str) else planted)
    others = [file for asked in plants for file in asked.spec.files(asked.options)]
    return [*spec.files(checked, root), *files_in(checked), *others, *([] if attributes is None else [attributes])]


def known_before(state: Path) -> Fingerprints | None:
    """Fingerprints of what was seen last beside a state file, or else of what was read."""
    return read_index(index_seen(state)) or read_index(index_read(state))


def remember_reading(state: Path, files: Fingerprints) -> None:
    """Say that results are made from these files: what was noticed before is settled."""
    write_index(index_read(state), files)
    index_seen(state).unlink(missing_ok=True)
    write_state(state, {"sha256": files.sha256}, is_news=False)


def write_state(file: Path, state: Mapping[str, object], *, is_news: bool) -> None:
    """Write a state, with a time before all results if it is no news; a person is told of news until they are older."""
    write_note(file, state)
    if not is_news:
        os.utime(file, (_BEFORE_ALL_RESULTS, _BEFORE_ALL_RESULTS))


def index_seen(state: Path) -> Path:
    """Beside a state file: what was seen last, if that is not what was read."""
    return state.with_name(f"{state.stem}.seen.parquet")


def index_read(state: Path) -> Path:
    """Beside a state file: what results were made from."""
    return state.with_name(f"{state.stem}.read.parquet")
