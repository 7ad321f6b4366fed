"""Studies on a real Slurm of one node: the report, a cancelled job, GPU requests, divergence."""

import re
import subprocess
from pathlib import Path

import pytest
import torch

from lethe.report.contents import tables_of
from lethe.store.arrays import read_header
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid
from slurm.cluster import Cluster
from slurm.conftest import CANCELLED, EPOCHS, LIMITED, SLURM, STUDY, Rounds
from support.workspace import make_workspace

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(1800)]
WITH_GPU = ("rule_train_", "rule_measure_generalisation_", "rule_block_supervised_")
WITHOUT_GPU = ("rule_prepare_data_", "rule_cell_supervised")


def tables(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "results/tiny/tables").glob("[!.]*")}


def test_a_study_runs_to_its_report(rounds: Rounds) -> None:
    assert rounds.disturbed.process.returncode == 0, rounds.disturbed.output()
    assert "</html>" in rounds.disturbed.results("report.html").read_text()


def test_tables_equal_those_of_a_local_run_byte_for_byte(rounds: Rounds) -> None:
    assert rounds.undisturbed.process.returncode == 0, rounds.undisturbed.output()
    local = tables(rounds.undisturbed.folder)
    study = Grid(read_study_file(rounds.undisturbed.folder / "studies/tiny.yaml"))
    assert {"accuracy", "pies", "classes"} < set(tables_of(study)) == {Path(name).stem for name in local}
    assert tables(rounds.disturbed.folder) == local


def test_a_cancelled_training_job_is_submitted_again_with_more_memory(rounds: Rounds) -> None:
    attempts = [job for job in rounds.jobs if job.task.endswith(CANCELLED)]
    assert [job.state for job in attempts] == ["CANCELLED", "COMPLETED"]
    assert attempts[0].number == rounds.cancelled.job
    assert [job.memory for job in attempts] == ["16000M", "32000M"]
    others = [job.state for job in rounds.jobs if not job.task.endswith(CANCELLED)]
    assert others and set(others) == {"COMPLETED"}


def test_the_cancelled_job_was_in_the_middle_of_training(rounds: Rounds) -> None:
    last = re.findall(rf"epoch (\d+)/{EPOCHS}", rounds.cancelled.log)[-1]
    assert 1 <= int(last) < EPOCHS
    retried = rounds.disturbed.results("logs/train/supervised/seeds0-0.log").read_text()
    assert f"epoch {EPOCHS}/{EPOCHS}" in retried and retried != rounds.cancelled.log


@pytest.mark.parametrize("task", WITH_GPU)
def test_a_job_that_asks_for_a_gpu_sees_one_and_so_does_a_group(task: str, rounds: Rounds, slurm: Cluster) -> None:
    jobs = [job for job in rounds.jobs if job.task.startswith(task)]
    seen = [slurm.visible_devices()[job.number] for job in jobs]
    assert jobs and all(job.has_gpu for job in jobs)
    assert all(re.fullmatch(r"[0-3]", devices) for devices in seen), seen


@pytest.mark.parametrize("task", WITHOUT_GPU)
def test_a_job_that_asks_for_none_sees_none(task: str, rounds: Rounds, slurm: Cluster) -> None:
    jobs = [job for job in rounds.jobs if job.task.startswith(task)]
    assert jobs and not any(job.has_gpu for job in jobs)
    assert {slurm.visible_devices()[job.number] for job in jobs} == {""}


def test_every_job_is_of_a_rule_whose_gpus_are_known(rounds: Rounds) -> None:
    assert all(job.task.startswith((*WITH_GPU, *WITHOUT_GPU)) for job in rounds.jobs)


def test_short_jobs_share_one_job_per_block_and_one_per_regime_and_start_warm_there(rounds: Rounds) -> None:
    of_blocks = [job for job in rounds.jobs if job.task.startswith("rule_block_supervised_")]
    blocks = [job.task.removeprefix("rule_block_supervised_").partition("_")[0] for job in of_blocks]
    assert sorted(blocks) == ["0-0", "1-1"]  # each with two cells
    of_cells = [job for job in rounds.jobs if job.task.startswith("rule_cell_supervised")]
    assert len(of_cells) == 1  # cost of two cells, PIEs of one
    assert {warm.script for warm in rounds.warm} >= {"measure.py"}
    assert {warm.job for warm in rounds.warm} <= {str(job.number) for job in (*of_blocks, *of_cells)}
    assert all(warm.job == warm.servers_job for warm in rounds.warm)
    assert len({warm.server for warm in rounds.warm}) == len({warm.job for warm in rounds.warm})


def test_a_gpu_that_is_only_promised_leaves_training_on_the_cpu(rounds: Rounds) -> None:
    checkpoint = rounds.disturbed.results("checkpoints/supervised/dense/0/seeds0-0.safetensors")
    assert read_header(checkpoint)["device"] == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_diverging_study_is_trained_once(rounds: Rounds) -> None:
    output = rounds.diverging.output()
    assert rounds.diverging.process.returncode == 1, output
    attempts = [job for job in rounds.diverging_jobs if job.is_of("train") and job.task.endswith("0-0")]
    assert [job.state for job in attempts] == ["FAILED", "FAILED"]
    messages = re.findall(r"^error: seed 0 diverged in epoch 1 .*$", output, re.MULTILINE)
    assert ["not trained again: attempt 2" in message for message in messages] == [False, True]


@pytest.mark.long
def test_a_node_finds_the_scripts_of_a_workflow_that_lies_elsewhere(slurm: Cluster, tmp_path: Path) -> None:
    workflow, here = make_workspace(tmp_path / "lethe of a stranger"), tmp_path / "here"
    here.mkdir()
    (here / "study.yaml").write_text(STUDY.format(epochs=2, learning_rate=0.1))
    (here / "profiles").symlink_to(workflow / "profiles")
    result = subprocess.run(
        [
            *(*LIMITED, "snakemake", "--snakefile", str(workflow / "Snakefile"), "--configfile", "study.yaml"),
            *(*SLURM, "--until", "prepare_data"),
        ],
        cwd=here,
        env=slurm.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "SLURM jobid" in result.stdout
    assert (here / "results/tiny/data/train.npy").is_file()
