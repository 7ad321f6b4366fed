"""The command `lethe`: help that names every option, one sentence for what goes wrong, the listing of plug-ins."""

import json
import os
import re
import subprocess
import sys
import tomllib
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest

from lethe.core import registry
from lethe.run.app import main
from lethe.run.known import known_plugins

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = {
    "run": {"--config", "--profile", "--reread", "--replace"},
    "plan": {"--config", "--profile"},
    "verify": {"--config", "--profile", "--rebuild", "--all"},
    "status": {"--config"},
    "prune": {"--config", "--yes"},
    "accept": {"--config"},
    "export": {"--cell", "--seed", "--config", "--profile"},
    "report": {"FOLDER", "--config", "--output"},
    "config": {"FILE", "--known", "--schema", "--keys", "--options"},
}


def lethe(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command as a user would call it, on a wide terminal; output and errors together."""
    shown = StringIO()
    with (
        chdir(folder),
        redirect_stdout(shown),
        redirect_stderr(shown),
        patch.object(sys, "argv", ["lethe", *arguments]),
        patch.dict(os.environ, {"COLUMNS": "200"}),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), shown.getvalue())


def test_the_help_lists_every_command_with_a_line() -> None:
    shown = lethe("--help")
    assert shown.returncode == 0
    listed = dict(re.findall(r"^│ (\w+) {2,}(\S.*?) *│$", shown.stdout, re.MULTILINE))
    assert list(listed) == list(OPTIONS)
    assert all(line.endswith(".") for line in listed.values())
    assert "Usage" in lethe().stdout  # without a command too


@pytest.mark.parametrize("command", OPTIONS)
def test_a_commands_help_says_what_it_does_and_names_its_options(command: str) -> None:
    result = lethe(command, "--help")
    assert result.returncode == 0
    assert f"Example: lethe {command}" in result.stdout
    assert re.search(r"[Ww]rites", result.stdout)
    options = set(re.findall(r"^│ (?:\* +| +)?(--\w+|\[?[A-Z]+\]?) ", result.stdout, re.MULTILINE))
    assert {option.strip("[]") for option in options} == OPTIONS[command] | {"--help"}


@pytest.mark.parametrize("command", [["run"], ["plan"], ["export", "--cell", "a/b/0"]])
def test_another_folder_without_a_config_is_refused_in_a_sentence(command: list[str], tmp_path: Path) -> None:
    result = lethe(*command, folder=tmp_path)
    assert result.returncode == 1
    assert result.stdout.endswith("error: config.yaml: there is no such file; known: none\n")
    assert len(result.stdout.splitlines()) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command", [["run", "--config"], ["plan", "--config"], ["status", "--config"], ["config"], ["export", "--config"]]
)
def test_a_missing_config_is_told_in_a_sentence(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "Snakefile").touch()
    cell = ["--cell", "a/b/0"] if command[0] == "export" else []
    result = lethe(*command, "studies/tiral.yaml", *cell, folder=tmp_path)
    assert result.returncode == 1
    assert result.stdout == "error: studies/tiral.yaml: there is no such file; known: none\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--cell", ""], "error: cell '' given, but study 'smoke' has none of that name; a cell is written regime/me"),
        (["--cell", "supervised/randon/0.30"], "did you mean 'supervised/random/0.30'?\n"),
        (["--cell", "supervised/random/0.3", "--seed", "4"], "error: seed 4 given, but study 'smoke' has seeds 0 to 3"),
    ],
)
def test_export_refuses_a_cell_or_seed_that_the_study_lacks(arguments: list[str], expected: str) -> None:
    result = lethe("export", "--config", "studies/smoke.yaml", *arguments)
    assert result.returncode == 1
    assert expected in result.stdout and len(result.stdout.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", [["status", "--config", "studies/smoke.yaml"], ["config", "--known"]])
def test_looking_needs_no_torch_and_leaves_nothing(command: list[str], tmp_path: Path) -> None:
    """Where torch is not installed a study can still be followed."""
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies/smoke.yaml").write_text((ROOT / "studies/smoke.yaml").read_text())
    code = "import json, sys\nfrom lethe.run.app import app\napp(sys.argv[1:], standalone_mode=False)\n"
    code += "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")}
    result = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *shown, modules = result.stdout.splitlines()
    assert any("supervised" in line for line in shown)
    assert not {"torch", "torchvision", "sklearn", "matplotlib", "seaborn", "snakemake"} & set(json.loads(modules))
    assert [path.name for path in tmp_path.rglob("*")] == ["studies", "smoke.yaml"]


def test_the_listing_has_every_plugin_with_what_it_is() -> None:
    listed = known_plugins()
    for room in registry.NOUNS:
        (folder,) = [part for part in listed.split("\n\n") if f"(workflow/scripts/lethe/{room}/)" in part]
        rows = dict(line.split(maxsplit=1) for line in folder.splitlines()[1:])
        assert tuple(rows) == registry.names(room)
        assert all(rows.values())


def test_the_package_names_the_command_and_the_packages_of_the_environments() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, function = project["scripts"]["lethe"].split(":")
    assert callable(getattr(import_module(module), function))
    pinned = {name for file in (ROOT / "envs").glob("*.yaml") for name in re.findall(r"- ([\w-]+)==", file.read_text())}
    of_the_workflow = {name for name in project["dependencies"] if name.startswith("snakemake")}
    assert set(project["dependencies"]) - of_the_workflow == pinned and "snakemake" in of_the_workflow
