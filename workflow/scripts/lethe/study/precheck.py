"""Check plug-in options once, before any job starts: in a process of its own, because the plug-ins import torch."""

import hashlib
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from lethe.core.code_version import SCRIPTS
from lethe.core.errors import ConfigError
from lethe.store.files import write_text
from lethe.study.config import Study

DECIDES_NO_RESULT = "refuses configs before any job"


def precheck_options(study: Study, *, where: str, cache: Path) -> None:
    """Refuse a study whose plug-in options are wrong; a study that passed is not checked again until something changes.

    Args: cache: folder that remembers what passed.
    Raises: ConfigError: every mistake found, one per line.
    """
    text = study.model_dump_json()
    marker = cache / hashlib.sha256(f"{text}{_sources()}".encode()).hexdigest()[:16]
    if marker.exists():
        return
    command = [sys.executable, str(SCRIPTS / "check_config.py"), "--where", where]
    result = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode != 0:
        raise ConfigError(result.stderr.strip().removeprefix("error: "))
    with suppress(OSError):  # a look into a folder that cannot be written checks again every time
        write_text(marker, "checked\n")


def _sources() -> str:
    """Hash of every file of the library that can state an option."""
    digest = hashlib.sha256()
    for room in ("core", "study", "data", "networks", "regimes", "compress", "measures"):
        for file in sorted((SCRIPTS / "lethe" / room).rglob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
