"""How the numbers of a column are printed, by the column's name: its heading with a unit, and the text of a value.

Only columns whose name says that they hold shares are multiplied by 100.
"""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

MISSING = "–"
_FRACTION = ("share", "accuracy", "recall", "rate", "agreement", "removed", "error")
_DIFFERENCE = ("change", "excess", "difference", "gap")
_WORDS = {"pies": "PIEs", "pie": "PIE", "id": "id", "p": "p", "q": "q", "models": "models a population"}
_NAMES = ("example_id", "label", "dense_label", "compressed_label")  # numbers that are names: no thousands separators


def number(name: str, value: Any) -> str:
    """One value of a named column, rounded as its kind asks; a missing one is a dash."""
    if pd.isna(value):
        return MISSING
    if name in _UNITS:
        return _UNITS[name][1](float(value))
    if pd.api.types.is_integer(value):
        return str(int(value)) if name in _NAMES else _count(int(value))
    if name == "q" or name.startswith("p_"):
        return _probability(value)
    if is_difference(name):
        return _signed(100 * value)
    return f"{100 * value:.2f}".replace("-", "−") if is_fraction(name) else f"{value:.4g}".replace("-", "−")


def heading(name: str) -> str:
    """A column's name in words, with its unit."""
    if name in _UNITS:
        return _UNITS[name][0]
    words = " ".join(_WORDS.get(word, word) for word in name.split("_"))
    if is_difference(name):
        return f"{words} (points)"
    return f"{words} (%)" if is_fraction(name) else words


def is_difference(name: str) -> bool:
    """Whether a column holds differences of shares, printed in percentage points."""
    return any(word in name for word in _DIFFERENCE)


def is_fraction(name: str) -> bool:
    """Whether a column holds shares, printed in percent."""
    return any(word in name for word in _FRACTION)


def times(ratio: float) -> str:
    """A ratio for people.

    >>> times(3.9942), times(0.95), times(123.4)
    ('3.99x', '0.95x', '123x')
    """
    return f"{_three(ratio)}x" if ratio >= 1 else f"{ratio:.2f}x"


def _count(value: float | int) -> str:
    return f"{round(value):,}"


def _millions(value: float) -> str:
    return _three(value / 1e6)


def _three(value: float) -> str:
    """At least three significant digits, without an exponent."""
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def _signed(value: float) -> str:
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def _probability(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


_UNITS: dict[str, tuple[str, Callable[[float], str]]] = {
    "margin_shift": ("margin shift (logits)", _signed),
    "parameters": ("parameters", _count),
    "nonzero_parameters": ("non-zero parameters", _count),
    "removed_parameters": ("parameters removed (%)", lambda value: f"{100 * value:.1f}"),
    "accuracy_drop": ("accuracy drop (points)", lambda value: f"{100 * value:.1f}"),
    "label_noise": ("label noise (%)", lambda value: f"{100 * value:.4g}"),
    "macs": ("MACs (millions)", _millions),
    "bytes": ("file (MB)", _millions),
    "deflated_bytes": ("file, deflated (MB)", _millions),
    "packed_bytes": ("packed in bits (MB)", _millions),
    "dense_milliseconds": ("dense (ms)", _three),
    "milliseconds": ("compressed (ms)", _three),
    "speedup": ("speed-up", times),
}
