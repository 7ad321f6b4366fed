"""Which weights each method removes, against a slow literal transcription of its definition."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lethe.compress.masks import keep_highest, prunable_weights
from lethe.compress.methods import magnitude_global, magnitude_layerwise, random
from lethe.compress.spec import CompressSpec, Masks
from support.channels import small_inputs
from support.near import assert_near
from support.small import small_model


def masks_of(spec: CompressSpec, level: float, seed: int = 0) -> Masks:
    generator = torch.Generator().manual_seed(seed)
    return spec.compress(small_model(), level, spec.Options(), small_inputs(), generator).masks


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.floats(0, 1))
def test_exactly_the_lowest_scores_are_removed_ties_by_position(scores: list[int], sparsity: float) -> None:
    half = len(scores) // 2
    layers = {"a": torch.tensor(scores[:half]).float(), "b": torch.tensor(scores[half:]).float()}
    ranked = sorted(range(len(scores)), key=lambda i: (scores[i], i))
    removed = set(ranked[: round(sparsity * len(scores))])
    masks = keep_highest(layers, sparsity)
    assert torch.cat([masks["a"], masks["b"]]).tolist() == [i not in removed for i in range(len(scores))]


@pytest.mark.parametrize("level", [0.3, 0.9])
def test_global_magnitude_removes_the_smallest_of_the_whole_network(level: float) -> None:
    masks, weights = masks_of(magnitude_global.SPEC, level), prunable_weights(small_model())
    kept = torch.cat([weights[n][masks[n]].abs() for n in weights])
    removed = torch.cat([weights[n][~masks[n]].abs() for n in weights])
    assert removed.max() <= kept.min()
    assert len(removed) == round(level * (len(kept) + len(removed)))


@pytest.mark.parametrize("level", [0.3, 0.9])
def test_layerwise_magnitude_removes_the_same_share_of_every_layer(level: float) -> None:
    masks, weights = masks_of(magnitude_layerwise.SPEC, level), prunable_weights(small_model())
    for name, weight in weights.items():
        assert int((~masks[name]).sum()) == round(level * weight.numel())
        assert weight[~masks[name]].abs().max() <= weight[masks[name]].abs().min()


def test_random_ignores_the_weights_and_differs_between_seeds() -> None:
    one, other = masks_of(random.SPEC, 0.5, seed=1), masks_of(random.SPEC, 0.5, seed=2)
    assert any(not torch.equal(one[name], other[name]) for name in one)
    weights = prunable_weights(small_model())
    kept = torch.cat([weights[n][one[n]].abs() for n in weights]).mean()
    removed = torch.cat([weights[n][~one[n]].abs() for n in weights]).mean()
    assert_near(kept / removed, 1, atol=0.25)


def test_every_convolution_and_the_head_can_be_pruned_and_nothing_else() -> None:
    names = set(prunable_weights(small_model()))
    assert "head.weight" in names
    assert all(weight.dim() in (2, 4) for weight in prunable_weights(small_model()).values())
    matrices = {name for name, p in small_model().named_parameters() if p.dim() > 1}
    assert names == matrices
