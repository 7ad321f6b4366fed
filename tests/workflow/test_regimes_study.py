"""One run of a small study with all, some and none of the labels: what it writes for each regime."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from lethe.store.arrays import read_header
from support.workspace import make_workspace, snakemake

pytestmark = [pytest.mark.slow, pytest.mark.long]
CONFIG = "studies/regimes.yaml"
STUDY = {
    "study": "regimes",
    "dataset": {"name": "toy"},
    "model": {"name": "resnet", "options": {"blocks": [1, 1], "width": 4}},
    "seeds": {"count": 4, "block": 4},
    "labels": {"per_class": 4},
    "regimes": {
        "supervised": {"epochs": 4, "batch_size": 16},
        "early": {"plugin": "supervised", "epochs": 4, "batch_size": 16, "stop_after": 2},
        "simclr": {"epochs": 4, "batch_size": 16, "views": ["crop", "noise"]},
        "fixmatch": {"epochs": 4, "batch_size": 4, "unlabelled_ratio": 4, "strong_views": ["noise"]},
    },
    "compression": {
        "magnitude_global": {"levels": [0.8]},
        "refitted": {
            "plugin": "magnitude_global",
            "regimes": ["simclr"],
            "levels": [0.8],
            "options": {"head": "refit"},
        },
    },
    "evaluation": {"splits": ["test", "test@fog-3"]},
    "generalisation": {"label_noise": [0.3]},
    "measures": {"latency": False},
}
TABLES = ("accuracy", "probes", "corruptions", "generalisation", "learning_curves", "regimes", "comparison")
FIGURES = ("regimes", "corruptions", "generalisation", "probes", "soft_error")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the study has run to what shows regimes; the smoke study makes a whole page."""
    folder = make_workspace(tmp_path_factory.mktemp("regimes") / "lethe")
    (folder / CONFIG).write_text(yaml.safe_dump(STUDY, sort_keys=False))
    targets = [f"results/regimes/tables/{name}.parquet" for name in TABLES]
    targets += [f"results/regimes/figures/{name}.png" for name in FIGURES]
    result = snakemake(folder, *targets, "--configfile", CONFIG, "--cores", "2", "--show-failed-logs", timeout=900)
    assert result.returncode == 0, result.stdout
    return folder


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"results/regimes/tables/{name}.parquet")


def test_every_regime_has_its_cells_and_its_checkpoint_says_what_it_is(finished: Path) -> None:
    assert set(table(finished, "accuracy")["regime"]) == set(STUDY["regimes"])
    headers = {
        regime: read_header(finished / f"results/regimes/checkpoints/{regime}/dense/0/seeds0-3.safetensors")
        for regime in STUDY["regimes"]
    }
    assert {regime: header["regime_plugin"] for regime, header in headers.items()} == {
        **{regime: regime for regime in ("supervised", "simclr", "fixmatch")},
        "early": "supervised",
    }
    assert [regime for regime, header in headers.items() if header["labelled"]] == ["fixmatch"]


def test_probes_corruptions_and_gaps_are_reported_for_every_regime(finished: Path) -> None:
    for name in ("probes", "corruptions", "generalisation", "learning_curves"):
        assert set(table(finished, name)["regime"]) == set(STUDY["regimes"]), name
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
    assert {path.stem for path in (finished / "results/regimes/figures").glob("*.png")} >= set(FIGURES)
