"""As a user meets it: copied, damaged and half deleted studies; options and code that change, also during a run."""

import shutil
from pathlib import Path

import pytest

from support.faults import CONFIG
from support.finished import finished_smoke
from support.workspace import copy_workspace, lethe, planned_jobs

pytestmark = pytest.mark.slow
RESULTS = Path("results/smoke")
PREDICTIONS = RESULTS / "evaluations/supervised/magnitude_global/0.50/test/seeds0-1.parquet"


@pytest.fixture
def study(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A finished study that a test may change."""
    return copy_workspace(finished_smoke(tmp_path_factory), tmp_path / "lethe")


def contents(study: Path) -> dict[str, bytes]:
    """Every file of a study but its logs."""
    files = (file for file in (study / RESULTS).rglob("*") if file.is_file() and "logs" not in file.parts)
    return {file.relative_to(study).as_posix(): file.read_bytes() for file in files}


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


@pytest.mark.long
def test_a_copy_without_memory_and_with_other_times_is_finished(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(study, copy, symlinks=True, copy_function=shutil.copyfile)
    shutil.rmtree(copy / ".snakemake")
    shutil.rmtree(copy / ".lethe")
    (copy / RESULTS / "data/train.npy").touch()
    assert planned_jobs(copy) == {}
    assert "nothing is left to do" in lethe(copy, "plan", "--config", CONFIG).stdout
    told = lethe(copy, "verify", "--config", CONFIG)
    assert told.returncode == 0 and "are whole, of this config and of this code" in told.stdout


def test_damage_is_named_and_exactly_that_is_made_again(study: Path) -> None:
    before = contents(study)
    flip(study / PREDICTIONS)
    (study / RESULTS / "headlines.txt").unlink()
    (study / RESULTS / "data/test.npy").write_bytes(b"")
    checkpoints = {file: file.stat().st_mtime_ns for file in (study / RESULTS / "checkpoints").rglob("*.safetensors")}
    told = lethe(study, "verify", "--config", CONFIG)
    assert told.returncode == 1
    for sentence in (
        f"{PREDICTIONS} is damaged",
        f"{RESULTS}/headlines.txt is missing",
        f"{RESULTS}/data/test.npy is not what was written",
    ):
        assert sentence in told.stdout
    ran = lethe(study, "run", "--config", CONFIG)
    assert ran.returncode == 0, ran.stdout
    assert "Making again what is damaged or missing" in ran.stdout
    assert contents(study) == before
    # No good network was lost for the sake of an image store that could be made again.
    assert checkpoints == {file: file.stat().st_mtime_ns for file in checkpoints}


def test_a_changed_option_is_seen_without_snakemakes_memory(study: Path) -> None:
    shutil.rmtree(study / ".snakemake")
    config = study / CONFIG
    config.write_text(config.read_text().replace("learning_rate: 0.1", "learning_rate: 0.2"))
    told = lethe(study, "verify", "--config", CONFIG)
    assert told.returncode == 1 and "was made with other options" in told.stdout
    jobs = planned_jobs(study)
    assert jobs["train"] == 2 and jobs["compress"] >= 4 and "prepare_data" not in jobs


@pytest.mark.long
def test_code_that_is_edited_between_plan_and_job_is_refused(study: Path) -> None:
    """The first job edits what the second is made of, as a checkout during a run does."""
    module = study / "workflow/scripts/lethe/pies/find.py"
    table = study / "workflow/scripts/find_pies.py"
    table.write_text(table.read_text() + "\nEDITED = 1\n")  # so that jobs of this script run
    script = table.read_text().replace(
        "def main(", f"import pathlib; _m = pathlib.Path({str(module)!r}); _t = _m.read_text()\n"
        "_n = _m.with_name(f'find.{__import__(\"os\").getpid()}')\n"  # whole at once: two jobs import it meanwhile
        "_n.write_text(_t if 'LATER' in _t else _t + '\\nLATER = 1\\n')\n_n.replace(_m)\n\n\ndef main(", 1
    )  # fmt: skip
    table.write_text(script)
    ran = lethe(study, "run", "--config", CONFIG)
    assert ran.returncode == 1
    assert "was edited" in ran.stdout and "plans with the code as it is" in ran.stdout
    again = lethe(study, "run", "--config", CONFIG)
    assert again.returncode == 0, again.stdout
    assert lethe(study, "verify", "--config", CONFIG).returncode == 0
