"""Latency is timed while no other job of the study runs, and another level times itself alone."""

import re
from pathlib import Path

import pytest

from support.workspace import make_workspace, planned_jobs, snakemake

pytestmark = pytest.mark.slow
CONFIG = "timed.yaml"
STUDY = """
study: timed
dataset: {name: toy}
model: {name: resnet, options: {blocks: [1, 1], width: 4}}
seeds: {count: 2, block: 2}
regimes:
  supervised: {epochs: 1, batch_size: 16, learning_rate: 0.1}
compression:
  magnitude_global: {levels: [0.50, 0.90], options: {recalibrate: 48}}
evaluation: {splits: [test]}
measures: {probes: false, untrained: false, pixels: false, cost: false, latency: {batches: [1], rounds: 5}}
"""


def result(kind: str, level: str) -> str:
    """A result of one level; predictions are there for jobs that could run beside latency."""
    ending = {"latency": "", "predictions": "/test/seeds0-1"}[kind]
    folder = {"latency": "measures/latency", "predictions": "evaluations"}[kind]
    return f"results/timed/{folder}/supervised/magnitude_global/{level}{ending}.parquet"


TARGETS = [result(kind, level) for kind in ("latency", "predictions") for level in ("0.50", "0.90")]


def test_no_job_runs_beside_latency_and_a_new_level_times_itself_alone(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "lethe")
    (folder / CONFIG).write_text(STUDY)
    ran = snakemake(folder, "--configfile", CONFIG, "--cores", "2", "--show-failed-logs", *TARGETS)
    assert ran.returncode == 0, ran.stdout
    events = re.findall(r"^(?:Job (\d+): (.*)|Finished jobid: (\d+))", ran.stdout, re.MULTILINE)
    running: set[str] = set()
    timed: set[str] = set()
    for started, message, finished in events:
        if started:
            assert not running & timed, f"{message} started beside latency"
            if message.startswith("Measuring latency"):
                assert not running, "latency started beside another job"
                timed.add(started)
            running.add(started)
        else:
            running.discard(finished)
    assert len(timed) == 2
    (folder / CONFIG).write_text(STUDY.replace("0.90]", "0.90, 0.95]"))
    jobs = planned_jobs(
        folder, "--nolock", *TARGETS, *(target.replace("0.90", "0.95") for target in TARGETS[1::2]), config=CONFIG
    )
    assert jobs == {"compress": 1, "measure_latency": 1, "measure_predictions": 1}
