"""`lethe prune` removes what a config has lost, and nothing else; `lethe plan` says what is left and what it takes."""

import fcntl
import re
from pathlib import Path

import pytest

from support.faults import artefacts
from support.workspace import lethe, planned_jobs

pytestmark = pytest.mark.slow
CONFIG = "studies/smoke.yaml"
RESULTS = Path("results/smoke")


def edit(study: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, (study / CONFIG).read_text(), count=1)
    assert count == 1
    (study / CONFIG).write_text(text)


def all_files(study: Path) -> set[str]:
    return {path.relative_to(study).as_posix() for path in (study / RESULTS).rglob("*") if path.is_file()}


def make(study: Path, *names: str) -> None:
    for name in names:
        (study / RESULTS / name).parent.mkdir(parents=True, exist_ok=True)
        (study / RESULTS / name).write_text("made")


OWN = ("notes.txt", "figures/mine.png", "checkpoints/readme", "export/supervised/random/0.30/seed1/network.onnx")
OBSOLETE = (
    "export/supervised/magnitude_global/0.90/seed1/network.onnx",
    "export/supervised/random/0.30/seed7/network.onnx",
    "checkpoints/gone/dense/0/seeds0-1.safetensors",
    "checkpoints/gone/dense/0/.seeds0-1.safetensors.seed0.resume",
    "checkpoints/supervised/dense/0/.seeds0-1.safetensors.lock",
    "generalisation/supervised/noise0.2/seeds0-1.safetensors",
    "trajectories/gone/seeds0-1.safetensors",
    "data/test@fog-3.npy",
    "measures/latency/supervised/random/0.30.parquet",
    "labelled/seeds0-1.parquet",
    "logs/train/gone/seeds0-1.log",
    "tables/latency.csv",
)
KEPT_SIDE_FILE = "checkpoints/supervised/random/0.30/.seeds0-1.safetensors.progress"


def test_what_a_config_has_lost_is_shown_then_removed_and_nothing_else(study: Path) -> None:
    make(study, *OWN, *OBSOLETE, KEPT_SIDE_FILE)
    edit(study, r"levels: \[0.50, 0.90\]", "levels: [0.50]")
    before, whole = all_files(study), artefacts(study)
    shown = lethe(study, "prune", "--config", CONFIG)
    assert shown.returncode == 0, shown.stdout
    assert f"lethe prune --config {CONFIG} --yes" in shown.stdout and all_files(study) == before
    listed = set(re.findall(r"^  (results/\S+)$", shown.stdout, re.MULTILINE))
    assert all(f"{RESULTS}/{name}" in listed for name in OBSOLETE)
    assert not any(f"{RESULTS}/{name}" in listed for name in (*OWN, KEPT_SIDE_FILE))
    of_the_level = {path for path in before if "magnitude_global/0.90" in path}
    assert len(of_the_level) > 10
    assert listed == of_the_level | {f"{RESULTS}/{name}" for name in OBSOLETE}

    removed = lethe(study, "prune", "--config", CONFIG, "--yes")
    assert removed.returncode == 0 and f"removed {len(listed)} files" in removed.stdout, removed.stdout
    assert all_files(study) == before - listed
    assert {path: content for path, content in whole.items() if path not in listed} == artefacts(study)
    assert not (study / RESULTS / "checkpoints/gone").exists()
    assert not list((study / ".lethe/locks").rglob("*0.90*"))
    again = lethe(study, "prune", "--config", CONFIG, "--yes")
    assert again.stdout == "nothing to remove: all that lies in results/smoke is asked for\n"
    assert not {"train", "compress", "measure_predictions", "find_pies"} & set(planned_jobs(study))


def test_what_a_job_writes_now_stays_and_a_live_run_is_not_disturbed(study: Path) -> None:
    edit(study, r"levels: \[0.50, 0.90\]", "levels: [0.50]")
    path = "results/smoke/checkpoints/supervised/magnitude_global/0.90/seeds0-1.safetensors"
    with (study / f".lethe/locks/{path}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        removed = lethe(study, "prune", "--config", CONFIG, "--yes")
    assert removed.returncode == 0 and "1 are being written and stay" in removed.stdout
    assert (study / path).exists() and not (study / path.replace("0-1", "2-3")).exists()
    make(study, *OBSOLETE)
    with (study / ".snakemake/lethe/run.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = lethe(study, "prune", "--config", CONFIG, "--yes")
    assert refused.returncode == 1 and "another run is alive here" in refused.stdout
    assert f"{RESULTS}/{OBSOLETE[0]}" in all_files(study)


def test_a_folder_that_two_configs_share_is_pruned_for_neither(study: Path) -> None:
    text = (study / CONFIG).read_text()
    (study / "other.yaml").write_text(text.replace("[0.50, 0.90]", "[0.50]"))
    refused = lethe(study, "prune", "--config", "other.yaml", "--yes")
    assert refused.returncode == 1
    assert "study: 'smoke' is also that of studies/smoke.yaml" in refused.stdout


def jobs_told(study: Path) -> str:
    """The sentence of a plan that says what its jobs take."""
    (told,) = (line for line in lethe(study, "plan", "--config", CONFIG).stdout.splitlines() if " jobs, " in line)
    return told


def test_the_plan_of_a_finished_study_says_so_and_of_a_new_level_what_it_takes(study: Path) -> None:
    done = lethe(study, "plan", "--config", CONFIG)
    finished, power, *others = done.stdout.splitlines()
    assert finished == "finished: nothing is left to do; the report: results/smoke/report.html" and not others
    assert power == "supervised: its dense networks differ on too few test images to say what its seeds will find."
    edit(study, r"levels: \[0.30\]", "levels: [0.30, 0.60]")
    told = jobs_told(study)
    assert re.fullmatch(
        r"\d+ jobs, \d+ of them on a GPU; "
        r"about \d+:\d\d:\d\d if one job follows the other, and [\d.]+ [kM]B on disk, by what finished jobs of this "
        r"study took",
        told,
    )
    edit(study, "latency: false", "latency: {batches: [1], rounds: 5}")
    told = jobs_told(study)
    assert told.endswith("; more for measure_latency, of which none has finished yet")
