"""What `make` hands over to the command: every word as it was given, one study, and nothing that is ignored."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the Makefile, in which `lethe` prints its words and nothing has to be installed."""
    here = tmp_path / "a folder ü"
    (here / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, here)
    shutil.copytree(ROOT / "studies", here / "studies")
    (here / ".venv/bin/lethe").write_text('#!/bin/sh\nprintf "<%s>" "$@" $PYTHONPATH\n')
    (here / ".venv/bin/lethe").chmod(0o755)
    for name in (".complete", ".lethe"):
        (here / ".venv" / name).touch()
    return here


def make(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "CONFIG", "STUDY"))}
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=folder,
        env={**inherited, **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


AWKWARD = ["my study.yaml", "it's.yaml", 'a "b".yaml', "a$b.yaml", "a;b&c.yaml", "`id`.yaml", "ü,(x).yaml", "a*.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("config", AWKWARD)
@pytest.mark.parametrize("target", ["run", "plan", "status", "prune"])
def test_a_config_is_one_word_whatever_its_letters(folder: Path, target: str, config: str) -> None:
    told = make(folder, target, f"CONFIG={config}")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"<{target}><--config><{config}>")


@pytest.mark.parametrize("target", ["run", "plan", "status", "prune"])
def test_a_study_is_that_of_its_name(folder: Path, target: str) -> None:
    assert f"<{target}><--config><studies/smoke.yaml>" in make(folder, target, "STUDY=smoke").stdout
    assert f"<{target}><--config><studies/smoke.yaml>" in make(folder, target, STUDY="smoke").stdout
    assert f"<{target}><--config><config.yaml>" in make(folder, target).stdout


@pytest.mark.parametrize("target", ["run", "smoke", "study", "plan"])
def test_two_studies_at_once_are_refused(folder: Path, target: str) -> None:
    told = make(folder, target, "STUDY=digits", "CONFIG=studies/smoke.yaml")
    assert told.returncode != 0 and "STUDY=digits and CONFIG=studies/smoke.yaml name two studies" in told.stderr
    assert told.stdout == ""


def test_study_and_smoke_run_theirs(folder: Path) -> None:
    for words in (("study", "STUDY=smoke"), ("smoke",)):
        assert "<run><--config><studies/smoke.yaml>" in make(folder, *words).stdout
    assert "name a study: make study STUDY=NAME" in make(folder, "study").stderr
    unknown = make(folder, "study", "STUDY=a b'c")
    assert unknown.returncode != 0 and "there is no studies/a b'c.yaml; known: " in unknown.stderr


def test_further_words_are_passed_on(folder: Path) -> None:
    assert make(folder, "run", "REPLACE=1", "PROFILE=my profile").stdout.endswith("<--profile><my profile><--replace>")
    assert make(folder, "prune", "YES=1").stdout.endswith("<--yes>")
    told = make(folder, "export", "CELL=a/b/0.50", "SEED=3", "CONFIG=my study.yaml").stdout
    assert "<--cell><a/b/0.50><--seed><3><--config><my study.yaml>" in told
    assert "<--seed><0>" in make(folder, "export", "CELL=a/b/0.50").stdout


def test_modules_of_the_user_are_not_passed_on(folder: Path) -> None:
    assert make(folder, "status", PYTHONPATH="/theirs").stdout == "<status><--config><config.yaml>"


def test_cleaning_leaves_the_environment_and_another_target_removes_it(folder: Path) -> None:
    for name in (".mypy_cache", "results", "workflow/__pycache__", "tests"):
        (folder / name).mkdir(parents=True)
    assert make(folder, "clean").returncode == 0
    assert (folder / ".venv/bin/lethe").exists() and (folder / "results").exists()
    assert not (folder / ".mypy_cache").exists() and not (folder / "workflow/__pycache__").exists()
    assert make(folder, "clean-environment").returncode == 0
    assert not (folder / ".venv").exists() and (folder / "results").exists()


@pytest.mark.parametrize("is_good", [True, False])
def test_a_bill_of_materials_is_there_once_it_was_checked(folder: Path, is_good: bool) -> None:
    programs = {".venv": "echo a bill", ".venvs/supply": 'cat "$3"' if is_good else "echo no bill >&2; exit 1"}
    for venv, does in programs.items():
        program = folder / venv / "bin/python"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    shutil.copy(ROOT / "supply.lock", folder)
    (folder / ".venvs/supply/.complete").touch()
    told = make(folder, "sbom")
    assert (told.returncode == 0) == is_good == (folder / "sbom.cdx.json").exists()
    if is_good:
        assert told.stdout == "a bill\nThe bill of materials: sbom.cdx.json\n"
        assert (folder / "sbom.cdx.json").read_text() == "a bill\n"


@pytest.mark.parametrize("venv", [".venv", ".venvs/3.13.0"])
def test_the_library_is_found_in_a_folder_with_an_umlaut_whatever_the_locale(folder: Path, venv: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / venv], check=True)
    (packages,) = (folder / venv).glob("lib/python*/site-packages")
    place = packages / "__editable__.lethe_workflow-0.1.0.pth"
    # As pip leaves it; Python reads it in the letters of the locale, and does not start where they are other ones.
    (folder / venv / "bin/pip").write_text(f'#!/bin/sh\necho "{folder}/workflow/scripts" > "{place}"\n')
    (folder / venv / "bin/pip").chmod(0o755)
    (folder / "workflow/scripts").mkdir(parents=True)
    (folder / "workflow/scripts/own.py").write_text("print('found')\n")
    for name in (".complete", ".lethe"):
        (folder / venv / name).touch()
    (folder / venv / ".lethe").unlink()
    told = make(folder, "setup", f"VENV={venv}", LC_ALL="C")
    assert told.returncode == 0, told.stderr
    for locale in ("C", "tr_TR.UTF-8", "de_DE.ISO-8859-1", "C.UTF-8"):
        found = subprocess.run(
            [folder / venv / "bin/python", "-c", "import own"],
            env={"LC_ALL": locale},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.stdout == "found\n", found.stderr
