"""Where in a model one of pydantic's findings is: its key as a file has it, and what the model says of that key."""

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

DECIDES_NO_RESULT = "the words of errors"


@dataclass(frozen=True)
class Place:
    """One place in a model.

    Attributes:
        keys: names and positions as a file has them; pydantic also names the type that it tried.
        type: the annotation that stands there, None where the model says nothing.
        siblings: the keys that the mapping around it knows.
        is_choice: whether the type is one of several that the model allows there.
    """

    keys: tuple[int | str, ...]
    type: Any
    siblings: tuple[str, ...]
    is_choice: bool


def place_of(model: type[BaseModel], location: tuple[int | str, ...]) -> Place:
    """What stands at the location of a finding."""
    keys: list[int | str] = []
    current: Any = model
    siblings: tuple[str, ...] = ()
    is_choice = False
    for part in location:
        members = _members(current)
        is_choice = len(members) > 1
        if is_choice:
            current = _member(members, str(part))
            continue
        siblings = tuple(current.model_fields) if is_model(current) else ()
        current = _below(current, part)
        keys.append(part)
    return Place(tuple(keys), current, siblings, is_choice)


def is_model(annotation: Any) -> bool:
    """Whether an annotation is a model of keys."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _below(annotation: Any, part: int | str) -> Any:
    """The annotation of an entry, None where there is none."""
    if is_model(annotation):
        field = annotation.model_fields.get(part)
        return None if field is None else _bare(field.annotation)
    arguments = get_args(annotation)
    if part == "[key]" or not arguments:
        return annotation if part == "[key]" else None
    if get_origin(annotation) is tuple and isinstance(part, int) and arguments[-1] is not Ellipsis:
        return _bare(arguments[min(part, len(arguments) - 1)])
    return _bare(arguments[1 if get_origin(annotation) is dict else 0])


def _bare(annotation: Any) -> Any:
    """An annotation without what is said beside it, and without None where one type is left then."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    members = _members(annotation)
    return _bare(members[0]) if len(members) == 1 else annotation


def _members(annotation: Any) -> list[Any]:
    """The types among which a union chooses, None left out; none of anything else."""
    if get_origin(annotation) not in (Union, UnionType):
        return []
    return [member for member in get_args(annotation) if member is not NoneType]


def _member(members: list[Any], tried: str) -> Any:
    """The member of a union that pydantic calls by a name such as `float`, `literal['auto']` or `dict[str,any]`."""
    for member in map(_bare, members):
        origin = get_origin(member) or member
        name = "literal" if origin is Literal else getattr(origin, "__name__", str(origin))
        if tried.split("[", maxsplit=1)[0].lower() == name.lower():
            return member
    return None
