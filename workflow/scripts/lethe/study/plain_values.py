"""Whether values that did not come through our own reader of YAML are such as it gives."""

import math
from collections.abc import Iterator
from typing import Any

from lethe.core.allowed import shown
from lethe.core.explain import dotted
from lethe.study.strict_yaml import DEEPEST, MOST_ENTRIES, text_mistake

_MOST = 10**18


def plain_value_mistakes(values: object) -> list[str]:
    """What is not a mapping, a list, a text, a finite number, a truth or nothing; one sentence each, with its key.

    Stops at the first of the limits of size and depth, a mapping within itself being the deepest of all.
    """
    found: list[str] = []
    for entries, (keys, value) in enumerate(_walk(values, ())):
        if len(keys) > DEEPEST or entries > MOST_ENTRIES:
            beyond = f"{DEEPEST} levels deep" if len(keys) > DEEPEST else f"{MOST_ENTRIES} entries"
            return [*found, f"{dotted(*keys[:1])}: more than {beyond}, which no study needs"]
        if sentence := _mistake(value):
            found.append(f"{dotted(*keys)}: {sentence}")
    return found


def _walk(value: object, keys: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every value with its key, those that hold others before these; no deeper than one step beyond the limit."""
    yield keys, value
    if len(keys) > DEEPEST:
        return
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _walk(entry, (*keys, name if isinstance(name, str) else str(name)[:60]))
    elif isinstance(value, list | tuple):
        for position, entry in enumerate(value):
            yield from _walk(entry, (*keys, position))


def _mistake(value: Any) -> str:
    """Why one value is refused, its entries aside."""
    if isinstance(value, str):
        return text_mistake(value)
    if isinstance(value, dict):
        return next((mistake for name in value if (mistake := _wrong_name(name))), "")
    if isinstance(value, float) and not math.isfinite(value):
        return f"{shown(value)} given, which is no finite number; write a number"
    if isinstance(value, int) and abs(value) >= _MOST:
        return "a number of more than 18 digits given; allowed: at most 18 digits"
    if value is None or isinstance(value, bool | int | float | list | tuple):
        return ""
    kind = type(value).__name__
    return f"a {kind} given; allowed: texts, numbers, true, false, null, lists and mappings; write it in quotes"


def _wrong_name(name: object) -> str:
    """Why a key is refused."""
    if isinstance(name, str):
        return text_mistake(name)
    return f"key {shown(name)} given; a key is a text, write it in quotes: '{shown(name)}'"
