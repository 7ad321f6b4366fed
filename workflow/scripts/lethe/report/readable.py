"""A table for people: rounded texts with units in the headings, an estimate and its interval in one column.

Numbers keep their full precision beside the text, so that a page can sort by them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lethe.compare.cells import level_text, severity
from lethe.core.levels import DENSE_LEVEL
from lethe.report.words import MISSING, heading, number, times, unit_of

_CONSTANT = (
    "regime",
    "split",
    "treatment",
    "pairing",
    "threads",
    "rounds",
    "device",
)  # said once where all rows share them
_BESIDE = ("low", "high", "ratio")  # shown in the cell of the column that they belong to


@dataclass(frozen=True)
class Column:
    """One column to print: a heading, a text a row, and the value a row that sorting goes by."""

    heading: str
    texts: tuple[str, ...]
    keys: tuple[float | str, ...]

    @cached_property
    def is_number(self) -> bool:
        """Whether it is set flush right."""
        return not any(isinstance(key, str) for key in self.keys)


def readable(
    table: pd.DataFrame, units: Mapping[str, str], class_names: Mapping[int, str] | None = None
) -> list[Column]:
    """The columns to print; what all rows share is left out (see `shared`).

    A level says what it counts, a method its plug-in where that has another name.

    Args:
        units: of the columns of numbers, see `words.unit_of`.
        class_names: names that replace class numbers.
    """
    hidden = _hidden(table)
    return [_column(table, name, units, class_names or {}) for name in table.columns if name not in hidden]


def shared(table: pd.DataFrame) -> str:
    """What all rows have in common: "regime supervised, split test"; empty where nothing is."""
    constant = [name for name in _CONSTANT if name in table and table[name].nunique() == 1]
    return ", ".join(f"{name} {table[name].iloc[0]}" for name in constant)


def _hidden(table: pd.DataFrame) -> set[str]:
    """Columns that stand beside another, repeat another, or say the same in every row."""
    hidden = {f"{name}_{end}" for name in table.columns for end in _BESIDE}
    hidden |= {name for name in _CONSTANT if name in table and table[name].nunique() <= 1 and len(table)}
    hidden |= {"acts_on", "role", "control"}  # for programs: captions and figures say it
    if "level" in table:
        hidden.add("level_kind")
    if "method" in table:
        hidden.add("plugin")
    if "note" in table and not table["note"].any():
        hidden.add("note")
    return hidden


def _column(table: pd.DataFrame, name: str, units: Mapping[str, str], class_names: Mapping[int, str]) -> Column:
    values = table[name]
    if name == "level":
        return _levels(table)
    if name == "method":
        return _methods(table)
    if not pd.api.types.is_numeric_dtype(values):
        return Column(heading(name), tuple(v or MISSING for v in values), tuple(values))
    unit = unit_of(name, units)
    if unit == "class":
        texts = [class_names.get(v, str(v)) if not pd.isna(v) else MISSING for v in values]
        return Column(heading(name), tuple(texts), tuple(texts) if class_names else _keys(values))
    texts = [number(value, unit) for value in values]
    if f"{name}_low" in table:
        ends = zip(texts, table[f"{name}_low"], table[f"{name}_high"], strict=True)
        texts = [f"{text} [{number(low, unit)}, {number(high, unit)}]" for text, low, high in ends]
    if f"{name}_ratio" in table:
        texts = [f"{text} ({times(ratio)})" for text, ratio in zip(texts, table[f"{name}_ratio"], strict=True)]
    texts = [MISSING if text.startswith(MISSING) else text for text in texts]
    return Column(heading(name, unit), tuple(texts), _keys(values))


def _methods(table: pd.DataFrame) -> Column:
    """Names of methods, with the plug-in where a study calls it otherwise."""
    plugins = table["plugin"] if "plugin" in table else table["method"]
    pairs = zip(table["method"], plugins, strict=True)
    texts = tuple(method if method == plugin else f"{method} ({plugin})" for method, plugin in pairs)
    return Column("method", texts, texts)


def _levels(table: pd.DataFrame) -> Column:
    kinds = table["level_kind"] if "level_kind" in table else [""] * len(table)
    texts = [
        MISSING if level in ("", DENSE_LEVEL) else level_text(level, kind)
        for level, kind in zip(table["level"], kinds, strict=True)
    ]
    return Column("level", tuple(texts), tuple(severity(level) if level else 2.0 for level in table["level"]))


def _keys(values: pd.Series) -> tuple[float, ...]:
    return tuple(math.nan if pd.isna(value) else float(value) for value in values)
