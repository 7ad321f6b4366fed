"""The folder is the registry: a name in the config is the name of a file that defines `SPEC`.

`names` and `literal` read the source with `ast`, so that parsing a workflow never imports torch.
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from lethe.core.errors import UnknownName
from lethe.core.suggest import known_names

DECIDES_NO_RESULT = "finds files; the files themselves are hashed"

LIBRARY = Path(__file__).resolve().parents[1]
REQUIRED = object()

# Folders of plug-ins, one file each.
SETS, VIEWS, CORRUPTIONS = "data/sets", "data/views", "data/corruptions"
PLANTS = "data/plants"
FAMILIES, REGIMES, METHODS = "networks/families", "regimes/kinds", "compress/methods"
MEASURES = "measures/results"
DIFFICULTIES = "difficulty/kinds"
FINETUNING = "supervised"  # the regime by which compressed networks are trained on
TABLES, FIGURES, SENTENCES = "report/tables", "report/figures", "report/sentences"
NOUNS = {
    SETS: "data set",
    VIEWS: "view",
    CORRUPTIONS: "corruption",
    PLANTS: "plant",
    FAMILIES: "model",
    REGIMES: "regime",
    METHODS: "compression method",
    MEASURES: "measure",
    DIFFICULTIES: "measure of difficulty",
    TABLES: "table",
    FIGURES: "figure",
    SENTENCES: "sentence",
}


@cache
def names(room: str) -> tuple[str, ...]:
    """Names of the plug-ins in a folder such as METHODS, sorted."""
    files = sorted((LIBRARY / room).glob("*.py"))
    return tuple(file.stem for file in files if _spec_call(file) is not None)


def require(room: str, name: str) -> None:
    """Refuse a name that no file of the folder carries.

    Raises: UnknownName: with the known names and the nearest one.
    """
    if name not in names(room):
        raise UnknownName(f"unknown {NOUNS[room]} '{name}'; {known_names(name, names(room))}")


def load(room: str, name: str) -> Any:
    """The SPEC of one plug-in; imports its module, and torch with it where the plug-in needs it.

    Raises: UnknownName: with the known names and the nearest one.
    """
    require(room, name)
    return import_module(f"lethe.{room.replace('/', '.')}.{name}").SPEC


def literal(room: str, name: str, field: str, default: Any = REQUIRED) -> Any:
    """A literal field of a plug-in's SPEC, read from the source without importing it.

    Raises: UnknownName: no such plug-in. KeyError: the SPEC does not state that field, and there is no default.
    """
    require(room, name)
    call = _spec_call(LIBRARY / room / f"{name}.py")
    assert call is not None
    for keyword in call.keywords:
        if keyword.arg == field:
            return ast.literal_eval(keyword.value)
    if default is not REQUIRED:
        return default
    raise KeyError(f"{room}/{name}.py: SPEC does not state '{field}'")


@cache
def _spec_call(file: Path) -> ast.Call | None:
    """The call on the right of a module's `SPEC = ...`, None if the module has no SPEC."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if any(isinstance(target, ast.Name) and target.id == "SPEC" for target in node.targets):
            return node.value
    return None
