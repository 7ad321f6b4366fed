"""What every architecture of the registry promises, on the smallest network of its family."""

import pytest
import torch
from torch import nn

from lethe.compress.channels import coupled_channels, kept_channels
from lethe.compress.rewire import keep, merge, rewire
from lethe.core import registry
from lethe.networks.build import Architecture, build_classifier, empty_classifier, require_fitting_images
from lethe.networks.spec import Classifier
from support.channels import duplicated
from support.fitting import small_options
from support.near import assert_near

NAMES = registry.names(registry.FAMILIES)
CLASSES = 5

every_model = pytest.mark.parametrize("name", NAMES)


def architecture(name: str, channels: int = 3) -> Architecture:
    return Architecture(name, small_options(registry.load(registry.FAMILIES, name).Options), channels, CLASSES)


def built(name: str, *, seed: int = 0, channels: int = 3) -> Classifier:
    return build_classifier(architecture(name, channels), init_seed=seed).eval()


def images(channels: int = 3) -> torch.Tensor:
    return torch.rand(4, channels, 16, 16, generator=torch.Generator().manual_seed(1))


def stirred(model: Classifier) -> Classifier:
    """The network with no parameter or statistic at a special value such as the zero of a last batch-norm."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.weight.uniform_(0.5, 1.5, generator=generator)
                layer.running_mean.uniform_(-0.1, 0.1, generator=generator)
    return model


@every_model
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes(name: str, channels: int) -> None:
    model = built(name, channels=channels)
    features = model.features(images(channels))
    assert features.shape == (4, model.head.in_features)
    assert model(images(channels)).shape == (4, CLASSES)
    assert model.head.out_features == CLASSES
    require_fitting_images(model, channels, 16, 16)


@every_model
def test_the_head_acts_on_the_features(name: str) -> None:
    model = stirred(built(name))
    assert_near(model(images()), model.features(images()) @ model.head.weight.T + model.head.bias)


@every_model
def test_a_seed_decides_every_weight(name: str) -> None:
    one, again, other = built(name, seed=3), built(name, seed=3), built(name, seed=4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), again.parameters(), strict=True))
    weights = [layer.weight for layer in one.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    others = [layer.weight for layer in other.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert not any(torch.equal(a, b) for a, b in zip(weights, others, strict=True))


@every_model
def test_the_global_generator_is_left_alone(name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(11)
        expected = torch.rand(3)
        torch.default_generator.manual_seed(11)
        built(name)
        empty_classifier(architecture(name))
        assert torch.equal(torch.rand(3), expected)


@every_model
def test_the_global_generator_does_not_matter(name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        one = built(name, seed=3)
        torch.rand(7)
        two = built(name, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


@every_model
def test_a_checkpoint_restores_the_network(name: str) -> None:
    trained = stirred(built(name))
    trained.set_pixel_statistics(torch.tensor([0.4, 0.5, 0.6]), torch.tensor([0.2, 0.3, 0.4]))
    empty = empty_classifier(architecture(name))
    assert [(key, value.shape, value.dtype) for key, value in empty.state_dict().items()] == [
        (key, value.shape, value.dtype) for key, value in trained.state_dict().items()
    ]
    empty.load_state_dict(trained.state_dict())
    assert torch.equal(empty.eval()(images()), trained(images()))


@every_model
def test_an_empty_network_has_the_same_layers(name: str) -> None:
    def layers(model: Classifier) -> list[tuple[str, str]]:
        kinds = (nn.Conv2d, nn.Linear, nn.BatchNorm2d)
        return [(key, type(layer).__name__) for key, layer in model.named_modules() if isinstance(layer, kinds)]

    assert layers(empty_classifier(architecture(name))) == layers(built(name))


@every_model
def test_gradient_reaches_every_parameter(name: str) -> None:
    model = stirred(built(name)).train()
    model(images()).square().sum().backward()
    without = [key for key, value in model.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0]
    assert without == []


@every_model
def test_there_is_something_to_prune_and_to_recalibrate(name: str) -> None:
    kinds = [type(layer) for layer in built(name).encoder.modules()]
    assert sum(issubclass(kind, nn.Conv2d) for kind in kinds) >= 5
    assert sum(issubclass(kind, nn.BatchNorm2d) for kind in kinds) >= 5


@every_model
def test_the_memory_format_does_not_matter(name: str) -> None:
    model = stirred(built(name))
    expected = model(images())
    channels_last = model.to(memory_format=torch.channels_last)(images().to(memory_format=torch.channels_last))
    assert_near(channels_last, expected, rtol=0, atol=1e-5)


@every_model
def test_pixel_statistics_normalise_the_images(name: str) -> None:
    model = stirred(built(name))
    mean, std = torch.tensor([0.4, 0.5, 0.6]), torch.tensor([0.2, 0.3, 0.4])
    expected = model((images() - mean[:, None, None]) / std[:, None, None])
    model.set_pixel_statistics(mean, std)
    assert_near(model(images()), expected)


@pytest.mark.slow
@every_model
def test_channels_can_be_removed_and_merged_and_duplicates_fold_exactly(name: str) -> None:
    model = stirred(built(name))
    groups = coupled_channels(model, (3, 16, 16))
    maps = {
        "removed": [keep(torch.arange(kept_channels(group.width, 0.5)), group.width) for group in groups],
        "merged": [merge(torch.arange(group.width) // 2) for group in groups],
    }
    dense = sum(p.numel() for p in model.parameters())
    for change in maps.values():
        smaller = rewire(model, groups, change)
        assert sum(p.numel() for p in smaller.parameters()) < 0.4 * dense
        assert smaller(images()).isfinite().all()
    double, wide = duplicated(model, groups)
    back = rewire(double, wide, [merge(torch.arange(group.width) % (group.width // 2)) for group in wide])
    assert_near(back(images()), model(images()), rtol=1e-4, atol=1e-5)
