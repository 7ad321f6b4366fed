"""The keys that a pydantic model takes, one row each: type, range, default and meaning, read from its JSON schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

_TYPES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
}
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "multipleOf": "a multiple of {}",
    "minItems": "{} or more entries",
    "maxItems": "{} or fewer entries",
    "minProperties": "{} or more entries",
}


@dataclass(frozen=True)
class Field:
    """One key.

    Attributes:
        key: dotted where it stands within another one: `inversion.images`.
        range: what values are allowed, in words; empty where its type says all.
        default: as YAML would write it; `required` where there is none.
    """

    key: str
    type: str
    range: str
    default: str
    meaning: str


def fields_of(model: type[BaseModel]) -> list[Field]:
    """All keys of a model in the order of its file, those of models within it after the key that holds them."""
    schema = model.model_json_schema()
    return _fields(schema, schema.get("$defs", {}), "")


def table(fields: list[Field]) -> str:
    """Keys as a markdown table."""
    rows = ["| key | type | range | default | meaning |", "| --- | --- | --- | --- | --- |"]
    for field in fields:
        cells = (f"`{field.key}`", field.type, field.range, field.default, field.meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _fields(schema: Schema, models: Mapping[str, Schema], prefix: str) -> list[Field]:
    """Rows of one model of a schema, and of the models within it."""
    found = []
    for name, given in schema.get("properties", {}).items():
        key, within = f"{prefix}{name}", _model_within(given, models)
        found.append(
            Field(
                key,
                _type(given, models),
                _range(given),
                _default(given, is_required=name in schema.get("required", []), is_model=bool(within)),
                given.get("description", ""),
            )
        )
        if within is not None:
            entries = ".NAME" if "additionalProperties" in given else ""
            found += _fields(within, models, f"{key}{entries}.")
    return found


def _model_within(given: Schema, models: Mapping[str, Schema]) -> Schema | None:
    """The model that a key holds, perhaps once per name, or None where it holds a plain value."""
    for form in (given, *_forms(given), given.get("additionalProperties")):
        if isinstance(form, dict) and "$ref" in form:
            return models[form["$ref"].rpartition("/")[2]]
    return None


def _forms(given: Schema) -> list[Schema]:
    """The values of different types that a key may hold, None left out."""
    return [form for form in given.get("anyOf", []) if form.get("type") != "null"]


def _type(given: Schema, models: Mapping[str, Schema]) -> str:
    """What a value is, in words; that it may be left out is said by the default alone."""
    if "enum" in given or "const" in given:
        return "one of these"
    if "anyOf" in given:
        return " or ".join(dict.fromkeys(_type(form, models) for form in _forms(given)))
    if "prefixItems" in given:
        (entry,) = {_type(form, models) for form in given["prefixItems"]}
        return f"{len(given['prefixItems'])} {_plural(entry)}"
    if given.get("type") == "array":
        entries = given.get("items", {})
        types = dict.fromkeys(_type(form, models) for form in _forms(entries) or [entries])
        return f"list of {' or '.join(map(_plural, types))}"
    if "$ref" in given or given.get("type") == "object":
        return "mapping"
    return _TYPES.get(given.get("type", ""), "any value")


def _plural(words: str) -> str:
    return words if words == "one of these" else f"{words}s"


def _range(given: Schema) -> str:
    """What values are allowed, in words, those of a list's entries too."""
    if "enum" in given:
        return ", ".join(f"`{_written(value)}`" for value in given["enum"])
    if "prefixItems" in given:
        return ", ".join(dict.fromkeys(f"each {words}" for form in given["prefixItems"] if (words := _range(form))))
    parts = [words.format(_written(given[bound])) for bound, words in _BOUNDS.items() if bound in given]
    parts += [part for form in _forms(given) if (part := _range(form))]
    entries = _range(given["items"]) if isinstance(given.get("items"), dict) else ""
    return ", ".join([*parts, *([f"each {entries}"] if entries and "anyOf" not in given["items"] else [])])


def _default(given: Schema, *, is_required: bool, is_model: bool) -> str:
    """The default as YAML writes it; that of a mapping is told by its own keys."""
    if is_required:
        return "required"
    if is_model:
        return ""
    value = given.get("default")
    return "none" if value is None else f"`{_written(value)}`"


def _written(value: object) -> str:
    """A value as YAML would write it in one line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value)
