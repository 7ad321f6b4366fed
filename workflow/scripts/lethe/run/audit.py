"""Known vulnerabilities of the packages of requirements.lock, as pip-audit finds them in a database of PyPI's."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from lethe.core.errors import PackageError

_NONE_HERE = (
    "no database of vulnerabilities can be had here, so nothing was audited; run `make audit` where PyPI itself can be "
    "reached"
)


def audit(lock: Path, program: Path) -> str:
    """What pip-audit says of a lock, in a sentence.

    Args: program: pip-audit, of an environment of its own.
    Raises: PackageError: a package has a known vulnerability, or was not found, or no database could be asked.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "audit.json"
        asked = ["--requirement", str(lock), "--no-deps", "--disable-pip", "--format", "json", "--output", str(found)]
        command = [str(program), *asked, "--progress-spinner", "off"]
        run = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
        # A run that ends before it has asked about every package writes nothing; its exit code does not tell that.
        if not found.exists():
            last = run.stderr.strip().rpartition("\n")[2] or "it says nothing"
            raise PackageError(f"{_NONE_HERE} (pip-audit: {last})")
        return told(json.loads(found.read_text(encoding="utf-8"))["dependencies"])


def told(dependencies: list[dict[str, Any]]) -> str:
    """What was found, from the list that pip-audit writes.

    Raises: PackageError: see `audit`.
    """
    skipped = [one["name"] for one in dependencies if "skip_reason" in one]
    if len(skipped) == len(dependencies):
        raise PackageError(_NONE_HERE)
    holes = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in dependencies
        for hole in one.get("vulns", [])
    ]
    if holes:
        raise PackageError(f"{len(holes)} known vulnerabilities: {'; '.join(holes)}; change requirements.lock")
    if skipped:
        raise PackageError(f"the database does not know {', '.join(skipped)}; the others have no known vulnerability")
    return f"{len(dependencies)} packages, none with a known vulnerability"
