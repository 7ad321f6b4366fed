"""What is allowed where pydantic found a mistake, in the words of somebody who writes a config."""

import json
import math
import re
from typing import Any

from lethe.core.annotations import Place, is_model

DECIDES_NO_RESULT = "the words of errors"

_KINDS = {
    "a whole number": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "a number": ("float_type", "float_parsing", "decimal_type", "decimal_parsing"),
    "a finite number": ("finite_number",),
    "true or false": ("bool_type", "bool_parsing"),
    "a text": ("string_type", "string_sub_type", "string_unicode", "path_type"),
    "null": ("none_required",),
    "a list in brackets": ("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
    "keys with values": ("model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type"),
}
_KIND_OF = {type_: kind for kind, types in _KINDS.items() for type_ in types}
_BOUNDS = {
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "literal_error": "{expected}",
    "enum": "{expected}",
}
_OWN_WORDS = ("value_error", "assertion_error")
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]{0,17})(\.[0-9]{0,17})?|\.[0-9]{1,17})([eE][-+]?[0-9]{1,2})?")


def allowed(finding: Any, place: Place, *, name: str) -> str:
    """What one of pydantic's findings asks for: `allowed: at least 1`, or the sentence of a check of our own.

    Args: name: last part of the key, for an example.
    """
    kind, context = finding["type"], finding.get("ctx") or {}
    if kind in _OWN_WORDS:
        return str(context.get("error") or finding["msg"].partition(", ")[2])
    if kind in _BOUNDS:
        return "allowed: " + _BOUNDS[kind].format(**context).replace("at least 1 entries", "at least 1 entry")
    words = _KIND_OF.get(kind, "a value of another kind")
    return f"allowed: {words}{_hint(words, finding['input'], place, name)}"


def shown(value: object) -> str:
    """A value as a config writes it, short enough for a message."""
    return shortened(_written(value))


def shortened(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def fraction_of(text: str) -> str:
    """A number that somebody wrote as `90%` or `0,9`, as it is to be written; empty for any other text."""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})? ?%", text, re.ASCII):
        return f"{float(text.rstrip('% ')) / 100:g}"
    if re.fullmatch(r"[0-9]{1,9},[0-9]{1,9}", text, re.ASCII):
        return text.replace(",", ".")
    return ""


def _written(value: object) -> str:
    """A value in YAML, in one line."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(entry)}" for key, entry in list(value.items())[:20]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_written(entry) for entry in value[:20]) + "]"
    return json.dumps(value, default=repr)


def _hint(words: str, given: object, place: Place, name: str) -> str:
    """How what was probably meant is written; empty where nobody can know."""
    if words == "keys with values":
        return f", such as {name}: {_example(place)}"
    if words == "a list in brackets" and not isinstance(given, dict):
        entries = _as_entries(given) if isinstance(given, str) else _written(given)
        return f", such as {name}: [{entries}]"[:80] if entries else ""
    meant = ""
    if words == "a text" and isinstance(given, bool | int | float) and not place.is_choice:
        meant = f"'{_written(given)}', in quotes"
    elif words == "a whole number" and isinstance(given, float) and given.is_integer():
        meant = f"{given:.0f}"
    elif words == "a whole number" and isinstance(given, str):
        meant = f"{given}, without quotes" if _WHOLE.fullmatch(given) else ""
    elif "number" in words and isinstance(given, str):
        number = given if _NUMBER.fullmatch(given) else fraction_of(given)
        meant = number and f"{number}, without quotes"
    elif words == "true or false" and given in ("true", "false"):
        meant = f"{given}, without quotes"
    return f"; write {meant}" if meant else ""


def _as_entries(text: str) -> str:
    """A text as the entries of a list that was probably meant; empty where nobody can know."""
    bare = text.strip(" ,;[]")
    return "" if re.search(r"[][{}'\"]", bare) else ", ".join(re.split(r"[,;\s]+", bare))


def _example(place: Place) -> str:
    """A mapping that may stand at a place: the model's own example, or its keys."""
    if not is_model(place.type):
        return "{NAME: VALUE}"
    extra = place.type.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    if isinstance(examples, list):
        return _without_quotes(examples[0])
    return "{" + ", ".join(f"{key}: ..." for key in list(place.type.model_fields)[:3]) + "}"


def _without_quotes(example: Any) -> str:
    """An example with its texts as a reader would write them."""
    return re.sub(r"'(\w+)'", r"\1", _written(example))
