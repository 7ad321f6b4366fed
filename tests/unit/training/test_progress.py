"""What a job tells while it runs: a line an epoch, and a side file that `make status` reads."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.training import progress
from lethe.training.progress import Progress, clock, reporter, side_file


@given(st.floats(0, 1e6))
def test_a_clock_reads_back_as_its_seconds(seconds: float) -> None:
    hours, minutes, rest = (int(part) for part in clock(seconds).split(":"))
    assert 0 <= minutes < 60 and 0 <= rest < 60
    assert hours * 3600 + minutes * 60 + rest == round(seconds)


def test_less_than_no_time_is_no_time() -> None:
    assert clock(-3.0) == "0:00:00"


def test_a_line_names_seed_epoch_loss_accuracy_and_time() -> None:
    assert Progress(7, 3, 20, 0.51234, 0.9, 0.1).line(3725.0) == (
        "seed 7  epoch 3/20  loss 0.5123  test accuracy 0.900  1:02:05 left"
    )
    assert "test accuracy not yet measured" in Progress(7, 3, 20, 0.5, None, 0.1).line(1.0)


def test_the_side_file_holds_a_step_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    output = tmp_path / "seeds0-1.safetensors"
    report = reporter(output)
    # (seconds since the start, epoch, epoch that the side file holds afterwards)
    for after, epoch, kept in [(1.0, 1, 1), (1.5, 2, 1), (2.5, 3, 3)]:
        now = 100.0 + after
        report(Progress(0, epoch, 10, 0.5, None, epoch / 10))
        assert json.loads(side_file(output).read_text())["epoch"] == kept
    assert len(capsys.readouterr().err.splitlines()) == 3


@pytest.mark.parametrize(("share_at_start", "seconds_left"), [(0.0, 30), (0.15, 75)])
def test_the_time_left_counts_only_what_was_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share_at_start: float, seconds_left: int
) -> None:
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    report = reporter(tmp_path / "block", share_at_start=share_at_start)
    now = 10.0
    report(Progress(0, 5, 10, 0.5, 0.5, 0.25))
    assert json.loads(side_file(tmp_path / "block").read_text())["seconds_left"] == seconds_left
