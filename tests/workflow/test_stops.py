"""Ctrl-C, and a run that nobody watches: what is told, and that the same command goes on."""

import os
import signal
from pathlib import Path

import pytest

from support.faults import CONFIG, of_kind, start_study, wait_until
from support.workspace import lethe

pytestmark = pytest.mark.slow


def test_a_run_without_a_terminal_tells_how_far_it_is_and_ctrl_c_that_it_goes_on(long_study: Path) -> None:
    pulse = long_study / "workflow/scripts/lethe/run/pulse.py"
    text = pulse.read_text()
    assert "_SECONDS_BETWEEN_LINES = 60.0" in text
    pulse.write_text(text.replace("_SECONDS_BETWEEN_LINES = 60.0", "_SECONDS_BETWEEN_LINES = 1.0"))
    run, out = start_study(long_study), long_study / "out.txt"
    wait_until(lambda: len(of_kind(long_study, "job", "train.py")) == 2, "training")
    told = "steps done; running: train supervised/0-1, train supervised/2-3; "
    wait_until(lambda: told in out.read_text(errors="replace"), "a line about the trainings")
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    assert run.wait(120) == 1
    lines = out.read_text(errors="replace").splitlines()
    assert lines[-1] == "error: stopped; finished jobs are kept, and the same command goes on"
    assert "Traceback" not in "\n".join(lines[-5:])
    wait_until(lambda: not of_kind(long_study, "job"), "the end of the jobs")
    planned = lethe(long_study, "plan", "--config", CONFIG)
    assert planned.returncode == 0 and "2  train" in planned.stdout, planned.stdout
    assert "prepare_data" not in planned.stdout
