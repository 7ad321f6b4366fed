"""Models of timm: their names, arguments and local weights; each way to get them wrong has its message."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from lethe.core.errors import ConfigError
from lethe.networks.build import Architecture, build_classifier, empty_classifier, require_fitting_images
from lethe.networks.spec import Classifier

MODEL = "mobilenetv3_small_050"


def built(seed: int = 0, channels: int = 3, **options: Any) -> Classifier:
    return build_classifier(Architecture("timm", options, channels, 4), init_seed=seed)


@pytest.fixture(scope="module")
def published() -> dict[str, torch.Tensor]:
    """State dict as timm publishes it: with the classifier of 1000 classes."""
    import timm

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(8)
        return timm.create_model(MODEL, pretrained=False).state_dict()


def saved(tensors: dict[str, torch.Tensor], folder: Path) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "weights.safetensors")
    return folder / "weights.safetensors"


def test_weights_are_those_of_the_file_and_the_head_is_fresh(published: Any, tmp_path: Path) -> None:
    file = str(saved(published, tmp_path))
    one, two = built(0, model=MODEL, weights=file), built(1, model=MODEL, weights=file)
    assert all(torch.equal(tensor, published[name]) for name, tensor in one.encoder.state_dict().items())
    assert not torch.equal(one.head.weight, two.head.weight)


def test_a_checkpoint_does_not_need_the_file(published: Any, tmp_path: Path) -> None:
    file = saved(published, tmp_path)
    architecture = Architecture("timm", {"model": MODEL, "weights": str(file)}, 3, 4)
    trained = build_classifier(architecture, init_seed=0).eval()
    file.unlink()
    empty = empty_classifier(architecture)
    empty.load_state_dict(trained.state_dict())
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(empty.eval()(images), trained(images))


def test_every_kind_of_wrong_tensor_is_named(published: Any, tmp_path: Path) -> None:
    wrong = dict(published)
    del wrong["bn1.weight"]
    wrong["extra.weight"] = torch.zeros(2)
    wrong["conv_stem.weight"] = torch.zeros(16, 1, 3, 3)
    with pytest.raises(ConfigError) as error:
        built(model=MODEL, weights=str(saved(wrong, tmp_path)))
    message = str(error.value)
    assert "1 missing: bn1.weight" in message
    assert "1 unexpected: extra.weight" in message
    assert "conv_stem.weight has (16, 1, 3, 3), not (16, 3, 3, 3)" in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        built(model=MODEL, weights=str(tmp_path / "absent.safetensors"))


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"not tensors")
    with pytest.raises(ConfigError, match="not a safetensors file"):
        built(model=MODEL, weights=str(tmp_path / "weights.bin"))


def test_an_unknown_name_points_at_near_ones() -> None:
    with pytest.raises(ValidationError, match=r"no such timm model; nearest: .*resnet18"):
        built(model="resnet_18")


def test_a_name_on_a_hub_is_not_downloaded() -> None:
    with pytest.raises(ValidationError, match="no such timm model"):
        built(model="hf_hub:timm/resnet18.a1_in1k")


@pytest.mark.parametrize("argument", ["pretrained", "checkpoint_path", "num_classes"])
def test_arguments_that_are_not_the_users_are_refused(argument: str) -> None:
    with pytest.raises(ValidationError, match=f"not allowed: {argument}"):
        built(model=MODEL, arguments={argument: True})


def test_an_argument_that_the_model_does_not_take_is_named() -> None:
    with pytest.raises(ConfigError, match=r"'resnet10t' with arguments .*unexpected keyword argument 'windows'"):
        built(model="resnet10t", arguments={"windows": 3})


def test_a_model_that_does_not_name_its_features_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timm.create_model", lambda *_, **__: torch.nn.Flatten())
    with pytest.raises(ConfigError, match=f"'{MODEL}' .* without its classifier: it does not say how many features"):
        built(model=MODEL)


def test_a_model_that_keeps_its_classifier_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import timm

    create = timm.create_model
    monkeypatch.setattr("timm.create_model", lambda name, *, num_classes, **more: create(name, num_classes=7, **more))
    with pytest.raises(ConfigError, match=r"features of shape \(2, 7\), not \(2, 1024\)"):
        require_fitting_images(built(model=MODEL), 3, 32, 32)


def test_a_transformer_takes_small_images_only_when_told_so() -> None:
    small = {"patch_size": 4, "embed_dim": 12, "depth": 1, "num_heads": 2}
    with pytest.raises(ConfigError, match=r"images of 3 x 16 x 16 .* do not fit this network: .*224"):
        require_fitting_images(built(model="vit_tiny_patch16_224", arguments=small), 3, 16, 16)
    require_fitting_images(built(model="vit_tiny_patch16_224", arguments={**small, "img_size": 16}), 3, 16, 16)
