"""What the big studies would start: as many jobs of each rule as the grid has, and how many of them need a GPU."""

import resource
from pathlib import Path

import pytest

from support.workspace import lethe, make_workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("big") / "lethe")


def processor_seconds() -> float:
    """What all children that have ended took of a processor: others on the machine hardly change it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def plan(workspace: Path, study: str) -> tuple[dict[str, int], int, float]:
    """Jobs by rule, GPU jobs, seconds of a processor."""
    before = processor_seconds()
    result = lethe(workspace, "plan", "--config", f"studies/{study}.yaml")
    seconds = processor_seconds() - before
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    (place,) = (number for number, line in enumerate(lines) if " jobs, " in line)  # below it what seeds will find
    rows, total = lines[:place], lines[place]
    jobs = {rule: int(count) for count, rule, *_ in map(str.split, rows)}
    return jobs, int(total.split()[2]), seconds


@pytest.mark.long
def test_corti_has_two_regimes_three_schedules_five_levels_and_six_blocks(workspace: Path) -> None:
    jobs, gpu_jobs, seconds = plan(workspace, "corti2022_cifar10")
    blocks, regimes, levels, treated = 6, 2, 5, 1
    trained = {"train": regimes * blocks, "train_compressed": 2 * levels * regimes * blocks}
    assert {rule: jobs[rule] for rule in trained} == trained
    assert jobs["compress"] == (levels + treated) * regimes * blocks
    assert jobs["measure_predictions"] == (1 + 3 * levels + treated) * regimes * blocks
    assert jobs["find_pies"] == (3 * levels + treated) * regimes
    cells = (1 + 3 * levels) * regimes
    assert (jobs["measure_cost"], jobs["measure_latency"], jobs["measure_pixels"]) == (cells, cells - regimes, 1)
    light = {"prepare_data", "measure_cost", "find_pies", "make_table", "make_figures", "make_page"}
    assert gpu_jobs == sum(count for rule, count in jobs.items() if rule not in light)
    small_jobs, _, small_seconds = plan(workspace, "smoke")
    times_more = sum(jobs.values()) / sum(small_jobs.values())
    assert seconds < small_seconds * times_more / 2  # a job of many costs less than one of few: starting is shared


@pytest.mark.long
def test_hooker_trains_its_compressed_networks_itself(workspace: Path) -> None:
    jobs, _, _ = plan(workspace, "hooker2019_cifar10")
    assert (jobs["train"], jobs["train_compressed"], jobs["find_pies"]) == (6, 24, 4)
    assert "compress" not in jobs
