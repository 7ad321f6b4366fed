"""What a stranger meets first agrees with itself: versions, hooks, the forge's workflow, the catalogue's entry."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
LOCKED = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
# Programs that come with a package of another name.
PACKAGES = {"check-yaml": "pre_commit_hooks", "check-added-large-files": "pre_commit_hooks"}


def read(file: str) -> Any:
    return yaml.safe_load((ROOT / file).read_text())


def recipe(target: str) -> str:
    """The commands of a target of the Makefile."""
    (found,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    return str(found)


def test_the_first_release_of_the_changelog_is_the_version_of_the_package_and_of_the_citation() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    version, _, date = headings[1].partition(" - ")
    citation = read("CITATION.cff")
    assert version == PROJECT["version"] == citation["version"]
    assert date == str(citation["date-released"]) and re.fullmatch(r"\d{4}-\d\d-\d\d", date)


HOOKS = {hook["id"]: hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]}


def test_hooks_need_no_repository_but_this_one() -> None:
    assert [repo["repo"] for repo in read(".pre-commit-config.yaml")["repos"]] == ["local"]
    assert list(HOOKS) == ["ruff-check", "ruff-format", "snakefmt", "codespell", "check-yaml", "large-files"]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_calls_a_locked_program_that_make_lint_calls_too(hook: str) -> None:
    program, *_ = HOOKS[hook]["entry"].split()
    assert program.startswith(".venv/bin/") and HOOKS[hook]["language"] == "system"
    name = program.rpartition("/")[2]
    assert PACKAGES.get(name, name) in LOCKED
    # The guard looks at what a commit adds, which is nothing when a clone is checked.
    assert f"$(BIN)/{name}" in recipe("lint") or hook == "large-files"


def test_every_hook_has_files_that_it_looks_at() -> None:
    pattern = re.compile(HOOKS["snakefmt"]["files"])
    rules = [*ROOT.glob("rules/*.smk"), ROOT / "Snakefile", ROOT / "workflow/Snakefile"]
    assert len(rules) > 10 and all(pattern.search(file.relative_to(ROOT).as_posix()) for file in rules)
    assert not pattern.search("workflow/scripts/compress.py")


JOBS = read(".github/workflows/ci.yml")["jobs"]
COMMANDS = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in JOBS.items()}


def test_the_forge_calls_targets_that_there_are() -> None:
    called = [
        word for run in COMMANDS.values() for line in run if line.startswith("make ") for word in line.split()[1:2]
    ]
    assert {"lint", "types", "test", "setup", "test-fast"} == set(called) <= TARGETS


def test_the_forge_does_what_ci_does() -> None:
    script = (ROOT / ".ci/run").read_text()
    (targets,) = re.findall(r"^make (.*)$", script, re.MULTILINE)
    assert [line.removeprefix("make ") for line in COMMANDS["all"] if line.startswith("make ")] == targets.split()
    (packages,) = re.findall(r"--no-install-recommends \\\n +(.*) >/dev/null", script)
    (installed,) = [line for line in COMMANDS["all"] if "apt-get install" in line]
    assert installed.split("--no-install-recommends")[1].split() == packages.split()


def test_the_forge_tries_every_python_that_the_package_names_and_no_host_of_packages() -> None:
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert JOBS["fast"]["strategy"]["matrix"]["python"] == named
    assert f">={named[0]}" == PROJECT["requires-python"]
    assert "://" not in (ROOT / ".github/workflows/ci.yml").read_text()


def test_the_catalogue_finds_what_it_looks_for() -> None:
    usage = read(".snakemake-workflow-catalog.yml")["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["report"] is True and usage["software-stack-deployment"]["conda"] is True
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    named = usage["mandatory-flags"]["flags"].removeprefix("--snakefile path/to/lethe/")
    assert all((ROOT / file).is_file() for file in (named, "workflow/Snakefile", "config/README.md"))
    assert "report:" in (ROOT / "Snakefile").read_text()


def test_the_config_that_snakedeploy_copies_is_the_default_study() -> None:
    assert (ROOT / "config/config.yaml").resolve() == ROOT / "config.yaml"
