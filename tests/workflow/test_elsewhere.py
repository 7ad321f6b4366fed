"""The workflow from another folder: by its path, as a module, in snakedeploy's layout, by `lethe`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.faults import CONFIG, artefacts
from support.workspace import ROOT, environment, listed_jobs, make_workspace, planned_jobs, snakemake

pytestmark = pytest.mark.slow
MODULE = """
configfile: "{config}"


module lethe:
    snakefile: "{snakefile}"
    config: {values}


use rule * from lethe{names}
"""


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workflow lies: a folder whose name needs quotes in a shell."""
    return make_workspace(tmp_path_factory.mktemp("installed") / "lethe of a stranger")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where the stranger works: a folder with a study and nothing else."""
    (tmp_path / "my").mkdir()
    shutil.copy(ROOT / CONFIG, tmp_path / "my/study.yaml")
    return tmp_path / "my"


def use_module(here: Path, snakefile: object, *, values: str = "config", names: str = "") -> Path:
    """Write a Snakefile that uses the workflow as a module, as snakedeploy lays it out."""
    for folder in ("workflow", "config"):
        (here / folder).mkdir()
    study = (here / "study.yaml").read_text()
    if values != "config":
        study = "lethe:\n" + "".join(f"  {line}\n" for line in study.splitlines())
    (here / "config/config.yaml").write_text(study)
    text = MODULE.format(config="config/config.yaml", snakefile=snakefile, values=values, names=names)
    (here / "workflow/Snakefile").write_text(text)
    return here


@pytest.fixture(scope="module")
def jobs_at_home(workflow: Path) -> dict[str, int]:
    """What the study takes in the workflow's own folder."""
    return planned_jobs(workflow)


def test_another_folder_plans_the_same_jobs_by_words_that_name_no_folder(
    workflow: Path, here: Path, jobs_at_home: dict[str, int]
) -> None:
    result = snakemake(here, "-n", "-p", "--snakefile", str(workflow / "Snakefile"), "--configfile", "study.yaml")
    assert result.returncode == 0, result.stdout
    assert listed_jobs(result.stdout) == {**jobs_at_home, "all": 1}
    commands = [line for line in result.stdout.splitlines() if "workflow/scripts/" in line and "python" in line]
    assert commands and all('python "$LETHE"/workflow/scripts/' in command for command in commands)
    assert not any(str(workflow) in command for command in commands)


@pytest.mark.parametrize(
    ("names", "place"),
    [
        ("", "workflow/Snakefile"),
        (" as lethe_*", "Snakefile"),
        pytest.param("", "Snakefile", marks=pytest.mark.long),
        pytest.param(" as lethe_*", "workflow/Snakefile", marks=pytest.mark.long),
    ],
)
def test_a_module_in_snakedeploys_layout_plans_the_same_jobs(
    workflow: Path, here: Path, jobs_at_home: dict[str, int], place: str, names: str
) -> None:
    result = snakemake(use_module(here, workflow / place, names=names), "-n")
    assert result.returncode == 0, result.stdout
    planned = {rule.removeprefix("lethe_"): count for rule, count in listed_jobs(result.stdout).items()}
    default = "all" if place == "Snakefile" else "everything"
    assert planned == {**jobs_at_home, default: 1}


def test_a_module_may_have_its_study_below_a_key_and_rules_beside_it(workflow: Path, here: Path) -> None:
    use_module(here, workflow / "Snakefile", values='config["lethe"]', names=" as lethe_*")
    own = 'rule own:\n    input: "results/smoke/report.html"\n    output: "own.txt"\n    shell: "cp {input} {output}"\n'
    with (here / "workflow/Snakefile").open("a") as file:
        file.write(f"\n\n{own}")
    result = snakemake(here, "-n", "own.txt")
    assert result.returncode == 0, result.stdout
    jobs = listed_jobs(result.stdout)
    assert jobs["own"] == jobs["lethe_make_page"] == 1 and jobs["lethe_train"] == 2


def test_a_wrong_study_of_a_module_is_told_in_one_sentence(workflow: Path, here: Path) -> None:
    use_module(here, workflow / "Snakefile")
    config = here / "config/config.yaml"
    config.write_text(config.read_text().replace("random:", "randon:"))
    result = snakemake(here, "-n")
    assert result.returncode == 1
    assert result.stdout.startswith("config/config.yaml: compression.randon: unknown compression method 'randon'")


def test_rules_without_their_library_are_refused_in_one_sentence(workflow: Path, tmp_path: Path) -> None:
    """That is how a module comes that Snakemake fetches from a repository, file by file."""
    alone = tmp_path / "alone"
    shutil.copytree(workflow, alone, ignore=shutil.ignore_patterns("scripts", ".snakemake"))
    result = snakemake(tmp_path, "-n", "--snakefile", str(alone / "Snakefile"))
    assert result.returncode == 1
    assert "Lethe's rules need the library beside them: clone the repository" in result.stdout
    assert "Traceback" not in result.stdout


def test_lethe_plans_in_any_folder(workflow: Path, here: Path, jobs_at_home: dict[str, int]) -> None:
    """The library that is called knows the Snakefile beside it, and the profile."""
    result = subprocess.run(
        [sys.executable, "-m", "lethe", "plan", "--config", "study.yaml"],
        cwd=here,
        env=environment(PYTHONPATH=str(workflow / "workflow/scripts")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert f"{sum(jobs_at_home.values())} jobs, " in result.stdout
    assert not (here / "results").exists()


@pytest.mark.long
def test_a_run_elsewhere_makes_the_same_files_and_survives_a_move(undisturbed: Path, tmp_path: Path) -> None:
    """Neither results nor what makes a job run again knows where the workflow lies."""
    installed, here = make_workspace(tmp_path / "lethe of a stranger"), tmp_path / "here"
    here.mkdir()
    shutil.copy(undisturbed / CONFIG, here / "study.yaml")
    arguments = ("--configfile", "study.yaml", "--cores", "2")
    result = snakemake(here, "--snakefile", str(installed / "Snakefile"), *arguments)
    assert result.returncode == 0, result.stdout
    assert artefacts(here) == artefacts(undisturbed)
    moved = installed.rename(tmp_path / "moved")
    again = snakemake(here, "--snakefile", str(moved / "Snakefile"), *arguments)
    assert "Nothing to be done" in again.stdout, again.stdout


@pytest.mark.long
def test_a_module_runs_to_its_end_and_makes_the_same_files(undisturbed: Path, tmp_path: Path) -> None:
    installed, here = make_workspace(tmp_path / "lethe"), tmp_path / "here"
    here.mkdir()
    shutil.copy(undisturbed / CONFIG, here / "study.yaml")
    result = snakemake(use_module(here, installed / "workflow/Snakefile"), "--cores", "2")
    assert result.returncode == 0, result.stdout
    assert artefacts(here) == artefacts(undisturbed)
    assert "Nothing to be done" in snakemake(here, "-n").stdout
