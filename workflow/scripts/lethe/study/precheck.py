"""Check options and networks once, before any job starts: in a process of its own, because that imports torch."""

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from lethe.core.code_version import SCRIPTS
from lethe.core.errors import ConfigError
from lethe.store.files import write_text
from lethe.study.config import Study
from lethe.study.disk_space import check_disk_space
from lethe.study.places import state_of

DECIDES_NO_RESULT = "refuses configs before any job"


def precheck_options(study: Study, *, where: str, cache: Path) -> None:
    """Refuse a study whose plug-in options are wrong, or whose network cannot be compressed as it asks.

    A study that passed is not checked again until something changes, in it, in the code, or in the files that it names.

    Args: cache: folder that remembers what passed, how large a network of it is, and what networks said.
    Raises: ConfigError: every mistake found, one per line.
    """
    text = study.model_dump_json()
    marker = cache / hashlib.sha256(f"{text}{sources()}{state_of(study)}".encode()).hexdigest()[:16]
    if marker.exists():
        size = int(marker.read_text(encoding="utf-8"))
    else:
        size = _checked(text, where, cache)
        with suppress(OSError):  # a look into a folder that cannot be written checks again every time
            write_text(marker, f"{size}\n")
    check_disk_space(study, size, where=where)


def _checked(study: str, where: str, cache: Path) -> int:
    """Bytes of one network of a study, as JSON, in which nothing is wrong.

    Raises: ConfigError: every mistake found, one per line.
    """
    command = [sys.executable, str(SCRIPTS / "check_config.py"), "--where", where, "--cache", str(cache)]
    variables = {**os.environ, "PYTHONUTF8": "1"}
    result = subprocess.run(command, input=study, capture_output=True, encoding="utf-8", env=variables, check=False)
    if result.returncode != 0:
        raise ConfigError(result.stderr.strip().removeprefix("error: "))
    return int(result.stdout)


@cache
def sources() -> str:
    """Hash of every file of the library that can state an option."""
    digest = hashlib.sha256()
    for room in ("core", "study", "data", "networks", "regimes", "compress", "measures"):
        for file in sorted((SCRIPTS / "lethe" / room).rglob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
