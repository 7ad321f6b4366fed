"""Fake quantisation by its formula gives torch's values bit for bit; without rounding it is a clamp."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lethe.networks.unrounded import AsArithmetic

SEEDS = st.integers(0, 2**31)


def values(seed: int, scale: float) -> tuple[torch.Tensor, torch.Generator]:
    """Noise, and values that lie exactly between two steps."""
    generator = torch.Generator().manual_seed(seed)
    halves = (torch.arange(40) - 20 + 0.5) * scale
    return torch.cat([torch.randn(600, generator=generator), halves]).view(8, 80), generator


@given(seed=SEEDS, bits=st.integers(2, 8), scale=st.floats(0.001, 2.0), zero=st.integers(-3, 300))
def test_one_scale_gives_torchs_values(seed: int, bits: int, scale: float, zero: int) -> None:
    high = 2**bits - 1
    zero = min(max(zero, 0), high)
    x, _ = values(seed, scale)
    for given_scale, given_zero in ((scale, zero), (torch.tensor(scale), torch.tensor(zero, dtype=torch.int32))):
        expected = torch.fake_quantize_per_tensor_affine(x, given_scale, given_zero, 0, high)
        with AsArithmetic():
            found = torch.fake_quantize_per_tensor_affine(x, given_scale, given_zero, 0, high)
        assert torch.equal(found, expected)


@given(seed=SEEDS, bits=st.integers(2, 8), axis=st.sampled_from([0, 1, -1]))
def test_a_scale_a_channel_gives_torchs_values(seed: int, bits: int, axis: int) -> None:
    x, generator = values(seed, 0.1)
    count, high = x.shape[axis], 2 ** (bits - 1) - 1
    scale = torch.rand(count, generator=generator) + 0.01
    zero = torch.zeros(count, dtype=torch.int32)
    expected = torch.fake_quantize_per_channel_affine(x, scale, zero, axis % 2, -high, high)
    with AsArithmetic():
        found = torch.fake_quantize_per_channel_affine(x, scale, zero, axis=axis, quant_min=-high, quant_max=high)
    assert torch.equal(found, expected)


def test_without_rounding_it_is_a_clamp() -> None:
    x, _ = values(0, 0.1)
    with AsArithmetic(rounding=False):
        found = torch.fake_quantize_per_tensor_affine(x, 0.1, 3, 0, 15)
        assert torch.equal(x.round(), x) and torch.equal(torch.round(x), x)
    torch.testing.assert_close(found, x.clamp(-0.3, 1.2))


@pytest.mark.parametrize("extreme", [torch.amin, torch.amax, torch.Tensor.amin, torch.Tensor.amax])
def test_extremes_and_other_operators_keep_their_values(extreme) -> None:
    x, _ = values(0, 0.1)
    expected = extreme(x), extreme(x, 0), extreme(x, dim=1), (x + 1).relu().round()
    with AsArithmetic():
        found = extreme(x), extreme(x, 0), extreme(x, dim=1), (x + 1).relu().round()
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
