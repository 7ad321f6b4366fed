"""Turn pydantic's findings into messages that name file, key, given value, what is allowed and the nearest name."""

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from lethe.core.suggest import known_names

DECIDES_NO_RESULT = "the words of errors"


def explain(error: ValidationError, model: type[BaseModel], *, where: str, prefix: str = "") -> list[str]:
    """One sentence for every mistake that pydantic found.

    Args:
        model: the model that refused the values; its fields are the known keys.
        where: the file (or files) the values came from.
        prefix: dotted key under which the values stand in that file.
    """
    return [f"{where}: {_sentence(found, model, prefix)}" for found in error.errors()]


def _sentence(found: Any, model: type[BaseModel], prefix: str) -> str:
    """A mistake in words: its key, what was given or is missing, what is allowed."""
    location = list(found["loc"])
    key = dotted(prefix, *location)
    fields = _fields_at(model, location[:-1])
    if found["type"] == "extra_forbidden":
        return f"unknown key '{key}'; {known_names(str(location[-1]), fields)}"
    if found["type"] == "missing":
        return f"key '{key}' is missing; the keys here are: {', '.join(fields)}"
    allowed = found["msg"].removeprefix("Value error, ")
    allowed = allowed[:1].lower() + allowed[1:]
    return f"{key or 'the whole file'}: {_shown(found['input'])} given; {allowed}"


def dotted(*parts: object) -> str:
    """Key as a reader finds it in the file: `compression.random.levels[2]`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part not in ("", "[key]"):
            text += f".{part}" if text else str(part)
    return text


def _fields_at(model: Any, location: list[Any]) -> list[str]:
    """Names of the fields of the model that stands at a location below `model`."""
    for part in location:
        if isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = model.model_fields[part].annotation
        elif get_args(model):
            model = get_args(model)[-1]
    nested = [model, *get_args(model)]
    models = [m for m in nested if isinstance(m, type) and issubclass(m, BaseModel)]
    return list(models[0].model_fields) if models else []


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
