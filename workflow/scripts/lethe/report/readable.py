"""A table for people: rounded texts with units in the headings, an estimate and its interval in one column.

Numbers keep their full precision beside the text, so that a page can sort by them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lethe.report.cells import level_text, severity

MISSING = "–"
_FRACTION = ("share", "accuracy", "recall", "rate", "agreement")
_DIFFERENCE = ("change", "excess")
_LABELS = ("label", "dense_label", "compressed_label")
_CONSTANT = ("regime", "split")
_WORDS = {"pies": "PIEs", "pie": "PIE", "id": "id", "p": "p", "q": "q", "models": "models a population"}
_UNITS = {"margin_shift": "logits"}


@dataclass(frozen=True)
class Column:
    """One column to print: a heading, a text a row, and the value a row that sorting goes by."""

    heading: str
    texts: tuple[str, ...]
    keys: tuple[float | str, ...]

    @property
    def is_number(self) -> bool:
        """Whether it is set flush right."""
        return not any(isinstance(key, str) for key in self.keys)


def readable(table: pd.DataFrame, class_names: Mapping[int, str] | None = None) -> list[Column]:
    """The columns to print; regime and split are left out where all rows share them (see `shared`).

    Args: class_names: names that replace class numbers.
    """
    hidden = {f"{name}_{end}" for name in table.columns for end in ("low", "high")}  # shown beside their estimate
    hidden |= {name for name in _CONSTANT if name in table and table[name].nunique() <= 1}
    if "note" in table and not table["note"].any():
        hidden.add("note")
    return [_column(table, name, class_names or {}) for name in table.columns if name not in hidden]


def shared(table: pd.DataFrame) -> str:
    """What all rows have in common: "regime supervised, split test"; empty where nothing is."""
    return ", ".join(f"{name} {table[name].iloc[0]}" for name in _CONSTANT if table[name].nunique() == 1)


def _column(table: pd.DataFrame, name: str, class_names: Mapping[int, str]) -> Column:
    values = table[name]
    if name == "level":
        return Column("level", tuple(map(_level, values)), tuple(severity(v) if v else 2.0 for v in values))
    if name in _LABELS:
        texts = [class_names.get(v, str(v)) if not pd.isna(v) else MISSING for v in values]
        return Column(_heading(name), tuple(texts), tuple(texts) if class_names else _keys(values))
    if not pd.api.types.is_numeric_dtype(values):
        return Column(_heading(name), tuple(v or MISSING for v in values), tuple(values))
    texts = [number(name, value) for value in values]
    if f"{name}_low" in table:
        ends = zip(texts, table[f"{name}_low"], table[f"{name}_high"], strict=True)
        texts = [f"{text} [{number(name, low)}, {number(name, high)}]" for text, low, high in ends]
        texts = [MISSING if text.startswith(MISSING) else text for text in texts]
    return Column(_heading(name), tuple(texts), _keys(values))


def number(name: str, value: Any) -> str:
    """One value of a named column, rounded as its kind asks; a missing one is a dash."""
    if pd.isna(value):
        return MISSING
    if pd.api.types.is_integer(value):
        return str(int(value))
    if name == "q" or name.startswith("p_"):
        return _probability(value)
    if name in _UNITS:
        return _signed(value)
    return _signed(100 * value) if _is_difference(name) else f"{100 * value:.2f}".replace("-", "−")


def _signed(value: float) -> str:
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def _probability(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _is_difference(name: str) -> bool:
    return any(word in name for word in _DIFFERENCE)


def _heading(name: str) -> str:
    words = " ".join(_WORDS.get(word, word) for word in name.split("_"))
    if name in _UNITS:
        return f"{words} ({_UNITS[name]})"
    if _is_difference(name):
        return f"{words} (points)"
    return f"{words} (%)" if any(word in name for word in _FRACTION) or name.startswith("naive") else words


def _level(level: str) -> str:
    return level_text(level) if level else MISSING


def _keys(values: pd.Series) -> tuple[float, ...]:
    return tuple(math.nan if pd.isna(value) else float(value) for value in values)
