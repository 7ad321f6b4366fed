"""What other programs did while something was timed, and that such a measure is alone."""

import subprocess
import sys
import time

import pytest

from lethe.core import registry
from lethe.measures.load import other_load
from lethe.study.needs import needed_files, own_files
from lethe.study.results import result
from support.archive import archive

pytestmark = pytest.mark.slow


def work(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_own_work_is_no_load_of_others_and_that_of_another_process_is() -> None:
    with other_load() as quiet:
        work(1.0)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.2)
        with other_load() as loud:
            time.sleep(1.5)
    finally:
        busy.kill()
        busy.wait()
    assert loud["other_load"] > 0.3
    assert quiet["other_load"] >= 0.0


TIMED = [
    name
    for name in registry.names(registry.MEASURES)
    if any(unit == "milliseconds" for _, _, unit in registry.literal(registry.MEASURES, name, "columns", default=()))
]


@pytest.mark.parametrize("name", TIMED)
def test_a_measure_of_time_is_alone_and_its_level_alone(name: str) -> None:
    """One file is of one level, and needs no other level's."""
    assert registry.literal(registry.MEASURES, name, "alone", default=False)
    assert result(name).of == "cell"
    grid = archive(regimes=["supervised"]).grid
    for cell in grid.cells[1:]:
        given = {"regime": cell.regime, "method": cell.method, "level": cell.level}
        files = [path for need in needed_files(name, grid, given).values() for path in need.paths]
        others = {str(other) for other in grid.cells if other not in (cell, cell.dense(cell.regime))}
        assert not [path for path in files if any(f"/{other}/" in path for other in others)]
    assert len(own_files(result(name), grid).paths) == len(grid.cells) - 1
