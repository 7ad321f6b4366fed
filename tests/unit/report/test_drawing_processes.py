"""Figures that are drawn at a time, in processes of their own: the same files, and none that outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import make_figures
import make_table
from lethe.core import registry
from lethe.core.errors import EmptyReport
from support.archive import archive, files

SMALL = archive(regimes=["supervised"], methods=["random"])
TABLES = ("pies", "latency", "accuracy")
NAMES = ("pie_share", "latency", "accuracy")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The tables that the figures are drawn from."""
    folder = tmp_path_factory.mktemp("tables")
    made = []
    for name in TABLES:
        made.append(folder / f"{name}.parquet")
        cells = [path for kind in registry.literal(registry.TABLES, name, "reads") for path in files(SMALL, kind)]
        make_table.main(name, folder / f"{name}.csv", made[-1], folder / f"{name}.tex", cells)
    return made


@pytest.mark.parametrize("cores", [2, pytest.param(9, marks=pytest.mark.long)])
def test_any_number_of_processes_writes_the_same_bytes(tables: list[Path], tmp_path: Path, cores: int) -> None:
    for number in (1, cores):
        make_figures.main([tmp_path / f"{number}/{name}.png" for name in NAMES], tables, cores=number)
    for name in NAMES:
        for ending in ("png", "pdf"):
            one, several = (tmp_path / f"{number}/{name}.{ending}" for number in (1, cores))
            assert one.read_bytes() == several.read_bytes()


def test_an_error_in_a_process_names_its_figure(tables: list[Path], tmp_path: Path) -> None:
    pngs = [tmp_path / "latency.png", tmp_path / "probes.png"]
    with pytest.raises(EmptyReport, match="figure 'probes': it reads the tables probes, which are not given"):
        make_figures.main(pngs, tables, cores=2)
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["latency.pdf", "latency.png"]


def test_processes_end_with_the_one_that_started_them(tables: list[Path], tmp_path: Path) -> None:
    pngs = [str(tmp_path / f"{number}" / f"{name}.png") for number in range(9) for name in NAMES]
    given = [word for table in tables for word in ("--table", str(table))]
    job = subprocess.Popen([sys.executable, make_figures.__file__, *pngs, *given, "--cores", "2"])
    while not list(tmp_path.rglob("*.png")):  # all are at work by then
        assert job.poll() is None
        time.sleep(0.05)
    drawing = psutil.Process(job.pid).children(recursive=True)
    assert len(drawing) >= 2
    os.kill(job.pid, signal.SIGKILL)
    job.wait()
    _, left = psutil.wait_procs(drawing, timeout=10)
    assert not left
    assert len(list(tmp_path.rglob("*.png"))) < len(pngs)


def test_a_file_of_settings_that_matplotlib_cannot_read_stops_no_process(tmp_path: Path) -> None:
    """Each process imports the script anew, in the working folder of the study."""
    (tmp_path / "matplotlibrc").write_bytes("# schön\n".encode("latin-1"))
    script = registry.LIBRARY.parent / "make_figures.py"
    command = [sys.executable, "-c", f"import runpy; runpy.run_path({str(script)!r}, run_name='__mp_main__')"]
    imported = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert imported.returncode == 0, imported.stderr
