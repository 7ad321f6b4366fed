"""The JSON schema of a study's file, for editors: keys, names of plug-ins, and the options of each plug-in by its name.

It says what a single value may be. What several values must be together, such as a block that divides the seeds, only
`lethe config` tells.
"""

import json
from typing import Any

from lethe.core import registry
from lethe.core.levels import DENSE, FEWEST_BITS, MOST_BITS
from lethe.core.splits import ORDINARY, SEVERITIES
from lethe.run.fields import Schema
from lethe.run.known import summary_of
from lethe.study.config import NAME, Study

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ROOMS = (
    registry.SETS,
    registry.FAMILIES,
    registry.VIEWS,
    registry.MEASURES,
    registry.REGIMES,
    registry.METHODS,
)


def study_schema() -> str:
    """The schema as JSON text; imports every plug-in, and torch with them."""
    schema = _without_titles(Study.model_json_schema())
    models, keys = schema["$defs"], schema["properties"]
    models |= _plugins()
    _name_with_options(models["Dataset"], registry.SETS)
    _name_with_options(models["Model"], registry.FAMILIES)
    models["Labels"]["oneOf"] = [{"required": [key]} for key in models["Labels"]["properties"]]
    models["Evaluation"]["properties"]["splits"] |= {"items": {"pattern": _splits()}, "uniqueItems": True}
    models["view"] = _view()
    entry = models.pop("Compression")
    for room, key in ((registry.REGIMES, "regimes"), (registry.METHODS, "compression")):
        for name in registry.names(room):
            models[_model(room, name)] = _entry(models, room, name, entry)
        models[key] = _by_plugin(room)
        keys[key] |= _named_entries(room, f"#/$defs/{key}")
    keys["measures"] = _measures(keys["measures"])
    keys["study"]["pattern"] = f"^{NAME.pattern}$"
    whole = {"$schema": DIALECT, "title": "A study of Lethe", **schema}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _plugins() -> Schema:
    """The options of every plug-in that has its options in a mapping of its own, and the models within them."""
    found: Schema = {}
    for room in _ROOMS:
        for name in registry.names(room):
            own = f"{_model(room, name)}.options"
            schema = registry.load(room, name).Options.model_json_schema(ref_template=f"#/$defs/{own}.{{model}}")
            schema = _without_titles(schema) | {"description": summary_of(room, name)}
            found |= {f"{own}.{inner}": model for inner, model in schema.pop("$defs", {}).items()}
            for key, option in schema["properties"].items() if "properties" in schema else ():
                if key == "views" or key.endswith("_views"):
                    option["anyOf"] = [{"type": "array", "items": {"$ref": "#/$defs/view"}}, {"type": "null"}]
            found[own] = schema
    return found


def _name_with_options(model: Schema, room: str) -> None:
    """Let a mapping with `name` and `options` name a plug-in of a folder, and check the options of that one."""
    model["properties"]["name"] |= _names(room)
    model["allOf"] = [
        _if(
            {"properties": {"name": {"const": name}}, "required": ["name"]},
            _with_options(room, name),
        )
        for name in registry.names(room)
    ]


def _with_options(room: str, name: str) -> Schema:
    """What holds for a mapping whose `options` are those of a plug-in; they must be there if one has no default."""
    needed = [key for key, field in registry.load(room, name).Options.model_fields.items() if field.is_required()]
    options = {"$ref": f"#/$defs/{_model(room, name)}.options", **({"required": needed} if needed else {})}
    return {"properties": {"options": options}, "required": ["options"] if needed else []}


def _entry(models: Schema, room: str, name: str, compression: Schema) -> Schema:
    """A regime or a method as an entry of a study: its options, and which plug-in they are of."""
    plugin = {"const": name, "description": summary_of(room, name)}
    if room == registry.REGIMES:
        options = models.pop(f"{_model(room, name)}.options")
        return options | {"properties": {"plugin": plugin, **options["properties"]}}
    # Options for one regime are added to those of the entry, so that none is required of themselves.
    models[f"{_model(room, name)}.options"].pop("required", None)
    properties = compression["properties"] | _with_options(room, name)["properties"] | {"plugin": plugin}
    properties["levels"] = {**properties["levels"], **_levels(registry.literal(room, name, "level_kind"))}
    partial = {"$ref": f"#/$defs/{_model(room, name)}.options"}
    properties["by_regime"] = {**properties["by_regime"], "additionalProperties": partial}
    required = ["levels", *_with_options(room, name)["required"]]
    return {**compression, "description": summary_of(room, name), "properties": properties, "required": required}


def _levels(level_kind: str) -> Schema:
    """What the levels of a kind may be: numbers, or the same as text."""
    number: Schema = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    if level_kind == "bits":
        number = {"type": "integer", "minimum": FEWEST_BITS, "maximum": MOST_BITS}
    entry = {"anyOf": [number, {"type": "string", "pattern": r"^[0-9]*\.?[0-9]+$"}]}
    return {"items": entry, "minItems": 1, "uniqueItems": True}


def _by_plugin(room: str) -> Schema:
    """An entry under a name of its own, which says by `plugin` what it is."""
    return {
        "description": f"a {registry.NOUNS[room]}, with its options",
        "type": "object",
        "required": ["plugin"],
        "properties": {"plugin": _names(room)},
        "allOf": [
            _if(
                {"properties": {"plugin": {"const": name}}, "required": ["plugin"]},
                {"$ref": f"#/$defs/{_model(room, name)}"},
            )
            for name in registry.names(room)
        ],
    }


def _named_entries(room: str, other: str) -> Schema:
    """Entries by name: a plug-in's own name needs no `plugin`, any other does."""
    reserved: Schema = {"not": {"const": DENSE}} if room == registry.METHODS else {}
    by_name = {
        name: _if({"required": ["plugin"]}, {"$ref": other}) | {"else": {"$ref": f"#/$defs/{_model(room, name)}"}}
        for name in registry.names(room)
    }
    return {
        "propertyNames": {"pattern": f"^{NAME.pattern}$", **reserved},
        "properties": by_name,
        "additionalProperties": {"$ref": other},
    }


def _measures(given: Schema) -> Schema:
    """Every measure by its name: whether it is taken, or with which options."""
    named = {
        name: {
            "description": summary_of(registry.MEASURES, name),
            "anyOf": [{"type": "boolean"}, {"$ref": f"#/$defs/{_model(registry.MEASURES, name)}.options"}],
        }
        for name in registry.names(registry.MEASURES)
    }
    return {**given, "properties": named, "additionalProperties": False}


def _view() -> Schema:
    """One operation: a name, or one name with options."""
    with_options = {
        name: {"anyOf": [{"$ref": f"#/$defs/{_model(registry.VIEWS, name)}.options"}, {"type": "null"}]}
        for name in registry.names(registry.VIEWS)
    }
    one = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return {"anyOf": [_names(registry.VIEWS), {**one, "properties": with_options}]}


def _splits() -> str:
    """Names of splits as a regular expression."""
    corruptions = "|".join([r"\*", *registry.names(registry.CORRUPTIONS)])
    return f"^({'|'.join(ORDINARY)}|test@({corruptions})-([{SEVERITIES[0]}-{SEVERITIES[-1]}]|\\*))$"


def _names(room: str) -> Schema:
    return {"enum": list(registry.names(room))}


def _model(room: str, name: str) -> str:
    """A plug-in among the schema's definitions: `method.fold`."""
    return f"{registry.NOUNS[room].rpartition(' ')[2]}.{name}"


def _if(condition: Schema, then: Schema) -> Schema:
    return {"if": condition, "then": then}


def _without_titles(schema: Any) -> Any:
    """A schema without the titles that pydantic makes out of names; a key that is called `title` stays."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
    }
