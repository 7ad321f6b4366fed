"""Benchmarks can be started, and their timing is interleaved and honest."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = (
    *(
        "augmentation",
        "clustering",
        "evaluation",
        "folding",
        "latency",
        "modal_vote",
        "simclr",
        "throughput",
        "training",
        "usual_training",
        "warm_starts",
    ),
)


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"benchmarks/{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


rounds = _module("rounds")


class Stopwatch:
    """A clock that only the ways themselves move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def way(self, name: str, seconds: float) -> Callable[[], None]:
        def run() -> None:
            self.order.append(name)
            self.now += seconds

        return run

    def ways(self, **seconds: float) -> dict[str, Callable[[], None]]:
        return {name: self.way(name, value) for name, value in seconds.items()}


def timed(count: int, **seconds: float) -> tuple[Stopwatch, list]:
    clock = Stopwatch()
    return clock, rounds.interleave(clock.ways(**seconds), rounds=count, clock=lambda: clock.now)


@given(st.integers(5, 9), st.lists(st.floats(0.5, 100), min_size=2, max_size=4))
def test_every_way_is_timed_once_a_round_and_starts_as_often(count: int, seconds: list[float]) -> None:
    clock, timings = timed(count, **{f"way{i}": value for i, value in enumerate(seconds)})
    assert [len(timing.seconds) for timing in timings] == [count] * len(seconds)
    for timing, value in zip(timings, seconds, strict=True):
        assert timing.seconds == pytest.approx((value,) * count)
    turns = [clock.order[start : start + len(seconds)] for start in range(0, len(clock.order), len(seconds))]
    assert len(turns) == count + 1  # one is not counted
    assert all(sorted(turn) == sorted(timing.name for timing in timings) for turn in turns)
    starts = [turn[0] for turn in turns[1:]]
    often = [starts.count(timing.name) for timing in timings]
    assert max(often) - min(often) <= 1


def test_ratios_are_taken_within_rounds() -> None:
    ours = rounds.Timing("ours", (1.0, 2.0, 4.0, 1.0, 1.0))
    other = rounds.Timing("other", (3.0, 6.0, 12.0, 2.0, 9.0))
    assert rounds.ratios([ours, other]) == [rounds.Ratio("other", 3.0, 2.0, 9.0)]


def test_the_table_has_a_row_a_way_with_the_first_as_one() -> None:
    _, timings = timed(5, ours=0.5, other=4.0)
    *_, ours, other = rounds.table(timings).splitlines()
    assert ours == "| ours | 0.5 | 1 |"
    assert other == "| other | 4 | 8.0 (8.0 to 8.0) |"


@pytest.mark.parametrize(("count", "seconds"), [(4, {"a": 1, "b": 1}), (5, {"a": 1})])
def test_too_few_rounds_or_ways_are_refused(count: int, seconds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least 5 rounds of 2"):
        timed(count, **seconds)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_parses_and_only_runs_when_it_is_asked_to(name: str) -> None:
    source = (ROOT / f"benchmarks/{name}.py").read_text()
    assert 'if __name__ == "__main__":\n    cli.run(main)\n' in source
    compile(source, name, "exec")


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_says_what_it_takes(name: str) -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / f"benchmarks/{name}.py"), "--help"],
        env={"PYTHONPATH": str(ROOT / "workflow/scripts"), "OMP_NUM_THREADS": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "--help" in result.stdout


def test_every_benchmark_is_listed_in_the_readme() -> None:
    readme = (ROOT / "benchmarks/README.md").read_text()
    files = {file.stem for file in (ROOT / "benchmarks").glob("*.py")}
    assert files == {*SCRIPTS, "rounds", "digits", "epochs"}
    assert all(f"`{name}.py`" in readme for name in SCRIPTS)
