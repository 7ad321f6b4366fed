"""The config that Snakemake was given, read again by our own reader: what Snakemake's passes over is told.

Snakemake has read the files already when it comes to the Snakefile, and it takes `010` for 8 and the second of two
equal keys; values of `--config` that lie within brackets are texts to it. Here the same files and values are read
again in the same order.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lethe.core.errors import ConfigError
from lethe.core.explain import told
from lethe.study.config_file import read_config_file, read_document, shown_path
from lethe.study.strict_yaml import read_yaml

_NUMBER = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?")
Keys = tuple[str | int, ...]


def given_values(files: Sequence[str | Path], overrides: Sequence[str]) -> dict[str, Any]:
    """The keys of all files, later ones over earlier ones, and then those of `--config`.

    Args: overrides: `KEY=VALUE`, the value in YAML.
    Raises: ConfigError: a file or a value is not YAML, or could be read in two ways.
    """
    values: dict[str, Any] = {}
    for file in files:
        _update(values, read_config_file(Path(shown_path(file))))
    for override in overrides:
        key, _, text = str(override).partition("=")
        where = f"--config {key}"
        document = read_yaml(text, where=where)
        if document.mistakes:
            raise ConfigError(told(f"{where}: {mistake}" for mistake in document.mistakes))
        _update(values, {key: document.values})
    return values


def given_to_module(config: Mapping[str, Any], files: Sequence[str | Path]) -> dict[str, Any]:
    """The config that another workflow hands to this one as a module: all of its own, a part, or made by its code.

    Where it is found in a file of that workflow, what could be read in two ways is refused; the rest of the file is
    that workflow's own affair.

    Raises: ConfigError: a value could be read in two ways.
    """
    values = dict(config)
    for file in files:
        document = read_document(Path(shown_path(file)))
        keys = _place(document.values, values)
        if keys is None:
            continue
        mistakes = [mistake for mistake in document.mistakes if mistake.keys[: len(keys)] == keys]
        if mistakes:
            raise ConfigError(told(f"{shown_path(file)}, {mistake}" for mistake in mistakes))
        ours = document.values if not keys else document.values[keys[0]]
        values = _with_numbers(values, ours)
    return values


def _update(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Lay mappings over mappings, key by key; anything else takes the place of what was there."""
    for key, change in changes.items():
        if isinstance(change, Mapping):
            before = values.get(key)
            values[key] = dict(before) if isinstance(before, Mapping) else {}
            _update(values[key], change)
        else:
            values[key] = change


def _place(whole: object, part: Mapping[str, Any]) -> Keys | None:
    """Where in a file a config stands: at the top, or below one key; None where no mapping has its keys."""
    if not isinstance(whole, dict):
        return None
    if whole.keys() >= part.keys():
        return ()
    below = (key for key, value in whole.items() if isinstance(value, dict) and value.keys() == part.keys())
    return next(((key,) for key in below), None)


def _with_numbers(theirs: Any, ours: Any) -> Any:
    """Values of another reader, but numbers such as 1e-3, which it takes for texts."""
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        return {key: _with_numbers(value, ours.get(key)) for key, value in theirs.items()}
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [_with_numbers(value, other) for value, other in zip(theirs, ours, strict=True)]
    is_number = isinstance(theirs, str) and isinstance(ours, float) and _NUMBER.fullmatch(theirs)
    return ours if is_number and float(theirs) == ours else theirs
