"""What all options have in common: keys that are not known are refused, and nothing is converted in silence."""

import json
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# Far more than anybody waits for, far less than what a loop over it would take for ever.
MOST = 1_000_000

Count = Annotated[int, Field(ge=1, le=MOST)]
CountOrNone = Annotated[int, Field(ge=0, le=MOST)]
Width = Annotated[int, Field(ge=1, le=65_536)]  # of a layer
Pixels = Annotated[int, Field(ge=4, le=4096)]  # of an image's side

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Refuses unknown keys and numbers that are not finite; `read_options` refuses silent conversions beside."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NoOptions(Strict):
    """Every key is refused."""


def read_options(model: type[Model], values: dict[str, Any] | str) -> Model:
    """Options as a config gives them: a text is no number, `true` is no 1, 6.0 is no whole number.

    Args: values: the options, or their JSON.
    Raises: pydantic.ValidationError: a key is unknown, or a value is not of its type or out of its range.
    """
    given = json.loads(values) if isinstance(values, str) else values
    read = model.model_validate_json(json.dumps(given), strict=True)
    if changed := _changed(given, read, ()):
        raise ValidationError.from_exception_data(model.__name__, changed, input_type="json")
    return read


def expanded(path: str | Path) -> Path:
    """A path as a config writes it, with `~` filled in: the home of whoever runs the job.

    What a command or a record says of a path stays as it was written, so that no result depends on a home's name.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:  # the home of somebody whom this machine does not know: a folder of that name
        return Path(path)


def _changed(given: Any, read: Any, keys: tuple[str, ...]) -> list[Any]:
    """Choices that pydantic took for an equal value of another type: `true` or 1.0 for 1."""
    found: list[Any] = []
    for name, field in type(read).model_fields.items():
        if name not in given:
            continue
        value, taken = given[name], getattr(read, name)
        if isinstance(taken, BaseModel) and isinstance(value, dict):
            found += _changed(value, taken, (*keys, name))
        elif type(taken) is int and type(value) is not int:
            expected = " or ".join(map(str, getattr(field.annotation, "__args__", ("a whole number",))))
            context = {"expected": expected}
            found.append({"type": "literal_error", "loc": (*keys, name), "input": value, "ctx": context})
    return found


def files_in(options: Any) -> list[Path]:
    """Paths that options hold, however deep: a plug-in declares a field of type `Path` for every file that it reads."""
    if isinstance(options, Path):
        return [expanded(options)]
    if isinstance(options, BaseModel):
        return files_in([value for _, value in options])
    if isinstance(options, dict):
        return files_in(list(options.values()))
    if isinstance(options, list | tuple | set | frozenset):
        return [file for value in options for file in files_in(value)]
    return []
