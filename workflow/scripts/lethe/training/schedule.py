"""Learning rates as pure functions of the step, so that training resumes at any step without stored state.

one_cycle: from peak/25 to peak and down to peak/250 000, both along half a cosine (Smith and Topin 2018,
arXiv:1708.07120, as in torch's OneCycleLR). cosine: linear warm-up to the peak, then half a cosine to 0
(Loshchilov and Hutter 2017, arXiv:1608.03983).
"""

from math import cos, pi
from typing import Literal

_FIRST_DIVISOR = 25.0
_LAST_DIVISOR = 1e4


def learning_rate(
    step: int, steps: int, *, schedule: Literal["one_cycle", "cosine"], peak: float, warmup: float
) -> float:
    """Rate of step 0 .. steps - 1.

    Args: warmup: share of the steps during which the rate rises.
    """
    if schedule == "one_cycle":
        return _one_cycle(step, steps, peak, warmup)
    rising = warmup * steps
    if step < rising:
        return peak * (step + 1) / (rising + 1)
    return _half_cosine(peak, 0.0, (step - rising) / max(1.0, steps - rising))


def _one_cycle(step: int, steps: int, peak: float, warmup: float) -> float:
    """Up to the peak and down to almost nothing, each along half a cosine."""
    first, last = peak / _FIRST_DIVISOR, peak / _FIRST_DIVISOR / _LAST_DIVISOR
    top = max(0.0, warmup * steps - 1)
    if step <= top and top > 0:
        return _half_cosine(first, peak, step / top)
    return _half_cosine(peak, last, (step - top) / max(1.0, steps - 1 - top))


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + cos(pi * share))
