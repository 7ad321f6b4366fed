"""Levels as canonical strings: they stand in paths, so equal levels must be equal text."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from lethe.core.errors import ConfigError

DENSE = "dense"
DENSE_LEVEL = "0"
FEWEST_BITS, MOST_BITS = 2, 16


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
        raise ConfigError(
            f"{level} is not a {level_kind}; allowed: fractions strictly between 0 and 1 (0.9 removes 90 %)"
        )
    text = format(number.normalize(), "f")
    return text + "0" * max(0, 4 - len(text))


def canonical_levels(levels: Sequence[object], level_kind: str) -> tuple[str, ...]:
    """Canonical levels in ascending order.

    Raises: ConfigError: none given, one out of range, or two that are equal.
    """
    if not levels:
        raise ConfigError("no level given; give at least one, for example [0.5, 0.9]")
    texts = [canonical_level(level, level_kind) for level in levels]
    for position, text in enumerate(texts):
        if text in texts[:position]:
            raise ConfigError(f"level {text} is given twice; give each level once")
    return tuple(sorted(texts, key=Decimal))


def _number(level: object) -> Decimal:
    """A level in exact decimals; anything but a finite number is refused."""
    try:
        number = Decimal(str(level).strip())
    except InvalidOperation:
        raise ConfigError(f"level {level!r} is not a number") from None
    if isinstance(level, bool) or not number.is_finite():
        raise ConfigError(f"level {level!r} is not a finite number")
    return number
