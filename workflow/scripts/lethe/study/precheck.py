"""Check options and networks once, before any job starts: in a process of its own, because that imports torch."""

import hashlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from lethe.core.code_version import SCRIPTS
from lethe.core.errors import ConfigError
from lethe.store.files import write_text
from lethe.study.config import Study

DECIDES_NO_RESULT = "refuses configs before any job"


def precheck_options(study: Study, *, where: str, cache: Path) -> dict[str, list[Path]]:
    """Refuse a study whose plug-in options are wrong, or whose network cannot be compressed as it asks.

    A study that passed is not checked again until something changes.

    Args: cache: folder that remembers what passed, and what networks said.
    Returns: the files that options name, by part of the config, as `options.named_files` gives them.
    Raises: ConfigError: every mistake found, one per line.
    """
    marker = _marker(study, cache)
    if marker.exists():
        return named_files(study, cache=cache)
    command = [sys.executable, str(SCRIPTS / "check_config.py"), "--where", where, "--cache", str(cache)]
    text = study.model_dump_json()
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ConfigError(result.stderr.strip().removeprefix("error: "))
    write_text(marker, result.stdout)
    return named_files(study, cache=cache)


def named_files(study: Study, *, cache: Path) -> dict[str, list[Path]]:
    """The files that the options of a study name, as the check that it passed has found them; none before one."""
    try:
        found = json.loads(_marker(study, cache).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return {}
    return {part: list(map(Path, files)) for part, files in found.items()}


def _marker(study: Study, cache: Path) -> Path:
    """The file that remembers that a study passed."""
    return cache / hashlib.sha256(f"{study.model_dump_json()}{sources()}".encode()).hexdigest()[:16]


@cache
def sources() -> str:
    """Hash of every file of the library that can state an option."""
    digest = hashlib.sha256()
    for room in ("core", "study", "data", "networks", "regimes", "compress", "measures"):
        for file in sorted((SCRIPTS / "lethe" / room).rglob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
