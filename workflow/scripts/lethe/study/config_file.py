"""A study's file: read before Snakemake reads it, so that a missing or broken one is told in a sentence."""

from pathlib import Path
from typing import Any

from lethe.core.errors import ConfigError
from lethe.core.explain import told
from lethe.core.suggest import known_names
from lethe.study.config import Study, read_study
from lethe.study.strict_yaml import MOST_BYTES, Document, read_yaml

_FOUND = {type(None): "nothing", list: "a list", str: "a text", bool: "true or false"}


def read_config_file(path: Path) -> dict[str, Any]:
    """The keys of a YAML file.

    Raises: ConfigError: no such file, not YAML, no keys in it, or every value that could be read in two ways.
    """
    document = read_document(path)
    if document.mistakes:
        raise ConfigError(told(f"{path}, {mistake}" for mistake in document.mistakes))
    return _keys(document, path)


def read_profile(path: Path) -> dict[str, Any]:
    """The keys of a file that is Snakemake's and not ours; how it writes its values is its own affair.

    Raises: ConfigError: no such file, not YAML, or no keys in it.
    """
    return _keys(read_document(path), path)


def read_document(path: Path) -> Document:
    """What a YAML file says, and what in it is refused.

    Raises: ConfigError: no such file, one that cannot be read, or not YAML.
    """
    try:
        if not path.is_file():
            raise ConfigError(_missing(path))
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; name a file that can") from None
    return read_yaml(content, where=str(path))


def read_study_file(path: Path) -> Study:
    """The study that a YAML file describes; its keys, names and levels checked, the options of plug-ins not yet.

    Raises: ConfigError: no such file, not YAML, or every mistake found, one per line.
    """
    return read_study(read_config_file(path), where=shown_path(path))


def shown_path(path: str | Path) -> str:
    """A path as a reader of messages would write it: relative if it lies below the working directory."""
    absolute = Path(path).resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)


def _missing(path: Path) -> str:
    """That there is no file of a name, and which there are beside it."""
    if path.exists():
        return f"{path}: is a folder or a device, not a file; name a YAML file"
    others = [file.as_posix() for file in sorted(path.parent.glob("*.yaml"))]
    return f"{path}: there is no such file; {known_names(path.as_posix(), others)}"


def _keys(document: Document, path: Path) -> dict[str, Any]:
    """What a file holds, if that is keys with values."""
    if not isinstance(document.values, dict):
        found = _FOUND.get(type(document.values), "a number")
        raise ConfigError(f"{path}: needs keys like 'study:' and 'dataset:', but holds {found}; compare config.yaml")
    return document.values
