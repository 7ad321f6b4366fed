"""Options that a plug-in checks: those of plug-ins that have none, and which files options name."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict


class NoOptions(BaseModel):
    """Options of a plug-in that has none; every key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def files_in(options: Any) -> list[Path]:
    """Paths that options hold, however deep: a plug-in declares a field of type `Path` for every file that it reads."""
    if isinstance(options, Path):
        return [options.expanduser()]
    if isinstance(options, BaseModel):
        return files_in([value for _, value in options])
    if isinstance(options, dict):
        return files_in(list(options.values()))
    if isinstance(options, list | tuple | set | frozenset):
        return [file for value in options for file in files_in(value)]
    return []
