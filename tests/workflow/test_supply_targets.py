"""`make sbom` and `make audit` as a user calls them: packages of their own, the schema's own check, one sentence."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.workspace import ROOT, environment, run

# They install packages, and the fast tests have each part of them.
pytestmark = [pytest.mark.slow, pytest.mark.long]
SUPPLY = ".venvs/supply/bin/python"
CHECK = "workflow/scripts/lethe/run/check_bill.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose .venv is that of these tests, in which `make sbom` has run."""
    here = tmp_path_factory.mktemp("supply")
    for name in ("Makefile", "requirements.lock", "supply.lock", "pyproject.toml"):
        shutil.copy2(ROOT / name, here)
    shutil.copytree(ROOT / "workflow", here / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    (here / ".venv").symlink_to(sys.prefix)
    assert make(here, "sbom").stdout.endswith("The bill of materials: sbom.cdx.json\n")
    return here


def make(folder: Path, target: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", "--assume-old=.venv/.complete", "--assume-old=.venv/.lethe", target]
    return run(folder, *command, variables=environment())


def test_the_bill_is_one_of_the_schema_and_the_same_again(folder: Path) -> None:
    text = (folder / "sbom.cdx.json").read_text()
    assert run(folder, SUPPLY, "-P", CHECK, "sbom.cdx.json", variables={}).returncode == 0
    assert make(folder, "sbom").stdout == "The bill of materials: sbom.cdx.json\n"
    assert (folder / "sbom.cdx.json").read_text() == text


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"id": "MIT"', '"id": "MITT"'),
        ('"type": "library"', '"type": "packages"'),
        ('"bomFormat"', '"form"'),
        ('"dependsOn"', '"needs"'),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(folder: Path, right: str, wrong: str) -> None:
    text = (folder / "sbom.cdx.json").read_text()
    assert right in text
    (folder / "wrong.json").write_text(text.replace(right, wrong))
    result = run(folder, SUPPLY, "-P", CHECK, "wrong.json", variables={})
    assert result.returncode == 1 and "wrong.json is no bill of CycloneDX 1.6: " in result.stdout


def test_an_audit_ends_with_one_sentence_whether_there_is_a_database_or_not(folder: Path) -> None:
    result = make(folder, "audit")
    sentence = result.stdout.splitlines()[0]
    if result.returncode == 0:
        assert sentence.endswith(" packages, none with a known vulnerability")
    else:
        told = ("no database of vulnerabilities can be had here", "known vulnerabilities: ", "does not know")
        assert sentence.startswith("error: ") and any(words in sentence for words in told)


def test_licences_are_printed_and_allowed(folder: Path) -> None:
    result = make(folder, "licences")
    assert result.returncode == 0 and result.stdout.endswith("packages, every licence is allowed\n")
