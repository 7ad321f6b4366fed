"""A cell's four names as columns, and its level as a number, a position on an axis and a text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

CELL = ["regime", "method", "level", "split"]
GROUP = ["regime", "split", "method"]


@dataclass(frozen=True)
class Panel:
    """The rows of one regime, split and kind of level: what may share a pair of axes."""

    title: str
    bits: bool
    rows: pd.DataFrame


def is_bits(level: str) -> bool:
    """Whether a canonical level counts bits; sparsities always have a decimal point."""
    return "." not in level


def severity(level: str) -> float:
    """Share of the network that a level takes away: larger is harsher, for sparsities and for bits alike."""
    return 1 - int(level) / 32 if is_bits(level) else float(level)


def position(level: str) -> float:
    """Where a level stands on an axis: percent removed, or bits kept."""
    return float(level) if is_bits(level) else float(Decimal(level) * 100)


def level_text(level: str) -> str:
    """A level for people.

    >>> level_text("0.995"), level_text("8")
    ('99.5 %', '8 bits')
    """
    return f"{level} bits" if is_bits(level) else f"{(Decimal(level) * 100).normalize():f} %"


def level_phrase(level: str) -> str:
    """A level in a sentence: "70 % removed", "8 bits"."""
    return level_text(level) + ("" if is_bits(level) else " removed")


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by cell: regimes, methods and splits as they first appear, levels from mild to harsh.

    Rows of one cell keep their order.
    """
    first = {name: pd.factorize(frame[name])[0] for name in ("regime", "method", "split")}
    harshness = frame["level"].map(severity).to_numpy(float)
    order = np.lexsort((first["split"], harshness, first["method"], first["regime"]))
    return frame.iloc[order].reset_index(drop=True)


def pick(frame: pd.DataFrame, **values: str) -> pd.DataFrame:
    """The rows whose columns have these values: `pick(pies, method="random", level="0.50")`."""
    return frame[np.logical_and.reduce([frame[name] == value for name, value in values.items()])]


def group_title(key: Iterable[object], table: pd.DataFrame) -> str:
    """Heading of one GROUP of rows: its method, and its regime and split where the table has several."""
    shown = [name == "method" or table[name].nunique() > 1 for name in GROUP]
    return ", ".join(str(word) for word, is_shown in zip(key, shown, strict=True) if is_shown)


def panels(table: pd.DataFrame) -> list[Panel]:
    """Split a table into what may share axes, in order of appearance; titles name only what differs."""
    keys = [(str(row.regime), str(row.split), is_bits(str(row.level))) for row in table[CELL].itertuples()]
    distinct = list(dict.fromkeys(keys))
    return [Panel(_title(key, distinct), key[2], table[[k == key for k in keys]]) for key in distinct]


def _title(key: tuple[str, str, bool], keys: Sequence[tuple[str, str, bool]]) -> str:
    words = [key[0]] if len({k[0] for k in keys}) > 1 else []
    if len({k[1] for k in keys}) > 1:
        words.append(f"{key[1]} images")
    if len({k[2] for k in keys}) > 1:
        words.append("bits" if key[2] else "sparsity")
    return ", ".join(words)
