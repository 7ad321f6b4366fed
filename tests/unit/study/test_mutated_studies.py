"""Studies with something wrong in them, thousands of kinds of it: a message or a study, never anything else."""

import time
from pathlib import Path

import pytest
import timm

from lethe.core import registry
from lethe.core.errors import LetheError
from lethe.run.description import described
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid
from lethe.study.options import check_options
from support.mutations import written

FEW, MANY = 40, 10_000


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Every plug-in is imported once, which takes longer than reading a study."""
    for room in (
        registry.SETS,
        registry.FAMILIES,
        registry.REGIMES,
        registry.METHODS,
        registry.MEASURES,
        registry.VIEWS,
    ):
        for name in registry.names(room):
            registry.load(room, name)
    timm.list_models()


def outcome(file: Path) -> str:
    """`study`, or the message that says what is wrong with it."""
    try:
        study = read_study_file(file)
        check_options(study, where="mutated.yaml")
        grid = Grid(study)
        assert described(grid) and grid.study_json() and grid.cells and grid.blocks and grid.splits
    except LetheError as error:
        return str(error)
    return "study"


def assert_all_are_told(folder: Path, seeds: range) -> None:
    """Every one is accepted or told in at most 21 lines of bounded length, within a second of this process."""
    found = []
    outcomes = set()
    for seed in seeds:
        file = written(folder, seed)
        began = time.process_time()
        try:
            message = outcome(file)
        except Exception as error:
            found.append(f"{seed}: {type(error).__name__}: {str(error)[:200]}")
            continue
        seconds = time.process_time() - began
        outcomes.add(message)
        if seconds > 1:
            found.append(f"{seed}: {seconds:.1f} s: {message[:100]}")
        if len(message) > 20_000 or len(message.splitlines()) > 21 or "\x00" in message:
            found.append(f"{seed}: a message of {len(message)} characters: {message[:100]!r}")
        message.encode()
    assert found == []
    # The mutations are worth something only if they are told in many ways, and some are still studies.
    assert "study" in outcomes and len(outcomes) > len(seeds) / 10


def test_some_mutated_studies_are_told_or_read(tmp_path: Path) -> None:
    assert_all_are_told(tmp_path, range(FEW))


@pytest.mark.slow
@pytest.mark.long
def test_ten_thousand_mutated_studies_are_told_or_read(tmp_path: Path) -> None:
    assert_all_are_told(tmp_path, range(FEW, FEW + MANY))
