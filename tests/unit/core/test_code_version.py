"""The hash of the deciding code changes with logic, not with comments, layout or docstrings; no module is missed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lethe.core import code_version as module
from lethe.core import registry
from lethe.core.code_version import SCRIPTS, deciding_modules
from lethe.report import contents
from lethe.study import sources
from lethe.study.config import read_study
from lethe.study.grid import Grid
from support.traced import not_deciding

SOURCE = '"""Doc."""\nfrom lethe.b import f\n\ndef g(x: int) -> int:\n    """What it does."""\n    return f(x) + 1\n'


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lethe").mkdir()
    (tmp_path / "lethe" / "__init__.py").write_text("")
    (tmp_path / "lethe" / "a.py").write_text(SOURCE)
    (tmp_path / "lethe" / "b.py").write_text("def f(x):\n    return x\n")
    monkeypatch.setattr(module, "SCRIPTS", tmp_path)
    return tmp_path / "lethe"


def version() -> str:
    for function in (
        module.code_version,
        module._parsed,
        module._imports,
        module._content,
        module._linked,
        module._decides,
    ):
        function.cache_clear()
    return module.code_version("lethe/a.py")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return f(x) + 1", "    # why one\n    return (f(x)\n            + 1)"),
        ('"""What it does."""', '"""Another sentence."""'),
        ('    """What it does."""\n', ""),
        ('"""Doc."""\n', ""),
    ],
)
def test_words_and_layout_do_not_count(library: Path, old: str, new: str) -> None:
    before = version()
    (library / "a.py").write_text(SOURCE.replace(old, new))
    assert version() == before


@pytest.mark.parametrize(("old", "new"), [("+ 1", "+ 2"), ("x: int", "x: float"), ("return f(x)", "return -f(x)")])
def test_logic_counts(library: Path, old: str, new: str) -> None:
    before = version()
    (library / "a.py").write_text(SOURCE.replace(old, new))
    assert version() != before


def test_an_imported_module_counts(library: Path) -> None:
    before = version()
    (library / "b.py").write_text("def f(x):\n    return x * 2\n")
    assert version() != before


@pytest.mark.parametrize("statement", ["from lethe.store.c import f", "from lethe.store import c\nf = c.f"])
def test_where_a_module_lies_does_not_count(library: Path, statement: str) -> None:
    """A module that is imported by name, or by the package it lies in, moves to another package."""
    (library / "store").mkdir()
    (library / "store" / "c.py").write_text("def f(x):\n    return 3 * x\n")
    (library / "a.py").write_text(SOURCE.replace("from lethe.b import f", statement))
    before = version()
    (library / "kept").mkdir()
    (library / "store" / "c.py").rename(library / "kept" / "c.py")
    (library / "a.py").write_text(SOURCE.replace("from lethe.b import f", statement.replace("store", "kept")))
    assert version() == before
    (library / "kept" / "c.py").write_text("def f(x):\n    return 4 * x\n")
    assert version() != before


def test_what_says_that_it_decides_nothing_does_not_count_wherever_it_lies(library: Path) -> None:
    marked = 'DECIDES_NO_RESULT = "the words of errors"\n\ndef f(x):\n    return x\n'
    (library / "b.py").write_text(marked)
    before = version()
    (library / "b.py").write_text(marked.replace("return x", "return -x"))
    assert version() == before
    (library / "words").mkdir()
    (library / "b.py").rename(library / "words/b.py")
    (library / "a.py").write_text(SOURCE.replace("lethe.b", "lethe.words.b"))
    assert version() == before
    (library / "words/b.py").write_text(marked.partition("\n\n")[2])
    assert version() != before


def test_two_modules_that_change_places_count(library: Path) -> None:
    """The same contents behind each other's names are another program."""
    (library / "c.py").write_text("def f(x):\n    return 3 * x\n")
    (library / "a.py").write_text("from lethe.b import f as g\nfrom lethe.c import f\n")
    before = version()
    (library / "a.py").write_text("from lethe.c import f as g\nfrom lethe.b import f\n")
    assert version() != before


GRID = Grid(read_study(yaml.safe_load((SCRIPTS.parents[1] / "studies/smoke.yaml").read_text()), where="smoke"))
# Entry script and plug-ins as the rules name them.
JOBS = [
    ("prepare_data.py", "lethe/data/sets/digits.py"),
    ("corrupt_split.py", "lethe/data/corruptions/fog.py"),
    ("train.py", "lethe/networks/families/resnet.py", "lethe/regimes/kinds/supervised.py"),
    (
        "compress.py",
        "lethe/networks/families/resnet.py",
        "lethe/compress/methods/random.py",
        "lethe/regimes/kinds/supervised.py",
    ),
    (
        "compress.py",
        "lethe/networks/families/resnet.py",
        "lethe/compress/methods/fold.py",
        "lethe/regimes/kinds/supervised.py",
    ),
    (
        "train_compressed.py",
        "lethe/networks/families/resnet.py",
        "lethe/compress/methods/gmp.py",
        "lethe/regimes/kinds/supervised.py",
    ),
    ("couple_channels.py", "lethe/networks/families/resnet.py"),
    *(("measure.py", *sources.of_measure(GRID, name)) for name in registry.names(registry.MEASURES)),
    ("export_network.py", "lethe/networks/families/resnet.py"),
    ("find_pies.py",),
    ("make_table.py", "lethe/report/tables/accuracy.py"),
    ("make_figures.py", *contents.figure_files(GRID)),
]


# Imports other people's packages once, then each job's own modules in a fork; a line of JSON for every job.
PROGRAM = """
import importlib, json, os, sys
import matplotlib, numpy, pandas, pyarrow, safetensors, torch, typer
for job in json.loads(sys.argv[1]):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        for name in job:
            importlib.import_module(name)
        print(json.dumps([name for name in sys.modules if name.split(".")[0] == "lethe"]), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{job} cannot be imported")
"""


@pytest.fixture(scope="module")
def imported() -> dict[tuple[str, ...], list[str]]:
    """Modules of this library that each job imports."""
    jobs = [[file.removesuffix(".py").replace("/", ".") for file in job] for job in JOBS]
    command = [sys.executable, "-c", PROGRAM, json.dumps(jobs)]
    lines = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(zip(JOBS, map(json.loads, lines), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS, ids=lambda job: "-".join(Path(file).stem for file in job[:3]))
def test_every_module_that_a_job_imports_is_hashed_or_known_not_to_decide(
    job: tuple[str, ...], imported: dict[tuple[str, ...], list[str]]
) -> None:
    packages = {str(p.parent.relative_to(SCRIPTS)).replace("/", ".") for p in (SCRIPTS / "lethe").rglob("__init__.py")}
    files = {SCRIPTS / f"{name.replace('.', '/')}.py" for name in set(imported[job]) - packages}
    assert files - not_deciding() <= deciding_modules(*job)


def test_the_rooms_packages_hold_no_logic() -> None:
    for file in (SCRIPTS / "lethe").rglob("__init__.py"):
        assert len(file.read_text().strip().splitlines()) == 1, file


def test_what_decides_no_result_says_why() -> None:
    files = not_deciding()
    assert {"files.py", "grid.py", "registry.py"} < {file.name for file in files}
    for file in files:
        assert re.search(r'^DECIDES_NO_RESULT = "[a-z].{10,}"$', file.read_text(), re.MULTILINE), file
