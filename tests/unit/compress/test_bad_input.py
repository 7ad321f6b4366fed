"""What cannot be compressed is refused in one sentence, before any job where possible, and nothing is left behind."""

from pathlib import Path
from typing import Any

import pytest
import torch

import compress as script
from lethe.compress.channels import groups_json
from lethe.compress.feasible import check_channel_levels
from lethe.core.errors import CompressionError, ConfigError, LetheError
from lethe.networks.build import Architecture
from lethe.networks.checkpoint import write_block
from lethe.study.config import read_study
from support.channels import small_groups
from support.small import RESNET, small_model, toy_data

RECORD = {
    "regime": "supervised",
    "regime_options": {"epochs": 1},
    "views": ["crop"],
    "method": "dense",
    "level": "0",
    "study_seed": 0,
    "data_checksum": "0" * 64,
    "code_version": "test",
}


def write_dense(path: Path, architecture: Architecture = RESNET, *, broken: bool = False) -> Path:
    """A dense block of one fresh network."""
    state = small_model(architecture=architecture).state_dict()
    if broken:
        state["encoder.layer2.0.conv1.weight"][0, 0, 0, 0] = torch.nan
    write_block(path, [state], {**RECORD, "seeds": [0], "architecture": architecture.as_json()})
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared images, coupled channels of the small network, and its checkpoint."""
    path = tmp_path_factory.mktemp("bad")
    toy_data(path)
    write_dense(path / "dense.safetensors")
    write_dense(path / "broken.safetensors", broken=True)
    (path / "channels.json").write_text(groups_json(small_groups()))
    return path


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"method": "fold", "level": "0.80"}, CompressionError, r"leaves layer 'encoder.conv1' without channels"),
        ({"method": "channel_l1", "level": "0.99"}, CompressionError, r"it has 4; allowed: up to 0\.75"),
        (
            {"method": "quantize", "level": "8", "options": '{"images": 500}'},
            ConfigError,
            "images: 500 training images asked for, but there are 96; lower it",
        ),
        (
            {"method": "merge_activations", "level": "0.50", "options": '{"images": 97}'},
            ConfigError,
            "images: 97 training images asked for, but there are 96",
        ),
        (
            {"method": "channel_l2", "level": "0.50", "options": '{"recalibrate": 1000}'},
            ConfigError,
            "recalibrate: 1000 training images asked for, but there are 96",
        ),
        ({"method": "quantize", "level": "40"}, CompressionError, "40"),
        ({"method": "gmp", "level": "0.50"}, ConfigError, "acts while networks are trained; run train_compressed.py"),
        ({"method": "fould", "level": "0.50"}, ConfigError, "did you mean 'fold'"),
        *(
            ({"method": method, "level": level, "dense": "broken.safetensors"}, CompressionError, "not finite")
            for method, level in [("fold", "0.50"), ("channel_l2", "0.50"), ("quantize", "8"), ("random", "0.50")]
        ),
    ],
)
def test_a_job_refuses_and_writes_nothing(
    folder: Path, values: dict[str, str], error: type[LetheError], message: str
) -> None:
    before = {path.name for path in folder.iterdir()}
    given = {"dense": "dense.safetensors", "channels": folder / "channels.json", "device": "cpu", **values}
    dense, output = folder / str(given.pop("dense")), folder / "output.safetensors"
    with pytest.raises(error, match=message):
        script.main(dense, output, data=folder, **given)  # type: ignore[arg-type]
    after = {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}
    assert after == {name for name in before if not name.endswith(".lock")}


def study(model: dict[str, Any], compression: dict[str, Any]) -> Any:
    values = {
        "study": "trial",
        "dataset": {"name": "toy"},
        "model": model,
        "seeds": {"count": 2, "block": 1},
        "regimes": {"supervised": {"epochs": 1}},
        "compression": compression,
    }
    return read_study(values, where="trial.yaml")


NARROW = {"name": "resnet", "options": {"blocks": [1], "width": 4}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "message"),
    [
        (NARROW, r"trial\.yaml: compression\.mine\.levels: channel sparsity 0\.8 leaves layer 'encoder\.conv1'"),
        ({"name": "timm", "options": {"model": "convnext_atto"}}, r"model 'timm' with mine: .* it is a LayerNorm"),
        (
            {"name": "timm", "options": {"model": "resnext50_32x4d"}},
            r"'encoder\.layer1\.0\.conv2' .*grouped convolution",
        ),
    ],
)
def test_a_study_that_its_network_cannot_take_is_refused_before_any_job(model: dict[str, Any], message: str) -> None:
    asked = study(model, {"mine": {"plugin": "fold", "levels": [0.3, 0.8]}})
    with pytest.raises(ConfigError, match=message):
        check_channel_levels(asked, where="trial.yaml")


@pytest.mark.slow
def test_networks_whose_channels_stay_are_not_traced() -> None:
    unfit = {"name": "timm", "options": {"model": "convnext_atto"}}
    check_channel_levels(study(unfit, {"random": {"levels": [0.5]}}), where="trial.yaml")
    check_channel_levels(study(NARROW, {"fold": {"levels": [0.75]}}), where="trial.yaml")
