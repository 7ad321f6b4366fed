"""The recipes of docs/extending.md work as they stand there: one new file and a line of config, nothing else."""

import csv
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from lethe.core import registry
from support.workspace import ROOT, environment, make_workspace, planned_jobs, snakemake

LIBRARY = "workflow/scripts/lethe"
CONTRACT = {
    "data/sets": "test_data.py",
    "networks/families": "test_models.py",
    "regimes/kinds": "test_regimes.py",
    "data/views": "test_views.py",
    "data/corruptions": "test_corruptions.py",
    "compress/methods": "test_compress.py",
    "measures/results": "test_measures.py",
    "difficulty/kinds": "test_difficulty.py",
    "data/plants": "test_plants.py",
    "report/tables": "test_report.py",
    "report/figures": "test_figures.py",
    "report/sentences": "test_sentences.py",
}
# What the contract tests need to be collected in a copy.
TESTED_WITH = ("tests/conftest.py", "tests/contract", "tests/golden", "tests/support", "tests/unit", "pyproject.toml")


@dataclass(frozen=True)
class Recipe:
    """One section of the page: its files by their places, its lines of config, the contract test it names.

    The first file is what the section is about; others show what comes of it.
    """

    files: dict[str, str]
    config: dict[str, Any]
    contract: str

    @property
    def path(self) -> str:
        return next(iter(self.files))

    @property
    def room(self) -> str:
        return room_of(self.path)

    @property
    def name(self) -> str:
        return Path(self.path).stem

    def drop_into(self, workspace: Path) -> None:
        for path, code in self.files.items():
            assert not (workspace / path).exists(), f"{path} exists; the recipe needs another name"
            (workspace / path).write_text(code)


def room_of(path: str) -> str:
    return str(Path(path).parent.relative_to(LIBRARY))


def recipes() -> list[Recipe]:
    """The sections that have a file, in the order of the page."""
    page = (ROOT / "docs/extending.md").read_text()
    return [_recipe(section) for section in re.split(r"^## ", page, flags=re.M)[1:]]


def _recipe(section: str) -> Recipe:
    files = dict(re.findall(r"^`([\w/]+\.py)`:\n\n```python\n(.*?)^```", section, re.M | re.S))
    config = re.search(r"^```yaml\n(.*?)^```", section, re.M | re.S)
    (contract,) = re.findall(r"`tests/contract/(\w+\.py)` then", section)
    return Recipe(files, yaml.safe_load(config.group(1)) if config else {}, contract)


RECIPES = recipes()
over_recipes = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.room)


def files(workspace: Path) -> dict[str, bytes]:
    """Every file that a user edits, by path."""
    found = (path for path in workspace.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    made = (".lethe", ".snakemake", "results")
    relative = {str(path.relative_to(workspace)): path for path in found}
    return {name: path.read_bytes() for name, path in relative.items() if not name.startswith(made)}


def add_to_smoke(workspace: Path, *added: Recipe, keep: bool = True) -> None:
    """Lines of config in the smoke study, beside the named things that it has or in their place."""
    file = workspace / "studies/smoke.yaml"
    study = yaml.safe_load(file.read_text())
    asked: dict[str, Any] = {}
    for recipe in added:
        for key, value in recipe.config.items():
            asked[key] = {**asked.get(key, {}), **value}
    for key, value in asked.items():
        study[key] = {**study[key], **value} if keep and key not in {"model", "dataset"} else value
    file.write_text(yaml.safe_dump(study, sort_keys=False))


@pytest.fixture(scope="module")
def smoke_jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Jobs of the smoke study as it is."""
    return planned_jobs(make_workspace(tmp_path_factory.mktemp("smoke") / "lethe"))


def test_every_room_has_a_recipe_that_names_its_contract_test() -> None:
    assert {recipe.room: recipe.contract for recipe in RECIPES} == CONTRACT
    for room, contract in CONTRACT.items():
        assert registry.names(room)
        assert (ROOT / "tests/contract" / contract).is_file()


@over_recipes
def test_config_is_shown_where_there_is_any_to_write(recipe: Recipe) -> None:
    sections = {
        "data/sets": "dataset",
        "networks/families": "model",
        "regimes/kinds": "regimes",
        "data/views": "regimes",
        "data/corruptions": "evaluation",
        "compress/methods": "compression",
        "measures/results": "measures",
        "difficulty/kinds": "measures",
        "data/plants": "dataset",
    }
    assert list(recipe.config) == ([sections[recipe.room]] if recipe.room in sections else [])
    # All measures of difficulty are taken where any is asked for.
    assert recipe.name in str(recipe.config) or not recipe.config or recipe.room == "difficulty/kinds"


@pytest.mark.slow
@over_recipes
def test_the_file_is_in_the_style_of_the_house(recipe: Recipe) -> None:
    for command, (path, code) in product(("check", "format --check"), recipe.files.items()):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command.split(), "--no-cache", "--stdin-filename", path, "-"],
            cwd=ROOT,
            input=code,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout


def test_files_that_the_page_names_exist() -> None:
    page = (ROOT / "docs/extending.md").read_text()
    named = set(re.findall(r"`((?:lethe|tests)/[\w/]+\.py)`", page))
    assert named
    for path in named:
        base = ROOT / "workflow/scripts" if path.startswith("lethe/") else ROOT
        assert (base / path).is_file(), path


@pytest.mark.long
@pytest.mark.slow
def test_the_contract_tests_pick_the_files_up(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "lethe")
    for part in TESTED_WITH:
        target = workspace / part
        target.parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, target)
    for recipe in RECIPES:
        recipe.drop_into(workspace)
    names = {recipe.name for recipe in RECIPES}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:xdist",
        "--jaxtyping-packages=lethe,beartype.beartype",
    ]
    result = subprocess.run(
        [
            *command,
            "-m",
            "not gpu",
            "-k",
            " or ".join(sorted(names)),
            *(f"tests/contract/{file}" for file in CONTRACT.values()),
        ],
        cwd=workspace,
        env={name: value for name, value in environment().items() if not name.startswith("PYTEST_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=800,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    for path in (path for recipe in RECIPES for path in recipe.files):
        contract, name = CONTRACT[room_of(path)], Path(path).stem
        passed = re.findall(rf"^PASSED tests/contract/{contract}::\w+\[(?:.*-)?{name}\b", result.stdout, re.M)
        assert len(passed) >= 2, f"{contract} tests '{name}' {len(passed)} times"


@pytest.mark.slow
@over_recipes
def test_one_file_and_its_config_are_enough(recipe: Recipe, smoke_jobs: dict[str, int], tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "lethe")
    recipe.drop_into(workspace)
    add_to_smoke(workspace, recipe)
    after = planned_jobs(workspace)
    added = {rule: after[rule] - smoke_jobs.get(rule, 0) for rule in after if after[rule] != smoke_jobs.get(rule)}
    blocks, cells, treated = 2, 3, 1
    assert (
        added
        == {
            "data/sets": {},
            "networks/families": {},
            "regimes/kinds": {
                "train": blocks,
                "compress": blocks * (cells + treated),
                "measure_predictions": blocks * (cells + treated + 1),
                "measure_cost": cells + 1,
                "find_pies": cells + treated,
                "measure_generalisation": blocks,
            },
            "data/views": {},
            "data/corruptions": {
                "corrupt_split": 1,
                "measure_predictions": blocks * (cells + treated + 1),
                "find_pies": cells + treated,
                "make_table": 1,
            },
            "compress/methods": {"compress": blocks, "measure_predictions": blocks, "measure_cost": 1, "find_pies": 1},
            "measures/results": {"measure_disagreement": cells + 1, "make_table": 1},
            "difficulty/kinds": {
                "measure_inspection": blocks,
                "measure_difficulty": 1,
                "measure_reliability": 1,
                "make_table": 1,
            },
            "data/plants": {
                "measure_inspection": blocks,
                "measure_difficulty": 1,
                "measure_planted": 1,
                "measure_groups": cells,
                "make_table": 2,
            },
            "report/tables": {"make_table": 1},
            "report/figures": {},
            "report/sentences": {},
        }[recipe.room]
    )


@pytest.mark.long
@pytest.mark.slow
def test_a_study_of_nothing_but_these_runs(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "lethe")
    before = files(workspace)
    for recipe in RECIPES:
        recipe.drop_into(workspace)
    add_to_smoke(workspace, *RECIPES, keep=False)
    made = workspace / "results/smoke"
    targets = [
        made / f"{part}" for name in ("kinds", "disagreement") for part in (f"tables/{name}.csv", f"figures/{name}.png")
    ]
    wanted = [str(target.relative_to(workspace)) for target in targets]
    result = snakemake(workspace, *wanted, "--configfile", "studies/smoke.yaml", "--cores", "2", "--show-failed-logs")
    assert result.returncode == 0, result.stdout
    after = files(workspace)
    changed = {name for name in after if after[name] != before.get(name)} | (before.keys() - after.keys())
    assert changed == {path for recipe in RECIPES for path in recipe.files} | {"studies/smoke.yaml"}
    assert [path.name for path in (workspace / "results").iterdir()] == ["smoke"]
    assert sorted(path.name for path in (made / "evaluations").iterdir()) == ["focal", "supervised"]
    rows = list(csv.DictReader(targets[0].read_text().splitlines()))
    cells = [(row["regime"], row["method"], row["level"]) for row in rows]
    assert cells == [("focal", "largest", "0.10"), ("supervised", "largest", "0.10")]
    for row in rows:
        assert sum(int(row[kind]) for kind in ("lost", "gained", "swapped", "none")) == 898  # every second digit
    assert all(target.stat().st_size > 0 for target in targets)
    check_disagreement(made)


def check_disagreement(made: Path) -> None:
    """The new measure's artefact and its table hold what counting pairs of networks by hand gives."""
    table = pd.read_csv(made / "tables/disagreement.csv", dtype={"level": str})
    assert list(zip(table["regime"], table["method"], strict=True)) == [("focal", "largest"), ("supervised", "largest")]
    for row in table.itertuples():
        for column, cell in (("disagreement", "largest/0.10"), ("dense_disagreement", "dense/0")):
            images = pd.read_parquet(made / f"measures/disagreement/{row.regime}/{cell}/test.parquet")
            assert len(images) == 898 and getattr(row, column) == pytest.approx(images["disagreement"].mean())
            files = (made / f"evaluations/{row.regime}/{cell}/test").glob("seeds*.parquet")
            votes = pd.concat(map(pd.read_parquet, files)).pivot(
                index="example_id", columns="seed", values="prediction"
            )
            pairs = [(votes[a] != votes[b]).to_numpy() for a, b in combinations(votes.columns, 2)]
            assert votes.index.tolist() == images["example_id"].tolist() and len(pairs) == 6
            assert images["disagreement"].to_numpy() == pytest.approx(sum(pairs) / 6)
