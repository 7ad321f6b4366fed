"""What every compression method of the registry promises."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lethe.compress.masks import prunable_weights, sparsity_of
from lethe.compress.spec import Calibration, Compressed
from lethe.core import registry
from lethe.training.predict import predict_logits
from support.small import small_images, small_model, states_equal

METHODS = registry.names("compress")
SPARSE = [name for name in METHODS if registry.literal("compress", name, "level_kind") == "sparsity"]
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def compress(name: str, level: float, *, seed: int = 0, **options: Any) -> Compressed:
    spec = registry.load("compress", name)
    generator = torch.Generator().manual_seed(seed)
    calibration = Calibration(small_images())
    return spec.compress(small_model(), level, spec.Options(**options), calibration, generator)


@pytest.mark.parametrize("name", SPARSE)
def test_level_zero_leaves_the_logits(name: str) -> None:
    difference = predict_logits(compress(name, 0.0).model, small_images()) - predict_logits(
        small_model(), small_images()
    )
    assert difference.abs().max() <= 1e-5


@pytest.mark.parametrize("name", METHODS)
def test_the_input_is_untouched_and_the_same_seed_gives_the_same_result(name: str) -> None:
    spec, model = registry.load("compress", name), small_model()
    before = deepcopy(model.state_dict())
    one, two = (
        spec.compress(model, 0.5, spec.Options(), Calibration(small_images()), torch.Generator().manual_seed(4))
        for _ in range(2)
    )
    assert states_equal(model.state_dict(), before)
    assert states_equal(one.model.state_dict(), two.model.state_dict())


@pytest.mark.parametrize("name", SPARSE)
@given(level=st.floats(0, 0.999))
@FEW
def test_achieved_sparsity_is_the_asked_one(name: str, level: float) -> None:
    model = compress(name, level).model
    weights = prunable_weights(model)
    assert sparsity_of(model) == pytest.approx(level, abs=0.5 * len(weights) / sum(w.numel() for w in weights.values()))


@pytest.mark.parametrize("name", SPARSE)
@given(levels=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)))
@FEW
def test_masks_are_nested_over_levels(name: str, levels: tuple[float, float]) -> None:
    mild, harsh = (compress(name, level).masks for level in sorted(levels))
    assert all((harsh[layer] <= mild[layer]).all() for layer in mild)


@pytest.mark.parametrize("name", SPARSE)
def test_kept_weights_biases_and_statistics_are_those_of_the_dense_network(name: str) -> None:
    compressed, dense = compress(name, 0.6), small_model().state_dict()
    for key, value in compressed.model.state_dict().items():
        mask = compressed.masks.get(key, torch.ones_like(value, dtype=torch.bool))
        assert torch.equal(value, torch.where(mask, dense[key], torch.zeros_like(value)))
