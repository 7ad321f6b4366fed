"""A level of compression: its canonical text, what it counts, and how far it goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd

from lethe.core.errors import ConfigError, SchemaError
from lethe.core.levels import DENSE_LEVEL, canonical_level

# What a level of each kind counts: weights, channels and bits are different things and never share an axis.
SPARSITY, CHANNEL_SPARSITY, BITS = "sparsity", "channel_sparsity", "bits"
NO_KIND = "none"  # of the dense networks, which have no level
_NOUNS = {SPARSITY: " of weights", CHANNEL_SPARSITY: " of channels"}
_FULL_BITS = 32


@dataclass(frozen=True)
class Level:
    """What a method was asked for, as text that stands in paths, and the kind of thing that it counts.

    Raises: SchemaError: the text is not a canonical level of that kind.
    """

    text: str
    level_kind: str

    def __post_init__(self) -> None:
        """Refuse what is no level."""
        if not _is_level(self.text, self.level_kind):
            raise SchemaError(
                f"'{self.text}' is not a level of kind '{self.level_kind}'; levels are {DENSE_LEVEL}, fractions such "
                f"as 0.90 of {SPARSITY} or {CHANNEL_SPARSITY}, or 1 to {_FULL_BITS} {BITS}"
            )

    @property
    def is_bits(self) -> bool:
        """Whether it counts the bits that are kept."""
        return self.level_kind == BITS and self.text != DENSE_LEVEL

    @property
    def harshness(self) -> float:
        """Share of the network that is taken away: larger is harsher, for sparsities and for bits alike."""
        return 1 - int(self.text) / _FULL_BITS if self.is_bits else float(self.text)

    @property
    def position(self) -> float:
        """Where it stands on an axis: percent removed, or bits kept."""
        return float(self.text) if self.is_bits else float(Decimal(self.text) * 100)

    @property
    def number(self) -> str:
        """The bare amount.

        >>> Level("0.995", "sparsity").number, Level("8", "bits").number
        ('99.5 %', '8 bits')
        """
        return f"{self.text} bits" if self.is_bits else f"{(Decimal(self.text) * 100).normalize():f} %"

    @property
    def words(self) -> str:
        """The amount, and of what.

        >>> Level("0.50", "channel_sparsity").words
        '50 % of channels'
        """
        return self.number + _NOUNS.get(self.level_kind, "")

    @property
    def phrase(self) -> str:
        """It in a sentence: "70 % of weights removed", "8 bits"."""
        return self.words + ("" if self.is_bits else " removed")


@cache
def _is_level(text: str, level_kind: str) -> bool:
    """Whether a text is canonical for its kind; nothing removed is a level of every kind."""
    if text == DENSE_LEVEL:
        return level_kind in (NO_KIND, BITS, *_NOUNS)
    if level_kind == BITS:
        return text.isdecimal() and 1 <= int(text) <= _FULL_BITS and str(int(text)) == text
    try:
        return level_kind in _NOUNS and canonical_level(text, level_kind) == text
    except ConfigError:
        return False


def levels(rows: pd.DataFrame) -> list[Level]:
    """The level of every row, from its columns `level` and `level_kind`."""
    return [Level(text, level_kind) for text, level_kind in zip(rows["level"], rows["level_kind"], strict=True)]


def harshness(rows: pd.DataFrame) -> np.ndarray:
    """How harsh the level of every row is."""
    return np.array([level.harshness for level in levels(rows)], dtype=float)


def positions(rows: pd.DataFrame) -> pd.Series:
    """Where the level of every row stands on an axis of its kind."""
    return pd.Series([level.position for level in levels(rows)], index=rows.index, dtype=float)


def in_levels_order(texts: Iterable[str], level_kind: str) -> list[str]:
    """Levels of one kind, each once, from mild to harsh."""
    return sorted(dict.fromkeys(texts), key=lambda text: Level(text, level_kind).harshness)
