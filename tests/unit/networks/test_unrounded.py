"""Without rounding a quantiser is a clamp; all else is as it was."""

import torch

from lethe.networks.quantized import StaticQuantizer
from lethe.networks.unrounded import Unrounded
from support.near import assert_near


def test_a_quantizer_becomes_a_clamp_to_its_range() -> None:
    quantizer = StaticQuantizer(4)
    quantizer.set_range(-0.3, 1.2)
    values = torch.linspace(-2, 2, 400)
    with Unrounded():
        found = quantizer(values)
    assert_near(found, values.clamp(-0.3, 1.2))
    assert not torch.equal(quantizer(values), found)


def test_no_other_operator_changes() -> None:
    values = torch.linspace(-2, 2, 11)
    expected = values.amax(), values.floor(), values.relu()
    with Unrounded():
        assert torch.equal(values.round(), values) and torch.equal(torch.round(values), values)
        assert all(map(torch.equal, (values.amax(), values.floor(), values.relu()), expected))
