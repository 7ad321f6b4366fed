"""A cell's four names as columns, and its level as a number, a position on an axis and a text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from lethe.core.levels import DENSE_LEVEL

CELL = ["regime", "method", "level", "split"]
GROUP = ["regime", "split", "method"]
# What a level of each kind counts: weights, channels and bits are different things and never share an axis.
AXES = {"sparsity": "weights removed (%)", "channel_sparsity": "channels removed (%)", "bits": "bits kept"}
_NOUNS = {"sparsity": " of weights", "channel_sparsity": " of channels"}


@dataclass(frozen=True)
class Panel:
    """The rows of one regime, split and kind of level: what may share a pair of axes."""

    title: str
    kind: str
    rows: pd.DataFrame


def is_bits(level: str) -> bool:
    """Whether a canonical level counts bits; sparsities always have a decimal point, dense networks have no level."""
    return "." not in level and level != DENSE_LEVEL


def severity(level: str) -> float:
    """Share of the network that a level takes away: larger is harsher, for sparsities and for bits alike."""
    return 1 - int(level) / 32 if is_bits(level) else float(level)


def position(level: str) -> float:
    """Where a level stands on an axis: percent removed, or bits kept."""
    return float(level) if is_bits(level) else float(Decimal(level) * 100)


def level_text(level: str, kind: str = "") -> str:
    """A level for people; its kind, where it is given, says what it counts.

    >>> level_text("0.995"), level_text("0.50", "channel_sparsity"), level_text("8", "bits")
    ('99.5 %', '50 % of channels', '8 bits')
    """
    return f"{level} bits" if is_bits(level) else f"{(Decimal(level) * 100).normalize():f} %{_NOUNS.get(kind, '')}"


def level_phrase(level: str, kind: str = "") -> str:
    """A level in a sentence: "70 % of weights removed", "8 bits"."""
    return level_text(level, kind) + ("" if is_bits(level) else " removed")


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by cell: regimes, methods and splits as they first appear, levels from mild to harsh.

    Rows of one cell keep their order; a frame without splits, methods or levels is ordered by the other names.
    """
    same = np.zeros(len(frame))
    first = {name: pd.factorize(frame[name])[0] for name in ("regime", "method", "split") if name in frame}
    harshness = frame["level"].map(severity).to_numpy(float) if "level" in frame else same
    keys = [first.get("split", same), harshness, first.get("method", same), first["regime"]]
    return frame.iloc[np.lexsort(keys)].reset_index(drop=True)


def pick(frame: pd.DataFrame, **values: str) -> pd.DataFrame:
    """The rows whose columns have these values: `pick(pies, method="random", level="0.50")`."""
    return frame[np.logical_and.reduce([frame[name] == value for name, value in values.items()])]


def main_split(frame: pd.DataFrame) -> str:
    """The split that headlines and small multiples show: the test images if there are any, else the first."""
    splits = list(dict.fromkeys(frame["split"]))
    return "test" if "test" in splits else str(splits[0])


def group_title(key: Iterable[object], table: pd.DataFrame) -> str:
    """Heading of one GROUP of rows: its method, and its regime and split where the table has several."""
    shown = [name == "method" or table[name].nunique() > 1 for name in GROUP]
    return ", ".join(str(word) for word, is_shown in zip(key, shown, strict=True) if is_shown)


def panels(table: pd.DataFrame) -> list[Panel]:
    """Split a table with levels' kinds into what may share axes, in order of appearance.

    Titles name only what differs.
    """
    keys = [(str(row.regime), str(row.split), str(row.level_kind)) for row in table.itertuples()]
    distinct = list(dict.fromkeys(keys))
    return [Panel(_title(key, distinct), key[2], table[[k == key for k in keys]]) for key in distinct]


def place_title(regime: str, split: str, table: pd.DataFrame) -> str:
    """Regime and split, as far as a table has several."""
    return ", ".join(_place(regime, split, table["regime"].nunique() > 1, table["split"].nunique() > 1))


def _title(key: tuple[str, str, str], keys: Sequence[tuple[str, str, str]]) -> str:
    several = [len({k[part] for k in keys}) > 1 for part in range(3)]
    words = _place(key[0], key[1], several[0], several[1])
    return ", ".join([*words, AXES[key[2]].removesuffix(" (%)")] if several[2] else words)


def _place(regime: str, split: str, has_regimes: bool, has_splits: bool) -> list[str]:
    return [regime] * has_regimes + [f"{split} images"] * has_splits
