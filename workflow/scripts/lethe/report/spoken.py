"""Numbers as sentences say them."""

import math

from lethe.compare.verdict import UNMEASURED


def percent(share: float) -> str:
    """A share for a sentence; small ones keep a second decimal.

    >>> percent(0.9832), percent(0.0013), percent(float("nan"))
    ('98.3 %', '0.13 %', 'not measured')
    """
    if math.isnan(share):
        return UNMEASURED
    return f"{100 * share:.2f} %" if 0 < abs(share) < 0.00995 else f"{100 * share:.1f} %"


def points(change: float) -> str:
    """A difference of shares for a sentence, in percentage points: signed, but where it rounds to nothing.

    >>> points(0.0123), points(-0.0123), points(-0.0001)
    ('+1.2 points', '−1.2 points', '0.0 points')
    """
    if math.isnan(change):
        return UNMEASURED
    text = f"{100 * change:+.1f}"
    return f"{'0.0' if float(text) == 0 else text.replace('-', '−')} points"


def probability(value: float, name: str = "p") -> str:
    """A p or q value for a sentence.

    >>> probability(0.0021), probability(0.00004, "q")
    ('p = 0.0021', 'q < 0.001')
    """
    return f"{name} < 0.001" if value < 0.001 else f"{name} = {value:.2g}"


def span(low: float, high: float) -> str:
    """The ends of an interval of a difference: "−0.1 to +0.2"."""
    return f"{points(low)} to {points(high)}".replace(" points", "")
