"""Levels as canonical strings: they stand in paths, so equal levels must be equal text."""

import re
from collections.abc import Sequence
from decimal import Decimal

from lethe.core.allowed import fraction_of, shown
from lethe.core.errors import ConfigError

DENSE = "dense"
DENSE_LEVEL = "0"
FEWEST_BITS, MOST_BITS = 2, 16
_NUMBER = re.compile(r"[-+]?([0-9]{1,24}(\.[0-9]{0,24})?|\.[0-9]{1,24})([eE][-+]?[0-9]{1,3})?")
_SMALLEST, _LARGEST = Decimal("1e-20"), Decimal("1e20")


def canonical_level(level: object, level_kind: str) -> str:
    """A level as text: at least two decimals and no further zeros (0.90, 0.995), bits as integers.

    Args:
        level: number, or its text, as the config gives it.
        level_kind: `sparsity` and `channel_sparsity` lie strictly between 0 and 1, `bits` in 2..16.
    Raises: ConfigError: not a number, or outside the range of its kind of level.
    """
    number = _number(level)
    if level_kind == "bits":
        if number != number.to_integral_value() or not FEWEST_BITS <= number <= MOST_BITS:
            raise ConfigError(
                f"{level} is not a number of bits; allowed: whole numbers from {FEWEST_BITS} to {MOST_BITS}"
            )
        return str(int(number))
    if not 0 < number < 1:
        kind = level_kind.replace("_", " ")
        raise ConfigError(f"{level} is not a {kind}; allowed: fractions strictly between 0 and 1 (0.9 removes 90 %)")
    text = format(number.normalize(), "f")
    return text + "0" * max(0, 4 - len(text))


def canonical_levels(levels: Sequence[object], level_kind: str) -> tuple[str, ...]:
    """Canonical levels in ascending order.

    Raises: ConfigError: none given, one out of range, or two that are equal.
    """
    if not levels:
        raise ConfigError("no level given; give at least one, for example [0.5, 0.9]")
    texts = [canonical_level(level, level_kind) for level in levels]
    seen: set[str] = set()
    for text in texts:
        if text in seen:
            raise ConfigError(f"level {text} is given twice; give each level once")
        seen.add(text)
    return tuple(sorted(texts, key=Decimal))


def _number(level: object) -> Decimal:
    """A level in exact decimals; anything but a finite number is refused."""
    text = str(level).strip()
    if isinstance(level, bool) or not _NUMBER.fullmatch(text):
        meant = fraction_of(text)
        raise ConfigError(f"level {shown(level)} is not a number; write {meant or 'a number, and a comma between two'}")
    number = Decimal(text)
    if number and not _SMALLEST <= abs(number) <= _LARGEST:
        raise ConfigError(f"level {shown(level)} is no number that a level can be; allowed: at most 20 decimals")
    return number
