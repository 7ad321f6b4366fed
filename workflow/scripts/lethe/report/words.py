"""A table of the report in words for people: rounded texts with units in the headings.

An estimate and its interval stand in one column. Numbers are printed by the unit that their table states, never by
their name; they keep their full precision beside the text, so that a page can sort by them.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from lethe.compare.level import Level
from lethe.core.errors import SchemaError
from lethe.core.levels import DENSE_LEVEL
from lethe.report.plain import plain
from lethe.report.spec import Column, TableSpec
from lethe.store.schema import name_column

MISSING = "–"
# What a column may hold: pandas gives integers that are no floats.
Number: TypeAlias = float | int | np.integer
_WORDS = {"pies": "PIEs", "pie": "PIE"}  # all others are as they stand in names
_ENDS = ("_low", "_high")
_RATIO = "_ratio"
# Columns whose words stand in another column, where there is one.
_SAID_BY = {"level_kind": "level", "plugin": "method"}


def readable(
    spec: TableSpec, table: pd.DataFrame, units: Mapping[str, str], class_names: Mapping[int, str] | None = None
) -> list[Column]:
    """The columns to print; what all rows share is left out (see `shared`).

    A level says what it counts, a method its plug-in where that has another name.

    Args:
        units: of the columns of numbers, see `unit_of`.
        class_names: names that replace class numbers.
    """
    hidden = _hidden(spec, table)
    shown = [name for name in table.columns if name not in hidden]
    return [_column(table, name, units, class_names or {}, spec.headings.get(name, "")) for name in shown]


def shared(spec: TableSpec, table: pd.DataFrame) -> str:
    """What all rows have in common: "regime supervised, split test"; empty where nothing is."""
    return ", ".join(f"{name} {table[name].iloc[0]}" for name in _constant(spec, table))


def is_number(values: pd.Series) -> bool:
    """Whether a column has a unit: it holds numbers, not texts or truth values."""
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _constant(spec: TableSpec, table: pd.DataFrame) -> list[str]:
    """Columns of `said_once` that have one value, but those for programs."""
    said = [name for name in spec.said_once if name in table and name not in spec.hidden]
    return [name for name in said if table[name].nunique() == 1]


def _hidden(spec: TableSpec, table: pd.DataFrame) -> set[str]:
    """Columns that stand beside another, are told above the table, say nothing in any row, or are for programs."""
    beside = {f"{name}{end}" for name in table.columns for end in (*_ENDS, _RATIO)}
    beside |= {name for name, other in _SAID_BY.items() if other in table}
    beside |= {name_column(name) for name in table.columns if name_column(name) != name}
    texts = [str(name) for name in table if not is_number(table[name])]
    silent = {name for name in texts if len(table) and not table[name].any()}
    return {*spec.hidden, *beside, *silent, *_constant(spec, table)}


def _column(
    table: pd.DataFrame, name: str, units: Mapping[str, str], class_names: Mapping[int, str], words: str
) -> Column:
    """One column in words: an estimate with the ends of its interval, or with its ratio."""
    values = table[name]
    if name == "level":
        return _levels(table)
    if name == "method":
        return _methods(table)
    if not is_number(values):
        return Column(heading(name, words=words), tuple(_text(value) for value in values), tuple(values))
    unit = unit_of(name, units)
    if unit == "class":
        named = dict(zip(values, table[name_column(name)], strict=True)) if name_column(name) in table else class_names
        texts = [named.get(v, str(v)) if not pd.isna(v) else MISSING for v in values]
        return Column(heading(name, words=words), tuple(texts), tuple(texts) if named else _keys(values))
    texts = [number(value, unit) for value in values]
    if f"{name}_low" in table:
        ends = zip(texts, table[f"{name}_low"], table[f"{name}_high"], strict=True)
        texts = [f"{text} [{number(low, unit)}, {number(high, unit)}]" for text, low, high in ends]
    if f"{name}{_RATIO}" in table:
        texts = [f"{text} ({times(ratio)})" for text, ratio in zip(texts, table[f"{name}{_RATIO}"], strict=True)]
    texts = [MISSING if text.startswith(MISSING) else text for text in texts]
    return Column(heading(name, unit, words=words), tuple(texts), _keys(values))


def _text(value: Any) -> str:
    """A text, or a truth value, in a cell."""
    return MISSING if not value else plain(value) if isinstance(value, str) else value


def _methods(table: pd.DataFrame) -> Column:
    """Names of methods, with the plug-in where a study calls it otherwise."""
    plugins = table["plugin"] if "plugin" in table else table["method"]
    pairs = zip(table["method"], plugins, strict=True)
    texts = tuple(method if method == plugin else f"{method} ({plugin})" for method, plugin in pairs)
    return Column("method", texts, texts)


def _levels(table: pd.DataFrame) -> Column:
    """Levels in words, from mild to harsh; rows without a level, such as those of dense networks, have a dash."""
    if "level_kind" not in table:  # a table that does not say what its levels count shows them as they are
        return Column("level", tuple(table["level"]), tuple(table["level"]))
    pairs = zip(table["level"], table["level_kind"], strict=True)
    found = [Level(text, level_kind) if text else None for text, level_kind in pairs]
    texts = [MISSING if level is None or level.text == DENSE_LEVEL else level.words for level in found]
    return Column("level", tuple(texts), tuple(2.0 if level is None else level.harshness for level in found))


def _keys(values: pd.Series) -> tuple[float, ...]:
    return tuple(math.nan if pd.isna(value) else float(value) for value in values)


def number(value: Any, unit: str) -> str:
    """One value, rounded as its unit asks; a missing one is a dash."""
    return MISSING if pd.isna(value) else _PRINTED[unit][1](value)


def heading(name: str, unit: str = "", *, words: str = "") -> str:
    """A column's name in words, those that its table gives it or its own, with its unit."""
    words = words or " ".join(_WORDS.get(word, word) for word in name.split("_"))
    shown = _PRINTED[unit][0] if unit else ""
    return f"{words} ({shown})" if shown else words


def unit_of(name: str, units: Mapping[str, str]) -> str:
    """Unit of a column of numbers; the ends of an interval have their estimate's where they state none.

    Raises: SchemaError: its table does not state one.
    """
    estimate = next((name.removesuffix(end) for end in _ENDS if name.endswith(end)), name)
    for stated in (name, estimate):
        if stated in units:
            return units[stated]
    raise SchemaError(f"column '{name}' has no unit; state it in the table's SPEC")


def times(ratio: Number) -> str:
    """A ratio for people.

    >>> times(3.9942), times(0.95), times(123.4)
    ('3.99x', '0.95x', '123x')
    """
    return f"{_three(ratio)}x" if ratio >= 1 else f"{ratio:.2f}x"


def _count(value: Number) -> str:
    return f"{round(value):,}"


def _millions(value: Number) -> str:
    return _three(value / 1e6)


def _three(value: Number) -> str:
    """At least three significant digits, without an exponent."""
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(float(value)))))
    return f"{value:,.{decimals}f}"


def _signed(value: Number) -> str:
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def _probability(value: Number) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _plain(value: Number) -> str:
    return f"{value:.4g}".replace("-", "−")


def _whole(value: Number) -> str:
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
