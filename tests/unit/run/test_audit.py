"""What pip-audit finds is told in a sentence; that it could ask nobody is told, too, whatever its exit code says."""

import json
from pathlib import Path
from typing import Any

import pytest

from lethe.core.errors import PackageError
from lethe.run.audit import audit, told

SOUND = {"name": "one", "version": "1.0", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "Dependency not found on PyPI and could not be audited: two (2.0)"}
HOLE = {"name": "three", "version": "3.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"], "aliases": []}]}
OPEN = {"name": "four", "version": "4.0", "vulns": [{"id": "PYSEC-2", "fix_versions": [], "aliases": []}]}
NONE_HERE = "no database of vulnerabilities can be had here, so nothing was audited"


def pip_audit(folder: Path, written: list[dict[str, Any]] | None, *, code: int = 0, says: str = "") -> Path:
    """A program that writes where it is told what pip-audit writes, and ends with a code."""
    program = folder / "pip-audit"
    (folder / "found.json").write_text(json.dumps({"dependencies": written, "fixes": []}))
    copies = (
        f'while [ "$1" != --output ]; do shift; done; cp "{folder}/found.json" "$2"' if written is not None else ":"
    )
    program.write_text(f"#!/bin/sh\n{copies}\necho '{says}' >&2\nexit {code}\n")
    program.chmod(0o755)
    return program


def test_packages_without_a_hole_are_counted(tmp_path: Path) -> None:
    found = audit(tmp_path / "a.lock", pip_audit(tmp_path, [SOUND, {**SOUND, "name": "other"}]))
    assert found == "2 packages, none with a known vulnerability"


def test_a_hole_is_named_with_the_version_that_mends_it(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as said:
        audit(tmp_path / "a.lock", pip_audit(tmp_path, [SOUND, SKIPPED, HOLE, OPEN], code=1))
    assert str(said.value) == (
        "2 known vulnerabilities: three 3.0: PYSEC-1, mended in 3.1; four 4.0: PYSEC-2, mended in no version yet; "
        "change requirements.lock"
    )


@pytest.mark.parametrize("written", [[SKIPPED], [SKIPPED, SKIPPED], []])
def test_a_database_that_knows_no_package_is_none_though_pip_audit_calls_it_success(
    tmp_path: Path, written: list[dict[str, Any]]
) -> None:
    with pytest.raises(PackageError, match=NONE_HERE):
        audit(tmp_path / "a.lock", pip_audit(tmp_path, written))


def test_so_is_one_that_cannot_be_reached_and_the_last_words_of_pip_audit_are_told(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=rf"{NONE_HERE}.* \(pip-audit: ConnectionError: no such host\)"):
        audit(tmp_path / "a.lock", pip_audit(tmp_path, None, code=1, says="ConnectionError: no such host"))


def test_packages_that_the_database_does_not_know_are_named() -> None:
    with pytest.raises(PackageError, match=r"does not know two; the others have no known vulnerability"):
        told([SOUND, SKIPPED])
