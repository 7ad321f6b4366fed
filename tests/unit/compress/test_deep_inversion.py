"""Synthetic images: nearer to what the batch-norms saw than noise is, and the network stays as it was."""

from functools import cache

import pytest
import torch

from lethe.compress.deep_inversion import InversionOptions, _watched, invert, total_variation
from lethe.data.augment import to_float
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier
from support.near import assert_near
from support.small import small_images, small_model, states_equal


def model_of_dim_images() -> Classifier:
    """A network whose batch-norms have seen images of little contrast."""
    model = small_model()
    recalibrate(model, small_images(64) // 4 + 96)
    return model


def misfit(images: torch.Tensor) -> float:
    """Squared distance of all batch-norms' inputs from their running statistics."""
    model, total = model_of_dim_images(), []
    for norm in (m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)):

        def add(module: torch.nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
            values = inputs[0].movedim(1, 0).flatten(1)
            assert module.running_mean is not None and module.running_var is not None
            total.append(((values.mean(dim=1) - module.running_mean) ** 2).sum())
            total.append(((values.var(dim=1, correction=0) - module.running_var) ** 2).sum())

        norm.register_forward_pre_hook(add)
    with torch.no_grad():
        model(to_float(images))
    return float(torch.stack(total).sum())


def test_the_misfit_is_the_sum_of_squared_distances() -> None:
    """Means 3 and 4 where 0 was seen: 9 + 16; variances 0 where 1 was seen: 1 + 1."""
    norm, misfits = torch.nn.BatchNorm2d(2).eval(), []
    with _watched([norm], misfits):
        norm(torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1).expand(5, 2, 3, 3))
    assert [float(misfit) for misfit in misfits] == [27.0]


@cache
def inverted(seed: int = 0, **options: object) -> torch.Tensor:
    """Images that tests leave as they are; `inverted.__wrapped__` makes them again."""
    generator = torch.Generator().manual_seed(seed)
    return invert(model_of_dim_images(), (1, 8, 8), InversionOptions(images=16, steps=40, **options), generator)


def test_synthetic_images_fit_the_statistics_better_than_noise() -> None:
    assert misfit(inverted()) < 0.2 * misfit(small_images(16))


@pytest.mark.slow
def test_they_are_images_and_the_same_seed_gives_the_same() -> None:
    images = inverted()
    assert images.dtype == torch.uint8 and images.shape == (16, 1, 8, 8)
    assert torch.equal(images, inverted.__wrapped__()) and not torch.equal(images, inverted(seed=1))


def test_the_network_keeps_its_state_and_collects_no_gradient() -> None:
    model = small_model()
    invert(model, (1, 8, 8), InversionOptions(images=4, steps=2), torch.Generator())
    assert states_equal(model.state_dict(), small_model().state_dict())
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.slow
def test_variation_makes_images_smoother() -> None:
    rough, smooth = (total_variation(to_float(inverted(variation=weight))) for weight in (0.0, 30.0))
    assert smooth < rough


def test_total_variation_of_a_step_is_its_height_over_the_pixels() -> None:
    image = torch.zeros(1, 1, 4, 4)
    image[..., 2:] = 0.5
    assert_near(total_variation(image), 0.5 / 3)
