"""How a column is named and its numbers are printed: by the unit that its table states, never by its name."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from lethe.core.errors import SchemaError

MISSING = "–"
# Columns whose name is no heading; all others are their words.
_NAMES = {
    "nonzero_parameters": "non-zero parameters",
    "removed_parameters": "parameters removed",
    "macs": "MACs",
    "bytes": "file",
    "deflated_bytes": "file, deflated",
    "packed_bytes": "packed in bits",
    "dense_milliseconds": "dense",
    "milliseconds": "compressed",
    "speedup": "speed-up",
    "models": "models per population",
}
_WORDS = {"pies": "PIEs", "pie": "PIE"}
_ENDS = ("_low", "_high")


def number(value: Any, unit: str) -> str:
    """One value, rounded as its unit asks; a missing one is a dash."""
    return MISSING if pd.isna(value) else _PRINTED[unit][1](value)


def heading(name: str, unit: str = "") -> str:
    """A column's name in words, with its unit."""
    words = _NAMES.get(name) or " ".join(_WORDS.get(word, word) for word in name.split("_"))
    shown = _PRINTED[unit][0] if unit else ""
    return f"{words} ({shown})" if shown else words


def unit_of(name: str, units: Mapping[str, str]) -> str:
    """Unit of a column of numbers; the ends of an interval have their estimate's, a ratio its own.

    Raises: SchemaError: its table does not state one.
    """
    for end in _ENDS:
        name = name.removesuffix(end)
    if name in units:
        return units[name]
    if name.endswith("_ratio"):
        return "times"
    raise SchemaError(f"column '{name}' has no unit; state it in the table's SPEC")


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


def _plain(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _whole(value: float | int) -> str:
    return str(int(value))


_PRINTED: dict[str, tuple[str, Callable[[Any], str]]] = {
    "share": ("%", lambda value: f"{100 * value:.2f}".replace("-", "−")),
    "points": ("points", lambda value: _signed(100 * value)),
    "points lost": ("points", lambda value: f"{100 * value:.1f}"),
    "logits": ("logits", _signed),
    "nats": ("nats", _plain),
    "p": ("", _probability),
    "times": ("", times),
    "milliseconds": ("ms", _three),
    "bytes": ("MB", _millions),
    "operations": ("millions", _millions),
    "size": ("", _count),
    "count": ("", _count),
    "votes": ("votes", _count),
    "id": ("", _whole),
    "class": ("", _whole),
    "seed": ("", _whole),
    "epoch": ("", _whole),
    "spread": ("", _plain),
    "penalty": ("", _plain),
    "number": ("", _plain),
}
