"""Check options and networks once, before any job starts: in a process of its own, because that imports torch."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from lethe.core.code_version import SCRIPTS
from lethe.core.errors import ConfigError
from lethe.store.notes import read_note, write_note
from lethe.study.config import Study
from lethe.study.disk_space import check_disk_space
from lethe.study.places import state_of

DECIDES_NO_RESULT = "refuses configs before any job"


def precheck_options(study: Study, *, where: str, cache: Path) -> dict[str, list[Path]]:
    """Refuse a study whose plug-in options are wrong, or whose network cannot be compressed as it asks.

    A study that passed is not checked again until something changes: in it, in the code, in the files that it names, or
    among the installed packages.

    Args: cache: folder that remembers what passed, how large a network of it is, and what networks said.
    Returns: the files that options name, by part of the config, as `options.named_files` gives them.
    Raises: ConfigError: every mistake found, one per line.
    """
    marker = cache / f"{_key(study, _state(study, where) + packages())}.json"
    found = read_note(marker)
    if found is None:
        found = _checked(study.model_dump_json(), where, cache)
        with suppress(OSError):  # a look into a folder that cannot be written checks again every time
            write_note(marker, found)
            write_note(_names(study, cache), found["files"])
    check_disk_space(study, found["network_bytes"], where=where)
    return _as_paths(found["files"])


def named_files(study: Study, *, cache: Path) -> dict[str, list[Path]]:
    """The files that the options of a study name, as the check that it passed has found them; none before one."""
    return _as_paths(read_note(_names(study, cache)) or {})


def check_device(study: Study, *, where: str) -> None:
    """Refuse a device that this machine lacks; for whoever is about to start jobs here.

    Raises: ConfigError: what is usable here.
    """
    if study.device not in ("auto", "cpu"):
        _said([str(SCRIPTS / "check_device.py"), study.device, "--where", where])


def _checked(study: str, where: str, cache: Path) -> dict[str, Any]:
    """What `check_config.py` says of a study, as JSON, in which nothing is wrong.

    Raises: ConfigError: every mistake found, one per line.
    """
    command = [str(SCRIPTS / "check_config.py"), "--where", where, "--cache", str(cache)]
    said: dict[str, Any] = json.loads(_said(command, study))
    return said


def _said(command: list[str], told: str = "") -> str:
    """What a program of ours prints that is told something.

    Raises: ConfigError: it refuses.
    """
    variables = {**os.environ, "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, *command], input=told, capture_output=True, encoding="utf-8", env=variables, check=False
    )
    if result.returncode != 0:
        raise ConfigError(result.stderr.strip().removeprefix("error: "))
    return result.stdout


def _state(study: Study, where: str) -> str:
    """The state of what a study names; a folder that may not be looked into is told with the file that names it."""
    try:
        return state_of(study)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _names(study: Study, cache: Path) -> Path:
    """The file that remembers which files a study names; it stays as they change, which the marker does not."""
    return cache / f"{_key(study, '')}.files.json"


def _key(study: Study, state: str) -> str:
    return hashlib.sha256(f"{study.model_dump_json()}{sources()}{state}".encode()).hexdigest()[:16]


def _as_paths(files: dict[str, list[str]]) -> dict[str, list[Path]]:
    return {part: list(map(Path, named)) for part, named in files.items()}


@cache
def packages() -> str:
    """Python's version, and name and version of every package that can be imported, as pip names its folders.

    However the path is ordered: programs that start Python in different ways are told the same.
    """
    found: set[str] = set()
    for folder in map(Path, sys.path):
        with suppress(OSError):  # an entry of the path need not be there, or be a folder
            found |= {entry.name for entry in folder.iterdir() if entry.suffix in (".dist-info", ".egg-info")}
    return " ".join([platform.python_version(), *sorted(found)])


@cache
def sources() -> str:
    """Hash of every file of the library that can state an option."""
    digest = hashlib.sha256()
    for room in ("core", "study", "data", "networks", "regimes", "compress", "measures"):
        for file in sorted((SCRIPTS / "lethe" / room).rglob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
