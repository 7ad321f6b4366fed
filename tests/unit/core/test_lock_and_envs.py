"""The lock, the conda environments, the studies and the citation say what the code needs, and agree."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lethe.study.config import Study, read_study
from lethe.study.options import check_options

ROOT = Path(__file__).resolve().parents[3]
STUDIES = [ROOT / "config.yaml", *sorted((ROOT / "studies").glob("*.yaml"))]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][A-Za-z0-9.!+]*)")
# Packages that are imported by another name.
IMPORTED = {"scikit-learn": "sklearn", "torch-pruning": "torch_pruning"}
EXACT = {
    "snakemake": "9.27.1",
    "snakemake-executor-plugin-slurm": "2.8.0",
    "snakemake-executor-plugin-slurm-jobstep": "0.6.1",
    "snakemake-logger-plugin-rich": "0.5.1",
}


def lock_lines() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    return {normal(name): version for name, version in (line.split("==") for line in lines)}


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


def study_of(file: Path) -> Study:
    return read_study(read(file), where=file.name)


def test_every_line_of_the_lock_is_one_exact_version() -> None:
    wrong = [line for line in lock_lines() if not LINE.fullmatch(line)]
    assert wrong == []  # neither a range, nor an index, nor an option, nor a marker
    assert len(pins(lock_lines())) == len(lock_lines()) > len(EXACT)


def test_what_looks_at_the_packages_is_pinned_too_and_none_of_them() -> None:
    lines = [line for line in (ROOT / "supply.lock").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    looking = {"pip-audit", "cyclonedx-python-lib"}
    assert looking <= set(pins(lines)) and not looking & set(pins(lock_lines()))


def test_the_lock_has_the_versions_that_the_workflow_was_tried_with() -> None:
    locked = pins(lock_lines())
    assert {name: locked.get(name) for name in EXACT} == EXACT
    assert locked["torch"].startswith("2.14.")
    assert locked["torchvision"].startswith("0.29.")


def test_cuda_is_left_to_torch() -> None:
    assert [name for name in pins(lock_lines()) if re.match(r"nvidia|cuda|triton|pytorch-triton", name)] == []
    assert "+" not in "".join(lock_lines())  # a local version such as +cpu exists on one index only
    assert "://" not in (ROOT / "requirements.lock").read_text()


@pytest.mark.parametrize("file", ENVIRONMENTS, ids=lambda file: file.stem)
def test_an_environment_has_the_versions_of_the_lock(file: Path) -> None:
    (pip,) = [entry["pip"] for entry in read(file)["dependencies"] if isinstance(entry, dict)]
    assert all(LINE.fullmatch(pin) for pin in pip)
    assert pip and pins(pip).items() <= pins(lock_lines()).items()


def test_every_rule_has_its_environment_and_every_environment_a_rule() -> None:
    rules = "".join(file.read_text() for file in (ROOT / "rules").glob("*.smk"))
    assert set(re.findall(r'"\.\./envs/(\w+)\.yaml"', rules)) == {file.stem for file in ENVIRONMENTS}


@pytest.mark.slow
@pytest.mark.parametrize("module", ["measure", "find_pies", "draw_labels", "make_table", "make_figures", "make_page"])
def test_what_needs_no_torch_starts_with_the_packages_of_its_environment_alone(module: str) -> None:
    lacking = sorted(set(packages("train")) - set(packages("analysis")) - {"pillow"})  # matplotlib brings it
    assert {"torch", "timm"} <= set(lacking)
    program = f"import sys\nfor name in {[IMPORTED.get(name, name) for name in lacking]}: sys.modules[name] = None\n"
    command = [sys.executable, "-c", f"{program}import {module}"]
    result = subprocess.run(command, cwd=ROOT / "workflow/scripts", capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def packages(environment: str) -> dict[str, str]:
    (pip,) = [e["pip"] for e in read(ROOT / f"envs/{environment}.yaml")["dependencies"] if isinstance(e, dict)]
    return pins(pip)


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_a_study_is_named_like_its_file_and_every_option_is_allowed(file: Path) -> None:
    study = study_of(file)
    assert study.study == ("digits" if file.name == "config.yaml" else file.stem)
    check_options(study, where=file.name)


def test_studies_do_not_share_a_folder_of_results() -> None:
    names = [study_of(file).study for file in STUDIES]
    assert len(set(names)) == len(names)


def test_the_citation_can_be_read_and_names_every_paper_that_the_code_names() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == "Lethe"
    assert citation["authors"] == [{"name": "The Lethe authors"}]
    for paper in citation["references"]:
        assert paper["title"] and paper["authors"] and paper["year"]
    cited = {identifier["value"] for paper in citation["references"] for identifier in paper["identifiers"]}
    library = (ROOT / "workflow/scripts/lethe").rglob("*.py")
    named = {paper for file in library for paper in re.findall(r"arXiv:\d{4}\.\d{5}", file.read_text())}
    assert named <= cited


def test_the_licence_is_the_one_that_the_citation_names() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert licence.startswith("MIT License\n")
    assert "Copyright (c) The Lethe authors" in licence
    assert read(ROOT / "CITATION.cff")["license"] == "MIT"
