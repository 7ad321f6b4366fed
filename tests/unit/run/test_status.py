"""The survey of a study's artefacts, and the table that a person reads."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.run.status import Artefact, Stage, running_line, survey, told_of_images, version_warnings
from lethe.run.status_table import cell_state, print_status
from lethe.store.files import writing
from lethe.store.notes import write_note
from lethe.store.tables import write_table
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid
from lethe.training.progress import side_file
from support.workspace import ROOT

PATTERN = "results/trial/checkpoints/{regime}/{method}/{level}/seeds{block}.safetensors"
PIES = "results/trial/pies/{regime}/{method}/{level}/{split}.parquet"
BLOCKS = ("0-1", "2-3")


def path_of(level: str, block: str, method: str = "random") -> str:
    return PATTERN.format(regime="supervised", method=method, level=level, block=block)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Two levels of two blocks, of which nothing is made yet, in the working directory."""
    monkeypatch.chdir(tmp_path)
    return Stage("checkpoints", PATTERN, tuple(path_of(level, b) for level in ("0.50", "0.90") for b in BLOCKS))


def make(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()


def states(stage: Stage) -> dict[str, str]:
    return {artefact.path: artefact.state for artefact in survey([stage])}


def test_nothing_is_made(stage: Stage) -> None:
    assert set(states(stage).values()) == {"missing"}
    assert not Path("results").exists()  # looking leaves nothing


def test_done_running_missing_and_orphaned(stage: Stage) -> None:
    make(path_of("0.50", "0-1"))
    make(path_of("0.70", "0-1"))
    make(path_of("0.50", "4-5"))
    with writing(Path(path_of("0.90", "0-1"))):
        found = states(stage)
    assert found == {
        path_of("0.50", "0-1"): "done",
        path_of("0.50", "2-3"): "missing",
        path_of("0.90", "0-1"): "running",
        path_of("0.90", "2-3"): "missing",
        path_of("0.70", "0-1"): "orphaned",
        path_of("0.50", "4-5"): "orphaned",
    }


def test_hidden_files_are_no_orphans(stage: Stage) -> None:
    make(path_of("0.70", "0-1").replace("seeds", ".seeds"))
    make(path_of("0.70", "0-1") + ".part")
    assert set(states(stage).values()) == {"missing"}


def test_an_artefact_knows_its_cell(stage: Stage) -> None:
    make(path_of("8", "0-1", method="quantize"))
    cells = {artefact.path: artefact.cell for artefact in survey([stage])}
    assert cells[path_of("8", "0-1", method="quantize")] == ("supervised", "quantize", "8")
    assert cells[path_of("0.50", "0-1")] == ("supervised", "random", "0.50")


def test_only_the_pie_set_counts_not_the_files_beside_it(stage: Stage) -> None:
    pies = PIES.format(regime="supervised", method="random", level="0.70", split="test")
    for suffix in (".parquet", ".shares.parquet", ".classes.parquet"):
        make(pies.replace(".parquet", suffix))
    assert [artefact.path for artefact in survey([Stage("PIE sets", PIES, ())])] == [pies]


@given(st.lists(st.sampled_from(["done", "running", "missing", "orphaned"]), min_size=1))
def test_a_cells_state_follows_from_its_artefacts(found: list[str]) -> None:
    state = cell_state([Artefact("checkpoints", ("", "", ""), str(k), each) for k, each in enumerate(found)])
    counted = [each for each in found if each != "orphaned"]
    if "running" in counted:
        assert state == "running"
    elif not counted:
        assert state == "orphaned"
    elif len(set(counted)) == 2:
        assert state == "in part"
    else:
        assert state == counted[0]


STEP = {
    "share_done": 0.4,
    "feature_spread": None,
    "seed": 3,
    "epoch": 4,
    "epochs": 9,
    "loss": 0.25,
    "accuracy": 0.5,
    "seconds_left": 61,
}


def test_a_running_job_tells_its_step(tmp_path: Path) -> None:
    output = tmp_path / "seeds2-3.safetensors"
    assert running_line(output) is None
    write_note(side_file(output), STEP)
    assert running_line(output) == "seed 3  epoch 4/9  loss 0.2500  test accuracy 0.500  0:01:01 left"
    write_note(side_file(output), {**STEP, "accuracy": None})
    assert "test accuracy not yet measured" in (running_line(output) or "")
    side_file(output).write_text('{"seed": 3, "epo')
    assert running_line(output) is None


def write_rows(path: Path, packages: dict[str, str]) -> Path:
    schema = pa.schema([("seed", pa.int64())])
    write_table(path, pa.table({"seed": [1]}), schema, {"packages": packages})
    return path


def test_other_versions_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lethe.run.status.package_versions", lambda: {"torch": "2.14.0", "numpy": "2.0"})
    same = write_rows(tmp_path / "same.parquet", {"torch": "2.14.0", "numpy": "2.0"})
    older = [write_rows(tmp_path / f"{k}.parquet", {"torch": "2.11.0", "numpy": "2.0"}) for k in (1, 2)]
    gone = write_rows(tmp_path / "gone.parquet", {"timm": "1.0"})
    (tmp_path / "broken.parquet").write_text("no parquet")
    assert version_warnings([same]) == []
    assert version_warnings([same, *older, gone, tmp_path / "broken.parquet", tmp_path / "missing.parquet"]) == [
        "timm: 1.0 made some results, none is installed",
        "torch: 2.11.0 made some results, 2.14.0 is installed",
    ]


def test_what_is_known_of_the_images_is_told(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    grid = Grid(read_study_file(ROOT / "studies/smoke.yaml"))
    examples = Path("results/smoke/data/train.parquet")
    assert told_of_images(grid) == []
    examples.parent.mkdir(parents=True)
    sentence = f"3 images of class [red]{{x}} have one colour throughout: {'a' * 200}.png."
    write_table(examples, pa.table({"seed": [1]}), pa.schema([("seed", pa.int64())]), {"told": [sentence]})
    assert told_of_images(grid) == [sentence]
    print_status([stage], told_of_images(grid))
    assert f"warning: {sentence}\n" in capsys.readouterr().out
    examples.write_text("no parquet")
    assert told_of_images(grid) == []


def test_the_table_has_a_line_a_cell_with_names_in_full(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    name = "magnitude_layerwise_with_a_long_name"
    make(path_of("0.50", "0-1"))
    make(path_of("0.70", "0-1", method=name))
    running = Path(path_of("0.90", "0-1"))
    with writing(running):
        write_note(side_file(running), STEP)
        print_status([stage])
    shown = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.splitlines() if line[0] == "│"]
    assert rows == [
        ["supervised", "random", "0.50", "1/2", "in part"],
        ["supervised", "random", "0.90", "0/2", "running"],
        ["supervised", name, "0.70", "-", "orphaned"],
    ]
    assert f"running  {running}  seed 3  epoch 4/9" in shown
    assert (
        f"1 orphaned file (no cell of the config asks for it; delete it if unwanted):\n  {path_of('0.70', '0-1', name)}"
        in shown
    )
