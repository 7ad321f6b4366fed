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


def points(change: float, digits: int = 1) -> str:
    """A difference of shares for a sentence, in percentage points: signed, but where it rounds to nothing.

    >>> points(0.0123), points(-0.0123), points(-0.0001), points(-0.0001, 2)
    ('+1.2 points', '−1.2 points', '0.0 points', '−0.01 points')
    """
    if math.isnan(change):
        return UNMEASURED
    text = f"{100 * change:+.{digits}f}"
    return f"{text[1:] if float(text) == 0 else text.replace('-', '−')} points"


def decimal(value: float) -> str:
    """A correlation, or another number without a unit, for a sentence.

    >>> decimal(0.123), decimal(-0.5), decimal(-0.001), decimal(float("nan"))
    ('0.12', '−0.50', '0.00', 'not measured')
    """
    if math.isnan(value):
        return UNMEASURED
    text = f"{value:.2f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def size(share: float) -> str:
    """A difference of shares without a sign, of two digits.

    >>> size(0.0123), size(0.01)
    ('1.2 points', '1 point')
    """
    number = f"{100 * share:.2g}"
    return f"{number} point{'' if number == '1' else 's'}"


def interval(estimate: str, low: float, high: float) -> str:
    """An estimate with its 95 % interval in brackets, or a word that there is none.

    >>> interval("+1.2 points", 0.002, 0.022), interval("+1.2 points", float("nan"), float("nan"))
    ('+1.2 points (95 % interval +0.2 to +2.2)', '+1.2 points (no interval)')
    """
    return f"{estimate} ({'no interval' if math.isnan(low) else f'95 % interval {span(low, high)}'})"


def between(population: float) -> str:
    """Between which populations a shift is.

    >>> between(3.0), between(1.0)
    ('between populations of 3 networks', 'between single networks')
    """
    if math.isnan(population):  # files of an earlier version do not say it
        return "between populations of one size"
    return "between single networks" if population == 1 else f"between populations of {population:.0f} networks"


def probability(value: float, name: str = "p") -> str:
    """A p or q value for a sentence.

    >>> probability(0.0021), probability(0.00004, "q")
    ('p = 0.0021', 'q < 0.001')
    """
    return f"{name} < 0.001" if value < 0.001 else f"{name} = {value:.2g}"


def span(low: float, high: float, digits: int = 1) -> str:
    """The ends of an interval of a difference: "−0.1 to +0.2"."""
    return f"{points(low, digits)} to {points(high, digits)}".replace(" points", "")
