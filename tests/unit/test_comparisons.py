"""Tests compare results at the precision that they were computed in, so that they hold on another processor."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from support import comparisons
from support.near import assert_near, is_near

TESTS = Path(__file__).resolve().parents[1]
PRECISIONS = [(torch.float32, 8e-6, 4e-5), (torch.float16, 6e-3, 3e-2), (torch.bfloat16, 5e-2, 2e-1)]


@pytest.mark.slow
def test_no_test_compares_more_closely_than_was_computed() -> None:
    own = {"near.py", Path(__file__).name}
    assert not [
        found for file in sorted(TESTS.rglob("*.py")) if file.name not in own for found in comparisons.find_in(file)
    ]


@pytest.mark.parametrize(
    "planted",
    [
        # As test_mean_teacher was.
        "torch.testing.assert_close(loss_value(NAME, learner, batch).double(), expected)",
        "from torch.testing import assert_close as close",
        "close = np.testing.assert_allclose",
        "assert np.isclose(found, expected)",
        "assert found.allclose(expected)",
        "assert_near(loss.double(), expected)",
        "assert_near(expected, loss.double())",
        "assert_near(loss.to(torch.float64).mean(), expected)",
        "assert_near(model(images).detach().numpy().astype(np.float64), expected)",
        "assert_near(np.asarray(logits, dtype=np.float64), expected, rtol=1e-9)",
        "assert is_near(float(loss), 0.1, atol=1e-8)",
        "assert float(loss) == pytest.approx(expected, rel=1e-9)",
        "assert loss.item() == pytest.approx(expected)",
        "assert pytest.approx(expected) == loss.item()",
        "assert expected == approx(loss.item())",
        "assert losses.tolist() == pytest.approx([0.1, 0.2])",
        "assert [float(loss) for loss in losses] == pytest.approx([0.1, 0.2])",
        "assert (float(low), float(high)) == pytest.approx((0.1, 0.2))",
        "found = float(loss_value())\nassert found == pytest.approx(expected)",
        "found, rest = loss.double(), 1\nmean = found.mean() * 2\nassert_near(mean, expected)",
        "for loss in losses.tolist():\n    assert loss == pytest.approx(0.1)",
        "def value():\n    return float(loss())\ndef test():\n    assert value() == pytest.approx(0.1)",
        "def test():\n    with torch.no_grad():\n        found = loss().item()\n    assert found == pytest.approx(0.1)",
        "assert abs(loss.item() - expected) < 1e-8",
        "assert (found - expected).abs().max() <= 1e-7",
        "assert 1e-6 > np.abs(found - expected).max()",
        "SMALL = 10**-9\ndef test():\n    assert torch.norm(found - expected) < SMALL",
        "assert ((found - expected) ** 2).mean() < 1e-12",
        "assert torch.dist(found, expected) < 1e-7",
        "assert loss.item() == 0.1",
        "assert round(loss.item(), 6) == 0.693147",
        "assert_near(loss.to('cpu', dtype=torch.double), expected)",
        "assert_near(loss.numpy().astype('f8'), expected)",
        "assert_near(np.float64(loss), expected)",
        "assert float(loss) == expected",
        "assert torch.equal(loss.double(), expected)",
        "np.testing.assert_array_equal(loss.astype(float), expected)",
        "pd.testing.assert_frame_equal(frame.astype(float), expected, rtol=1e-9)",
        "pd.testing.assert_series_equal(frame.astype('float64'), expected, check_exact=True)",
    ],
)
def test_what_compares_too_closely_is_found(planted: str) -> None:
    assert len(comparisons.find(planted)) == 1, planted


@pytest.mark.parametrize(
    "allowed",
    [
        "assert_near(loss_value(NAME, learner, batch), expected)",
        "assert_near(loss, first.double() * factor)",
        "powers = logits.double().exp()\nassert_near(loss, powers.mean().log())",
        "assert_near(found, np.array([0.1, 0.2], dtype=np.float64))",
        "assert float(share) == pytest.approx(0.5, abs=0.01)",
        "assert record['share'] == pytest.approx(0.5)",
        "assert options['rate'] == 0.1",
        "assert float(gradient.abs().sum()) == 0",
        "assert (float(weight), int(count)) == (2.5, 7)",
        "assert float('0.1') == 0.1",
        "assert labels.tolist() == [0, 1, 2]",
        "assert torch.equal(once, again)",
        "assert (one - other).abs().max() > 1e-2",
        "assert p_value < 1e-9",
        "pd.testing.assert_frame_equal(found, expected)",
    ],
)
def test_what_compares_rightly_is_left_alone(allowed: str) -> None:
    assert not comparisons.find(allowed)


@pytest.mark.parametrize(("precision", "near", "far"), PRECISIONS)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_less_precise_side_chooses(precision: torch.dtype, near: float, far: float, swapped: bool) -> None:
    reference = torch.tensor([1.0, 2.0, -8.0], dtype=torch.float64)
    for apart, is_equal in ((near, True), (far, False)):
        sides = (reference * (1 + apart)).to(precision), reference
        assert is_near(*(sides[::-1] if swapped else sides)) == is_equal


def test_float64_is_held_to_its_own_tolerance() -> None:
    reference = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert is_near(reference * (1 + 1e-8), reference) and not is_near(reference * (1 + 1e-6), reference)
    with pytest.raises(AssertionError, match="second: Tensor-likes are not close"):
        assert_near({"first": reference, "second": reference}, {"first": reference, "second": reference + 1e-6})


@pytest.mark.parametrize(
    "found",
    [
        np.array([1.0, 2.0], dtype=np.float32),
        pd.Series(np.array([1.0, 2.0], dtype=np.float32)),
        pd.Series([np.float32(1), 2.0], dtype=object),
        [torch.tensor(1.0), torch.tensor(2.0, dtype=torch.float64)],
        (np.float32(1), 2),
    ],
)
def test_whatever_holds_float32_is_compared_as_float32(found: object) -> None:
    assert_near(found, [1 + 8e-6, 2])
    assert not is_near(found, [1 + 5e-5, 2])
    assert not is_near(np.array([1.0, 2.0]), [1 + 8e-6, 2])


def test_one_column_of_a_frame_in_float32_decides_for_the_frame() -> None:
    frame = pd.DataFrame({"one": [1.0, 2.0], "other": np.array([3.0, 4.0], dtype=np.float32)})
    assert_near(frame, [[1 + 8e-6, 3], [2, 4]])
    assert not is_near(frame[["one"]], [[1 + 8e-6], [2]])


@pytest.mark.parametrize("stated", [{"rtol": 1e-9, "atol": 0.0}, {"rtol": 0.0, "atol": 1e-8}])
def test_a_stated_tolerance_that_float32_cannot_hold_is_refused(stated: dict[str, float]) -> None:
    loss = torch.tensor(0.7)
    with pytest.raises(AssertionError, match=r"allow less than torch\.float32 can hold at 0\.7; allow 7e-07 or more"):
        assert_near(loss, loss, **stated)
    assert_near(loss.double(), loss.double(), **stated)


def test_shapes_and_missing_numbers_count() -> None:
    assert_near(torch.ones(3), 1)
    assert_near([1.0, np.nan], [1.0, np.nan], equal_nan=True)
    for found, expected in ((torch.ones(3), torch.ones(2)), ([1.0, np.nan], [1.0, np.nan]), ([], [1.0])):
        with pytest.raises(AssertionError):
            assert_near(found, expected)
