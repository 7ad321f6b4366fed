"""A study's file: read before Snakemake reads it, so that a missing or broken one is told in a sentence."""

from pathlib import Path
from typing import Any

import yaml

from lethe.core.errors import ConfigError
from lethe.core.suggest import known_names
from lethe.study.config import Study, read_study

_FOUND = {type(None): "nothing", list: "a list", str: "a text"}


def read_config_file(path: Path) -> dict[str, Any]:
    """The keys of a YAML file.

    Raises: ConfigError: no such file, not YAML, or no keys in it.
    """
    if not path.is_file():
        others = [file.as_posix() for file in sorted(path.parent.glob("*.yaml"))]
        raise ConfigError(f"{path}: there is no such file; {known_names(path.as_posix(), others)}")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}{_position(error)}: this is not YAML: {_problem(error)}; correct the file") from None
    if not isinstance(values, dict):
        found = _FOUND.get(type(values), "a number")
        raise ConfigError(f"{path}: needs keys like 'study:' and 'dataset:', but holds {found}; compare config.yaml")
    return values


def read_study_file(path: Path) -> Study:
    """The study that a YAML file describes; its keys, names and levels checked, the options of plug-ins not yet.

    Raises: ConfigError: no such file, not YAML, or every mistake found, one per line.
    """
    return read_study(read_config_file(path), where=shown_path(path))


def shown_path(path: str | Path) -> str:
    """A path as a reader of messages would write it: relative if it lies below the working directory."""
    absolute = Path(path).resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)


def _position(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"


def _problem(error: Exception) -> str:
    parts = [getattr(error, name, None) for name in ("context", "problem", "reason")]
    return " ".join(part for part in parts if part) or "unreadable characters"
