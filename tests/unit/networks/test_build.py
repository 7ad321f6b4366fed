"""Building from a description: options are checked, images that do not fit are refused."""

import json
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from lethe.core.errors import ConfigError, UnknownName
from lethe.core.seeding import Replicate
from lethe.data.store import FAINT
from lethe.networks.build import (
    Architecture,
    build_classifier,
    empty_classifier,
    fresh_classifier,
    pixel_statistics,
    require_fitting_images,
)
from lethe.networks.spec import Classifier
from support.near import assert_near

SMALL = Architecture("resnet", {"blocks": [1, 1], "width": 4}, 3, 4)


def test_a_description_survives_json() -> None:
    again = Architecture(**json.loads(json.dumps(SMALL.as_json())))
    weights = [build_classifier(architecture, init_seed=2).state_dict() for architecture in (SMALL, again)]
    assert again == SMALL
    assert all(torch.equal(a, b) for a, b in zip(weights[0].values(), weights[1].values(), strict=True))


@pytest.mark.parametrize(
    "name, options, said",
    [
        ("resnet", {"blocks": []}, "at least 1 item"),
        ("resnet", {"blocks": [1] * 5}, "at most 4 items"),
        ("resnet", {"blocks": [1, 0]}, "greater than or equal to 1"),
        ("resnet", {"width": 7}, "multiple of 2"),
        ("resnet", {"stem_stride": 3}, "Input should be 1 or 2"),
        ("resnet", {"depth": 18}, "Extra inputs"),
        ("wrn", {"depth": 17}, "6n \\+ 4"),
        ("wrn", {"depth": 4}, "6n \\+ 4"),
        ("wrn", {"dropout": 1.0}, "less than 1"),
        ("vgg", {"depth": 12}, "Input should be 11, 13, 16 or 19"),
        ("vgg", {"width": 0}, "greater than 0"),
        ("timm", {}, "Field required"),
    ],
)
@pytest.mark.parametrize("how", [lambda wrong: build_classifier(wrong, init_seed=0), empty_classifier])
def test_wrong_options_are_refused(name: str, options: dict[str, Any], said: str, how: Any) -> None:
    with pytest.raises(ValidationError, match=said):
        how(Architecture(name, options, 3, 4))


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(UnknownName, match=r"unknown model 'resnett'.*did you mean 'resnet'"):
        build_classifier(Architecture("resnett", {}, 3, 4), init_seed=0)


def test_seeds_of_63_bits_are_taken() -> None:
    one, two = (build_classifier(SMALL, init_seed=seed) for seed in (2**63 - 1, 2**63 - 2))
    assert not torch.equal(one.head.weight, two.head.weight)


def test_images_with_other_channels_are_refused() -> None:
    model = build_classifier(Architecture("vgg", {"depth": 11, "width": 0.05}, 3, 4), init_seed=0)
    with pytest.raises(ConfigError, match=r"images of 5 x 8 x 9 .* do not fit"):
        require_fitting_images(model, 5, 8, 9)


def test_images_too_small_for_a_network_without_padding_are_refused() -> None:
    encoder = nn.Sequential(nn.Conv2d(1, 2, 5), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = Classifier(encoder, nn.Linear(2, 4), 1)
    require_fitting_images(model, 1, 5, 5)
    with pytest.raises(ConfigError, match=r"images of 1 x 4 x 4 .*Kernel size can't be greater"):
        require_fitting_images(model, 1, 4, 4)


def test_a_head_that_does_not_fit_the_features_is_refused() -> None:
    encoder = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(ConfigError, match=r"features of shape \(2, 2\), not \(2, 3\)"):
        require_fitting_images(Classifier(encoder, nn.Linear(3, 4), 1), 1, 8, 8)


def test_the_trial_changes_nothing() -> None:
    model = build_classifier(SMALL, init_seed=0).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    require_fitting_images(model, 3, 8, 8)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("value", [0, 7, 255])
@pytest.mark.parametrize("channel", [0, 2])
def test_what_comes_into_an_empty_channel_later_changes_nothing(channel: int, value: int) -> None:
    images = torch.randint(256, (20, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images[:, channel] = value
    model = fresh_classifier(SMALL, Replicate(0, 0), images).eval()
    assert all(torch.isfinite(tensor).all() for tensor in model.state_dict().values())
    clean, later = images.float() / 255, images.float() / 255
    later[:, channel] = torch.rand(20, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert_near(model(later), model(clean), rtol=1e-6, atol=1e-6)
        varied = [other for other in range(3) if other != channel]
        mean, std = pixel_statistics(images)
        plain = pixel_statistics(images[:, varied])
    assert torch.equal(mean[varied], plain[0]) and torch.equal(std[varied], plain[1])


def test_a_channel_that_hardly_varies_is_not_blown_up() -> None:
    """One pixel of one image: its deviation is a twentieth of the others'."""
    images = torch.randint(256, (20, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images[:, 1] = 0
    images[3, 1, 5, 5] = 255
    _, std = pixel_statistics(images)
    assert_near(std[1], FAINT * std.max())
    assert std[1] > 2 * (images[:, 1].float() / 255).std()


def test_pixel_statistics_are_those_of_the_pixels() -> None:
    images = torch.randint(256, (20, 3, 5, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = pixel_statistics(images)
    pixels = (images.double() / 255).movedim(1, 0).flatten(1)
    assert_near(mean, pixels.mean(1), rtol=1e-6, atol=0)
    assert_near(std, pixels.std(1, correction=0), rtol=1e-6, atol=0)
