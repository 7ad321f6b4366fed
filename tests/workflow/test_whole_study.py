"""One study of everything: every family of methods, and regimes with all, some and none of the labels.

It is the shipped study of all families with more regimes, a corrupted split and wrong labels; it runs once for all
tests: what it writes, and what a change to it runs again.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from lethe.compare.traits import REFERENCE
from lethe.compress.channels import read_groups
from lethe.networks.checkpoint import read_block
from lethe.store.arrays import read_header
from support.workspace import copy_workspace, make_workspace, planned_jobs, snakemake

pytestmark = [pytest.mark.slow, pytest.mark.long]
CONFIG = "studies/smoke_families.yaml"
RESULTS = "results/smoke_families"
SUPERVISED = {"epochs": 8, "batch_size": 16, "learning_rate": 0.1}
REGIMES = {
    "supervised": SUPERVISED,
    "early": {"plugin": "supervised", **SUPERVISED, "stop_after": 2},
    "simclr": {"epochs": 4, "batch_size": 16, "views": ["crop", "noise"]},
    "fixmatch": {"epochs": 4, "batch_size": 4, "unlabelled_ratio": 4, "strong_views": ["noise"]},
}
REFITTED = {"plugin": "magnitude_global", "regimes": ["simclr"], "levels": [0.8], "options": {"head": "refit"}}
OF_EVERY_REGIME = "magnitude_global"
TABLES = (
    *("accuracy", "pies", "cost", "latency", "comparison", "contrasts", "probes", "generalisation"),
    *("corruptions", "learning_curves", "regimes"),
)
FIGURES = ("removed_parameters", "regimes", "corruptions", "generalisation", "probes", "soft_error")


def everything(shipped: dict[str, Any]) -> dict[str, Any]:
    """The shipped study of all families with all that the others lack."""
    assert shipped["regimes"] == {"supervised": SUPERVISED}
    methods = {
        name: entry if name == OF_EVERY_REGIME else {**entry, "regimes": ["supervised"]}
        for name, entry in shipped["compression"].items()
    }
    return {
        **shipped,
        "labels": {"per_class": 4},
        "regimes": REGIMES,
        "compression": methods | {"refitted": REFITTED},
        "evaluation": {"splits": ["test", "test@fog-3"]},
        "generalisation": {"label_noise": [0.3]},
    }


def changed(study: Path, change: Any) -> None:
    """Change the configuration of a workspace."""
    config = yaml.safe_load((study / CONFIG).read_text())
    change(config)
    (study / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the study has run to its tables and figures; the smoke study makes a whole page."""
    folder = make_workspace(tmp_path_factory.mktemp("everything") / "lethe")
    shipped = yaml.safe_load((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(yaml.safe_dump(everything(shipped), sort_keys=False))
    targets = [f"{RESULTS}/tables/{name}.parquet" for name in TABLES]
    targets += [f"{RESULTS}/figures/{name}.png" for name in FIGURES]
    result = snakemake(folder, *targets, "--configfile", CONFIG, "--cores", "2", "--show-failed-logs", timeout=900)
    assert result.returncode == 0, result.stdout
    return folder


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{RESULTS}/tables/{name}.parquet")


def supervised(folder: Path, name: str) -> pd.DataFrame:
    """The rows of the regime that all families compress, on clean images."""
    found = table(folder, name)
    return found[found["regime"] == "supervised"]


def test_networks_become_smaller_where_channels_go_and_only_there(finished: Path) -> None:
    cost = supervised(finished, "cost").set_index(["method", "level"])
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


def test_every_compressed_cell_is_timed_and_compared(finished: Path) -> None:
    pies = supervised(finished, "pies")
    cells = {(row.method, row.level) for row in pies[pies["role"] != REFERENCE].itertuples()}
    assert len(cells) == 9
    for name in ("latency", "comparison"):
        assert {(row.method, row.level) for row in supervised(finished, name).itertuples()} - {("dense", "0")} == cells
    contrasts = supervised(finished, "contrasts")
    assert ((contrasts["method"] == "fold") & (contrasts["against"] == "fold_random")).any()


def test_two_instances_of_a_method_differ_in_their_schedule(finished: Path) -> None:
    early, late = (
        read_block(finished / f"{RESULTS}/checkpoints/supervised/{name}/0.80/seeds0-2.safetensors")
        for name in ("gmp_early", "gmp_late")
    )
    assert early.record["traits"]["plugin"] == late.record["traits"]["plugin"] == "gmp"
    assert early.record["sparsity_achieved"] == pytest.approx([0.8] * 3, abs=1e-3)
    assert late.record["sparsity_achieved"] == pytest.approx([0.8] * 3, abs=1e-3)
    assert not early.states[0]["head.weight"].equal(late.states[0]["head.weight"])


def test_coupled_channels_are_found_once_for_all_methods(finished: Path) -> None:
    groups = read_groups(finished / f"{RESULTS}/channels.json")
    assert [group.width for group in groups] == [8, 8, 16, 16]
    logs = finished / f"{RESULTS}/logs"
    assert len(list(logs.glob("couple_channels*"))) == 1


def test_a_new_level_of_fold_trains_nothing_and_compresses_nothing_else(finished: Path, tmp_path: Path) -> None:
    study = copy_workspace(finished, tmp_path / "lethe")
    changed(study, lambda config: config["compression"]["fold"].update(levels=[0.25, 0.5]))
    jobs = planned_jobs(study, config=CONFIG)
    report = {"make_table", "make_figures", "make_page"}
    assert {rule: count for rule, count in jobs.items() if rule not in report} == {
        "compress": 1,
        "measure_predictions": 2,  # clean and corrupted images
        "find_pies": 2,
        "measure_cost": 1,
        "measure_latency": 1,
    }


def test_another_schedule_trains_its_own_networks_alone(finished: Path, tmp_path: Path) -> None:
    study = copy_workspace(finished, tmp_path / "lethe")
    changed(study, lambda config: config["compression"]["gmp_late"]["options"].update(begin=21))
    jobs = planned_jobs(study, config=CONFIG)
    expected = {"train_compressed": 1, "measure_predictions": 2, "measure_cost": 1, "train": None, "compress": None}
    assert {rule: jobs.get(rule) for rule in expected} == expected


def test_every_regime_has_its_cells_and_its_checkpoint_says_what_it_is(finished: Path) -> None:
    assert set(table(finished, "accuracy")["regime"]) == set(REGIMES)
    headers = {
        regime: read_header(finished / f"{RESULTS}/checkpoints/{regime}/dense/0/seeds0-2.safetensors")
        for regime in REGIMES
    }
    assert {regime: header["regime_plugin"] for regime, header in headers.items()} == {
        **{regime: regime for regime in ("supervised", "simclr", "fixmatch")},
        "early": "supervised",
    }
    assert [regime for regime, header in headers.items() if header["labelled"]] == ["fixmatch"]


def test_probes_corruptions_and_gaps_are_reported_for_every_regime(finished: Path) -> None:
    for name in ("probes", "corruptions", "generalisation", "learning_curves"):
        assert set(table(finished, name)["regime"]) == set(REGIMES), name
    gaps = table(finished, "generalisation")
    assert set(gaps["twin"]) == {"none", "noise0.3"}


def test_regimes_are_compared_at_equal_level_and_at_the_stop_that_is_nearest(finished: Path) -> None:
    regimes = table(finished, "regimes")
    assert {"equal level", "equal dense accuracy"} <= set(regimes["reading"])
    assert {"supervised", "simclr", "fixmatch"} <= set(regimes["regime"]) | set(regimes["against"])


def test_a_refitted_head_is_a_treatment_of_its_own(finished: Path) -> None:
    treatments = table(finished, "comparison").set_index("method")["treatment"]
    assert treatments["refitted"] == "head refit"


def test_every_figure_of_regimes_is_drawn(finished: Path) -> None:
    assert {path.stem for path in (finished / RESULTS / "figures").glob("*.png")} >= set(FIGURES)
