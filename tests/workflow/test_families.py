"""One run of a study with every family of methods: what it writes, and what a change to it runs again."""

import re
from pathlib import Path

import pandas as pd
import pytest

from lethe.compress.channels import groups_from_json
from lethe.networks.checkpoint import read_block
from support.workspace import copy_workspace, make_workspace, planned_jobs, snakemake

pytestmark = [pytest.mark.slow, pytest.mark.long]
CONFIG = "studies/smoke_families.yaml"


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the study of all families has run up to the tables that compare families."""
    folder = make_workspace(tmp_path_factory.mktemp("families") / "lethe")
    results = "results/smoke_families"
    targets = [
        f"{results}/tables/{name}.csv"
        for name in ("pies", "cost", "latency", "comparison", "contrasts", "probes", "generalisation")
    ]
    targets.append(f"{results}/figures/removed_parameters.png")
    result = snakemake(folder, *targets, "--configfile", CONFIG, "--cores", "2", "--show-failed-logs", timeout=900)
    assert result.returncode == 0, result.stdout
    return folder


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"results/smoke_families/tables/{name}.parquet")


def test_networks_become_smaller_where_channels_go_and_only_there(families: Path) -> None:
    cost = table(families, "cost").set_index(["method", "level"])
    dense = cost.loc[("dense", "0")]
    smaller = ("fold", "fold_random", "channel_l2", "small_dense")
    sizes = {cost.loc[(method, "0.50")]["parameters"] for method in smaller}
    assert len(sizes) == 1 and sizes.pop() < 0.3 * dense["parameters"]
    zeroed = cost.loc[("magnitude_global", "0.80")]
    assert (zeroed["parameters"], zeroed["macs"]) == (dense["parameters"], dense["macs"])
    assert zeroed["nonzero_parameters"] < 0.3 * dense["parameters"]
    quantised = cost.loc[("quantize", "4")]
    assert quantised["packed_bytes"] < 0.5 * quantised["bytes"]
    arithmetic = cost["arithmetic"]
    assert arithmetic[arithmetic.str.contains("simulated")].index.tolist() == [("quantize", "4")]


def test_every_compressed_cell_is_timed_and_compared(families: Path) -> None:
    cells = {(row.method, row.level) for row in table(families, "pies").itertuples()}
    assert len(cells) == 8
    for name in ("latency", "comparison"):
        assert {(row.method, row.level) for row in table(families, name).itertuples()} - {("dense", "0")} == cells
    contrasts = table(families, "contrasts")
    assert ((contrasts["method"] == "fold") & (contrasts["against"] == "fold_random")).any()


def test_two_instances_of_a_method_differ_in_their_schedule(families: Path) -> None:
    early, late = (
        read_block(families / f"results/smoke_families/checkpoints/supervised/{name}/0.80/seeds0-2.safetensors")
        for name in ("gmp_early", "gmp_late")
    )
    assert early.record["traits"]["plugin"] == late.record["traits"]["plugin"] == "gmp"
    assert early.record["sparsity_achieved"] == pytest.approx([0.8] * 3, abs=1e-3)
    assert late.record["sparsity_achieved"] == pytest.approx([0.8] * 3, abs=1e-3)
    assert not early.states[0]["head.weight"].equal(late.states[0]["head.weight"])


def test_coupled_channels_are_found_once_for_all_methods(families: Path) -> None:
    groups = groups_from_json((families / "results/smoke_families/channels.json").read_text())
    assert [group.width for group in groups] == [8, 8, 16, 16]
    logs = families / "results/smoke_families/logs"
    assert len(list(logs.glob("couple_channels*"))) == 1


def test_a_new_level_of_fold_trains_nothing_and_compresses_nothing_else(families: Path, tmp_path: Path) -> None:
    study = copy_workspace(families, tmp_path / "lethe")
    config = study / CONFIG
    text = config.read_text()
    changed = re.sub(r"(  fold: \{levels: )\[0\.50\]", r"\1[0.25, 0.50]", text)
    assert changed != text
    config.write_text(changed)
    jobs = planned_jobs(study, config=CONFIG)
    report = {"make_table", "make_figures", "make_page"}
    assert {rule: count for rule, count in jobs.items() if rule not in report} == {
        "compress": 1,
        "measure_predictions": 1,
        "find_pies": 1,
        "measure_cost": 1,
        "measure_latency": 1,
    }


def test_another_schedule_trains_its_own_networks_alone(families: Path, tmp_path: Path) -> None:
    study = copy_workspace(families, tmp_path / "lethe")
    config = study / CONFIG
    config.write_text(config.read_text().replace("begin: 24", "begin: 21"))
    jobs = planned_jobs(study, config=CONFIG)
    expected = {"train_compressed": 1, "measure_predictions": 1, "measure_cost": 1, "train": None, "compress": None}
    assert {rule: jobs.get(rule) for rule in expected} == expected
