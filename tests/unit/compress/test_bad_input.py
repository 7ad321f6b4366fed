"""What cannot be compressed is refused in one sentence, before any job where possible, and nothing is left behind."""

from pathlib import Path
from typing import Any

import pytest
import torch

import compress as script
from lethe.compress.channels import write_groups
from lethe.compress.feasible import check_compression
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
    write_groups(path / "channels.json", small_groups(), {})
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
        "dataset": {"name": "toy", "options": {"size": 32}},
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
        check_compression(asked, where="trial.yaml")


@pytest.mark.slow
def test_networks_whose_channels_stay_are_not_traced() -> None:
    unfit = {"name": "timm", "options": {"model": "convnext_atto"}}
    check_compression(study(unfit, {"random": {"levels": [0.5]}}), where="trial.yaml")
    check_compression(study(NARROW, {"fold": {"levels": [0.75]}}), where="trial.yaml")


def timm(model: str) -> dict[str, Any]:
    return {"name": "timm", "options": {"model": model}}


# (model, methods, what the message must contain)
CANNOT_BE_CUT = [
    (
        "resnetblur18",
        {"channel_l1": {"levels": [0.5]}},
        r"does not run without half .*'encoder\.maxpool\.1' says .*64 ch",
    ),
    ("dpn68", {"fold": {"levels": [0.5]}}, r"coupled cannot be found; torch-pruning ends with TypeError: .*; choose"),
    ("resnetv2_50x1_bit", {"magnitude_global": {"levels": [0.9]}}, r"'encoder\.stem\.conv' \(StdConv2d\)"),
    ("nf_resnet26", {"quantize": {"levels": [4]}}, r"'encoder\.stem\.conv' \(ScaledStdConv2d\)"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "methods", "message"), CANNOT_BE_CUT)
def test_a_network_of_timm_that_cannot_be_compressed_is_refused_and_that_is_remembered(
    model: str, methods: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = study(timm(model), methods)
    with pytest.raises(ConfigError, match=f"trial.yaml: model 'timm' with {next(iter(methods))}: .*{message}") as first:
        check_compression(asked, where="trial.yaml", cache=tmp_path)
    monkeypatch.setattr("lethe.compress.feasible.empty_classifier", None)  # nobody builds it again
    with pytest.raises(ConfigError) as again:
        check_compression(asked, where="trial.yaml", cache=tmp_path)
    assert str(first.value) == str(again.value)


@pytest.mark.slow
def test_a_network_that_does_not_say_in_time_what_is_coupled_is_refused_and_asked_again(tmp_path: Path) -> None:
    asked = study(timm("rexnet_100"), {"channel_l1": {"levels": [0.5]}, "random": {"levels": [0.5]}})
    check_compression(study(timm("rexnet_100"), {"random": {"levels": [0.5]}}), where="trial.yaml", cache=tmp_path)
    import torch_pruning  # noqa: F401  what takes seconds to import must not count

    with pytest.raises(ConfigError) as caught:
        check_compression(asked, where="trial.yaml", cache=tmp_path, seconds=2.0)
    (message,) = str(caught.value).splitlines()
    assert "with channel_l1: to find out which channels are coupled did not end within 2 s; choose another" in message
    assert not list(tmp_path.glob("*.groups.json"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "levels", "message"),
    [
        ("channel_l1", [0.01, 0.02], r"0\.01 and 0\.02 make one and the same network: both remove 1 of 4 channels"),
        ("fold", [0.5, 0.3, 0.6], r"0\.3 and 0\.5 make .* both remove 2 of 4"),
        ("small_dense", [0.74, 0.75, 0.51], r"0\.51 and 0\.74"),
        ("magnitude_global", [0.5, 0.50001], r"0\.5 and 0\.50001 make .* both remove \d+ of \d+ weights; give one"),
        ("gmp", [0.9, 0.900001], r"0\.9 and 0\.900001 make"),
        ("random", [0.0001, 0.5], r"0\.0001 removes none of the \d+ weights of this network; give at least"),
        ("random", [0.5, 0.9999999], r"0\.9999999 removes all of the \d+ weights of this network; give at most 0\.99"),
        # A share that is rounded in every layer: these would be two networks if it were rounded over all of them.
        ("magnitude_layerwise", [0.5, 0.503], r"0\.5 and 0\.503 make one and the same network: both remove \d+ of \d+"),
        ("magnitude_layerwise", [0.002, 0.5], r"0\.002 removes none of the \d+ weights"),
        ("gmp", [0.5, 0.503], r"0\.5 and 0\.503 make"),
    ],
)
def test_levels_that_a_network_does_not_tell_apart_are_refused(method: str, levels: list[float], message: str) -> None:
    options = {"begin": 1, "end": 5, "every": 1} if method == "gmp" else {}
    asked = {"mine": {"plugin": method, "levels": levels, "options": options}}
    with pytest.raises(ConfigError, match=rf"trial\.yaml: compression\.mine\.levels: .*{message}"):
        check_compression(study(NARROW, asked), where="trial.yaml")


@pytest.mark.slow
def test_levels_that_a_network_tells_apart_over_all_its_layers_pass() -> None:
    allocated = {"plugin": "gmp", "levels": [0.5, 0.503], "options": {"allocation": "global"}}
    fits = {"random": {"levels": [0.002, 0.5, 0.503, 0.998]}, "mine": allocated}
    fits["mine"]["options"] |= {"begin": 1, "end": 5, "every": 1}
    check_compression(study(NARROW, fits), where="trial.yaml")


@pytest.mark.slow
def test_a_network_that_cannot_be_built_or_takes_no_such_images_is_refused() -> None:
    broken = {"name": "timm", "options": {"model": "resnet10t", "arguments": {"windows": 3}}}
    with pytest.raises(ConfigError, match=r"trial\.yaml: model 'timm': .*unexpected keyword argument 'windows'"):
        check_compression(study(broken, {"random": {"levels": [0.5]}}), where="trial.yaml")
    with pytest.raises(ConfigError, match=r"model 'timm': images of 1 x 32 x 32 .* do not fit this network"):
        check_compression(study(timm("vit_tiny_patch16_224"), {"random": {"levels": [0.5]}}), where="trial.yaml")
