"""What every compression method of the registry promises."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.compress.channels import kept_channels
from lethe.compress.masks import prunable_weights, sparsity_of
from lethe.compress.spec import ActsOn, Compressed, Inputs, Role
from lethe.core import registry
from lethe.core.errors import CompressionError
from lethe.networks.predict import predict_logits
from lethe.networks.spec import Classifier
from support.channels import small_groups, small_inputs
from support.fitting import OFFERED, small_options
from support.small import small_images, small_model, states_equal

EVERY = registry.names(registry.METHODS)
METHODS = [name for name in EVERY if registry.literal(registry.METHODS, name, "pairing") == "post_hoc"]
LABELLED = [name for name in METHODS if registry.literal(registry.METHODS, name, "labels", default=False)]
KINDS = {name: registry.literal(registry.METHODS, name, "level_kind") for name in METHODS}
SPARSE, CHANNELS = ([m for m in METHODS if KINDS[m] == kind] for kind in ("sparsity", "channel_sparsity"))
IDENTITY = {"sparsity": 0.0, "channel_sparsity": 0.0, "bits": 32.0}
SOME = {"sparsity": 0.5, "channel_sparsity": 0.5, "bits": 4.0}
FEW = settings(max_examples=settings.default.max_examples // 2)  # each compresses a network


@cache
def dense() -> Classifier:
    """One network for all tests: that methods leave it untouched is a promise of its own."""
    return small_model()


def compress(name: str, level: float, *, seed: int = 0, **options: Any) -> Compressed:
    spec = registry.load(registry.METHODS, name)
    generator = torch.Generator().manual_seed(seed)
    settings = spec.Options(**small_options(spec.Options), **options)
    return spec.compress(dense(), level, settings, inputs(name), generator)


def inputs(name: str) -> Inputs:
    """Images, with labels for a method whose SPEC asks for them."""
    return small_inputs(count=OFFERED, labels=literal(name, "labels", False))


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_it_looks_at_as_many_images_as_it_does_by_default(name: str) -> None:
    """Small options are for speed alone; what a study without options asks for must work too."""
    spec = registry.load(registry.METHODS, name)
    made = spec.compress(dense(), SOME[KINDS[name]], spec.Options(), inputs(name), torch.Generator().manual_seed(0))
    assert predict_logits(made.model, small_images()).isfinite().all()


@dataclass(frozen=True)
class Watched(Inputs):
    """Says whether images were looked at without their labels."""

    without_labels: list[str] = field(default_factory=list)

    def images(self, count: int, *, purpose: str) -> torch.Tensor:
        self.without_labels.append(purpose)
        return super().images(count, purpose=purpose)


@pytest.mark.parametrize("name", LABELLED)
def test_only_labels_that_may_be_used_decide(name: str) -> None:
    spec, given = registry.load(registry.METHODS, name), inputs(name)
    assert given.labels is not None
    settings = spec.Options(**small_options(spec.Options))
    levels = (2.0, 3.0, 4.0) if KINDS[name] == "bits" else (0.25, 0.5, 0.75)
    model = small_model()
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(layer.weight)  # fresh blocks end with 0, and no gradient passes them

    def states(asked: Inputs) -> list[dict[str, torch.Tensor]]:
        made = [spec.compress(model, level, settings, asked, torch.Generator().manual_seed(0)) for level in levels]
        return [compressed.model.state_dict() for compressed in made]

    def same(one: Inputs, other: Inputs) -> bool:
        return all(map(states_equal, states(one), states(other)))

    usable = np.where(np.arange(OFFERED) % 2, given.labels, -1)
    others = np.where((usable < 0)[:, None, None, None], 255 - given.pool, given.pool)
    watched = Watched(**vars(replace(given, labels=usable)))
    # A method may look at any images beside, for statistics.
    assert same(watched, replace(watched, pool=others)) or watched.without_labels
    assert not all(same(given, replace(given, labels=np.full(OFFERED, label))) for label in range(3))


def literal(name: str, field: str, default: Any = None) -> Any:
    return registry.literal(registry.METHODS, name, field, default)


@pytest.mark.parametrize("name", EVERY)
def test_what_it_is_can_be_read_without_importing_it(name: str) -> None:
    spec = registry.load(registry.METHODS, name)
    for key in ("name", "summary", "source", "level_kind", "pairing", "role", "control", "acts_on"):
        assert literal(name, key) == getattr(spec, key)
    assert spec.role in get_args(Role) and spec.acts_on in get_args(ActsOn)
    assert {"sparsity": "weights", "bits": "bits"}.get(spec.level_kind, spec.acts_on) == spec.acts_on
    assert literal(name, "channels", False) == spec.channels == (spec.acts_on in ("channels", "clusters"))
    assert literal(name, "labels", False) == spec.labels


@pytest.mark.parametrize("name", EVERY)
def test_its_control_does_the_same_at_random(name: str) -> None:
    control = literal(name, "control")
    assert not control or literal(name, "role") == "method"
    if control:
        assert literal(control, "role") == "random control"
        for field in ("level_kind", "acts_on", "pairing"):
            assert literal(control, field) == literal(name, field)


@pytest.mark.parametrize("name", METHODS)
def test_it_says_whether_it_fine_tunes_by_default(name: str) -> None:
    options = registry.load(registry.METHODS, name).Options
    assert literal(name, "finetunes", False) == bool(options.model_fields["finetune_epochs"].default)


@pytest.mark.parametrize("name", METHODS)
def test_the_identity_level_leaves_the_logits(name: str) -> None:
    compressed = compress(name, IDENTITY[KINDS[name]])
    difference = predict_logits(compressed.model, small_images()) - predict_logits(dense(), small_images())
    assert difference.abs().max() <= 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_the_input_is_untouched_and_the_same_seed_gives_the_same_result(name: str) -> None:
    spec, model = registry.load(registry.METHODS, name), small_model()
    before = deepcopy(model.state_dict())
    settings, level = spec.Options(**small_options(spec.Options)), SOME[KINDS[name]]
    one, two = (spec.compress(model, level, settings, inputs(name), torch.Generator().manual_seed(4)) for _ in range(2))
    assert states_equal(model.state_dict(), before)
    assert states_equal(one.model.state_dict(), two.model.state_dict())


@pytest.mark.slow
@pytest.mark.parametrize("name", SPARSE)
@given(level=st.floats(0, 0.999))
@FEW
def test_achieved_sparsity_is_the_asked_one(name: str, level: float) -> None:
    model = compress(name, level).model
    weights = prunable_weights(model)
    assert sparsity_of(model, dense()) == pytest.approx(
        level, abs=0.5 * len(weights) / sum(w.numel() for w in weights.values())
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", SPARSE)
@given(levels=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)))
@FEW
def test_masks_are_nested_over_levels(name: str, levels: tuple[float, float]) -> None:
    mild, harsh = (compress(name, level).masks for level in sorted(levels))
    assert all((harsh[layer] <= mild[layer]).all() for layer in mild)


@pytest.mark.parametrize("name", SPARSE)
def test_kept_weights_biases_and_statistics_are_those_of_the_dense_network(name: str) -> None:
    compressed, weights = compress(name, 0.6), dense().state_dict()
    for key, value in compressed.model.state_dict().items():
        mask = compressed.masks.get(key, torch.ones_like(value, dtype=torch.bool))
        assert torch.equal(value, torch.where(mask, weights[key], torch.zeros_like(value)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANNELS)
@given(level=st.floats(0, 0.74))
@settings(FEW, max_examples=FEW.max_examples // 2)
def test_every_group_has_the_channels_that_were_asked_for(name: str, level: float) -> None:
    state = compress(name, level).model.state_dict()
    for group in small_groups():
        for member in group.members:
            axis = 1 if member.part == "consumer" else 0
            assert state[f"{member.layer}.weight"].shape[axis] == kept_channels(group.width, level)


@pytest.mark.parametrize("name", CHANNELS)
def test_the_network_becomes_smaller_and_still_takes_the_same_images(name: str) -> None:
    smaller = compress(name, 0.5).model
    assert sum(p.numel() for p in smaller.parameters()) < 0.4 * sum(p.numel() for p in dense().parameters())
    assert predict_logits(smaller, small_images()).isfinite().all()
    assert sparsity_of(smaller, dense()) > 0.6


@pytest.mark.parametrize("name", CHANNELS)
def test_a_level_that_leaves_no_channel_is_refused(name: str) -> None:
    with pytest.raises(CompressionError, match=r"without channels: it has 4; allowed: up to 0\.75"):
        compress(name, 0.8)
