"""Whether computed numbers agree, as closely as the less precise of two sides allows.

Two processors add float32 numbers in different orders, so a float32 result is compared at float32's tolerance, also
where its reference was computed in float64. Hand both sides over as they are: a result that was widened before
(`.double()`, `float(...)`, `.tolist()`) hides how precise it is. `test_comparisons.py` finds such places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

# Relative and absolute tolerance of what was computed in this precision: an order of additions moves a result by some
# units in the last place, and a sum of hundreds by more.
_TOLERANCES = {
    torch.float64: (1e-7, 1e-12),
    torch.float32: (1e-5, 1e-5),
    torch.float16: (1e-2, 1e-3),
    torch.bfloat16: (7e-2, 1e-2),
}
# A stated tolerance of fewer units than this is met by chance.
_LEAST_UNITS = 8


@dataclass(frozen=True)
class _Values:
    """Numbers in float64, and the precision that they were computed in."""

    tensor: Tensor
    precision: torch.dtype


def assert_near(
    found: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    about: str = "",
) -> None:
    """Fail unless all numbers differ by no more than atol + rtol x |expected|.

    Args:
        found, expected: numbers, tensors, arrays, series, frames, or mappings and sequences of these, of one shape; a
            single expected number holds for all.
        rtol, atol: chosen from the less precise side where they are not given.
        equal_nan: whether two missing numbers agree.
        about: what a failure names.

    Raises: AssertionError: they differ; or the stated tolerances are less than the less precise side can hold.
    """
    if isinstance(expected, Mapping):
        assert found.keys() == expected.keys(), f"{sorted(found)} are not {sorted(expected)}"
        for name in expected:
            assert_near(found[name], expected[name], rtol=rtol, atol=atol, equal_nan=equal_nan, about=str(name))
        return
    sides = _values(found), _values(expected)
    numbers, wanted = (side.tensor for side in sides)
    rtol, atol = _tolerances(sides, rtol, atol)
    torch.testing.assert_close(
        numbers,
        wanted.expand_as(numbers) if wanted.dim() == 0 else wanted,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        msg=lambda message: f"{about}: {message}" if about else message,
    )


def is_near(
    found: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False
) -> bool:
    """Whether all numbers of two sides of one shape agree by the same tolerances."""
    sides = _values(found), _values(expected)
    rtol, atol = _tolerances(sides, rtol, atol)
    return torch.allclose(*(side.tensor for side in sides), rtol=rtol, atol=atol, equal_nan=equal_nan)


def _tolerances(sides: tuple[_Values, _Values], rtol: float | None, atol: float | None) -> tuple[float, float]:
    """Those that are given, else those of the less precise side; refused where they are below what it can hold."""
    precision = _least_precise([side.precision for side in sides])
    of_precision = _TOLERANCES[precision]
    chosen = of_precision[0] if rtol is None else rtol, of_precision[1] if atol is None else atol
    finite = sides[1].tensor[sides[1].tensor.isfinite()].abs()
    largest = finite.max().item() if len(finite) else 0.0
    least = _LEAST_UNITS * torch.finfo(precision).eps * largest
    assert chosen[1] + chosen[0] * largest >= least, (
        f"rtol={chosen[0]} and atol={chosen[1]} allow less than {precision} can hold at {largest:.3g}; "
        f"allow {least:.1g} or more, or leave the tolerances out"
    )
    return chosen


def _values(side: Any) -> _Values:
    """One side as it was computed; whole numbers and truth values are exact, so they count as float64."""
    if isinstance(side, Tensor):
        tensor = side.detach().cpu()
        return _Values(tensor.double(), tensor.dtype if tensor.is_floating_point() else torch.float64)
    if isinstance(side, pd.DataFrame):
        return _stacked([side[name] for name in side.columns], dim=1)
    if isinstance(side, Sequence) or (isinstance(side, (np.ndarray, pd.Series)) and side.dtype == object):
        return _stacked(list(side))
    array = np.asarray(side)
    precision = {"float32": torch.float32, "float16": torch.float16}.get(array.dtype.name, torch.float64)
    return _Values(torch.from_numpy(np.array(array, dtype=np.float64)), precision)


def _stacked(parts: Sequence[Any], dim: int = 0) -> _Values:
    values = [_values(part) for part in parts]
    precision = max(
        (each.precision for each in values), key=lambda dtype: torch.finfo(dtype).eps, default=torch.float64
    )
    return _Values(torch.stack([each.tensor for each in values], dim) if values else torch.empty(0).double(), precision)


def _least_precise(precisions: Sequence[torch.dtype]) -> torch.dtype:
    return max(precisions, key=lambda dtype: torch.finfo(dtype).eps)
