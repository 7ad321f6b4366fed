"""Jobs of difficulty: what a study asks for is drawn, kept and measured, and nothing else."""

from pathlib import Path

import pytest
import yaml

from support.workspace import make_workspace, planned_jobs, snakemake

pytestmark = pytest.mark.slow
BLOCKS, CELLS = 2, 3


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "lethe")


def change(workspace: Path, **changes: object) -> None:
    """Other values of keys of the smoke study."""
    file = workspace / "studies/smoke.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | changes, sort_keys=False))


def added(workspace: Path, **changes: object) -> dict[str, int]:
    """Jobs that a study has with these changes and had not before."""
    before = planned_jobs(workspace)
    change(workspace, **changes)
    after = planned_jobs(workspace)
    return {rule: count - before.get(rule, 0) for rule, count in after.items() if count != before.get(rule, 0)}


def measures(**asked: object) -> dict[str, object]:
    return {"latency": False, "probes": False, "untrained": False, "pixels": False, **asked}


def test_a_part_is_drawn_for_every_block(workspace: Path) -> None:
    assert added(workspace, seeds={"count": 4, "block": 2, "share": 0.7}) == {"draw_parts": BLOCKS}
    assert "--part results/smoke/parts/seeds0-1.parquet" in snakemake(
        workspace, "-n", "-p", "--configfile", "studies/smoke.yaml"
    ).stdout  # fmt: skip


def test_difficulty_looks_into_every_block_and_is_measured_once_a_regime(workspace: Path) -> None:
    asked = measures(difficulty=True, reliability=True)
    expected = {"measure_inspection": BLOCKS, "measure_difficulty": 1, "measure_reliability": 1, "make_table": 1}
    assert added(workspace, measures=asked) == expected


def test_networks_along_training_are_kept_only_where_a_measure_needs_them(workspace: Path) -> None:
    shown = ("-n", "-p", "--configfile", "studies/smoke.yaml")
    change(workspace, measures=measures(difficulty=True))
    assert "snapshots/" not in snakemake(workspace, *shown).stdout
    change(workspace, measures=measures(difficulty=True, inspection={"kinds": ["gradient_variance", "margin_of"]}))
    wrong = snakemake(workspace, *shown)
    assert wrong.returncode == 1 and "margin_of" in wrong.stdout
    change(workspace, measures=measures(difficulty=True, inspection={"kinds": ["gradient_variance", "q_score"]}))
    assert "results/smoke/snapshots/supervised/seeds0-1.safetensors" in snakemake(workspace, *shown).stdout


def test_what_is_planted_is_measured_with_the_groups(workspace: Path) -> None:
    planted = {"name": "toy", "planted": {"uniform_noise": {"share": 0.1}}}
    found = added(workspace, dataset=planted)
    assert {rule: count for rule, count in found.items() if rule != "make_table"} == {
        "measure_inspection": BLOCKS, "measure_difficulty": 1, "measure_planted": 1, "measure_groups": CELLS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"dataset": {"name": "toy", "planted": {"uniform_noise": {"share": 1}}}},
            "dataset.planted.uniform_noise.share",
        ),
        ({"dataset": {"name": "toy", "planted": {"subgroup": {"share": 0}}}}, "dataset.planted.subgroup.share"),
        ({"dataset": {"name": "toy", "planted": {"unifrom_noise": {}}}}, "uniform_noise"),
        ({"dataset": {"name": "toy", "attributes": "nowhere.csv"}}, "nowhere.csv"),
        ({"seeds": {"count": 4, "block": 2, "share": 1.0}}, "seeds.share"),
        ({"measures": {"difficulty": True, "inspection": {"kinds": ["q_scor"]}}}, "q_score"),
    ],
)
def test_what_cannot_be_is_told_before_any_job(workspace: Path, changes: dict[str, object], expected: str) -> None:
    change(workspace, **changes)
    found = snakemake(workspace, "-n", "--configfile", "studies/smoke.yaml")
    assert found.returncode == 1 and expected in found.stdout and "Traceback" not in found.stdout
