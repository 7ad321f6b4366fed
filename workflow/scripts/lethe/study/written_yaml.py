"""YAML that our reader and all others take alike."""

from typing import Any

import yaml

from lethe.study.plain_scalar import read_scalar


class _Dumper(yaml.SafeDumper):
    """Quotes every text that a reader could take for something else."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    read = read_scalar(text)
    is_plain = isinstance(read.value, str) and not read.mistake
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else "'")


_Dumper.add_representer(str, _text)


def written_yaml(values: dict[str, Any]) -> str:
    """Keys and values in their order, as YAML."""
    return str(yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True))
