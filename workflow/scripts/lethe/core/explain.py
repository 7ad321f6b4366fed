"""Turn pydantic's findings into messages that name file, key, given value, what is allowed and the nearest name."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from lethe.core.allowed import allowed, shortened, shown
from lethe.core.annotations import Place, place_of
from lethe.core.errors import ConfigError
from lethe.core.options import Model, read_options
from lethe.core.suggest import known_names

DECIDES_NO_RESULT = "the words of errors"

# A file in which everything is wrong is no better understood from a thousand lines.
_MOST_TOLD = 20


def checked(model: type[Model], values: dict[str, Any] | str, *, where: str, prefix: str = "") -> Model:
    """Options as a config gives them, or a message that says what in them is wrong.

    Args:
        values: the options, or their JSON.
        where, prefix: as `explain`.
    Raises: ConfigError: every mistake, one per line, or text that is no JSON.
    """
    try:
        return read_options(model, values)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{where}: {prefix or 'options'}: this is not JSON: {error}") from None
    except ValidationError as error:
        raise ConfigError(told(explain(error, model, where=where, prefix=prefix))) from None


def explain(error: ValidationError, model: type[BaseModel], *, where: str, prefix: str = "") -> list[str]:
    """One sentence for every key in which pydantic found a mistake.

    Args:
        model: the model that refused the values; its fields are the known keys.
        where: the file (or files) the values came from.
        prefix: dotted key under which the values stand in that file.
    """
    found = [_Found(place_of(model, one["loc"]), one) for one in error.errors(include_url=False)]
    # Of several types that a place may have, one was meant where the mistake lies further inside.
    around = {one.place.keys[:length] for one in found for length in range(len(one.place.keys))}
    by_key: dict[tuple[int | str, ...], list[_Found]] = {}
    for one in found:
        if not (one.place.is_choice and one.place.keys in around):
            by_key.setdefault(one.place.keys, []).append(one)
    lines = [f"{where}: {_sentence(together, prefix)}" for together in islice(by_key.values(), _MOST_TOLD)]
    left_out = len(by_key) - len(lines)
    return [*lines, *[f"{where}: {_more(left_out)}"] * bool(left_out)]


def told(mistakes: Iterable[str]) -> str:
    """Mistakes as one message, a line each; of very many the first ones, and how many more there are."""
    lines = list(mistakes)
    is_few = len(lines) <= _MOST_TOLD + 1
    return "\n".join(lines if is_few else [*lines[:_MOST_TOLD], _more(len(lines) - _MOST_TOLD)])


def _more(count: int) -> str:
    return f"... and {count} more mistakes"


def dotted(*parts: object) -> str:
    """Key as a reader finds it in the file: `compression.random.levels[2]`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part not in ("", "[key]"):
            name = shortened(str(part))
            text += f".{name}" if text else name
    return text


@dataclass(frozen=True)
class _Found:
    """One of pydantic's findings, and where it is."""

    place: Place
    finding: Any


def _sentence(together: list[_Found], prefix: str) -> str:
    """A mistake in words: its key, what was given or is missing, what is allowed."""
    place, first = together[0].place, together[0].finding
    key = dotted(prefix, *place.keys)
    if first["type"] == "extra_forbidden":
        return f"unknown key '{key}'; {known_names(str(place.keys[-1]), place.siblings)}"
    if first["type"] == "missing":
        return f"key '{key}' is missing; the keys here are: {', '.join(place.siblings)}"
    words = list(dict.fromkeys(allowed(one.finding, one.place, name=_last_name(prefix, place)) for one in together))
    others = [word.removeprefix("allowed: ") for word in words[1:] if word != "allowed: a whole number"]
    return f"{key or 'the whole file'}: {shown(first['input'])} given; {' or '.join([words[0], *others])}"


def _last_name(prefix: str, place: Place) -> str:
    """The last name of a key, for an example of how it is written."""
    names = [str(part) for part in place.keys if isinstance(part, str) and part != "[key]"]
    return names[-1] if names else prefix.rpartition(".")[2] or "NAME"
