"""Check the options of every plug-in of a study against the `Options` class in the plug-in's file.

This imports the plug-ins, and torch with them: the workflow runs it once, in a process of its own.
"""

from typing import Any

from pydantic import BaseModel, ValidationError

from lethe.core import registry
from lethe.core.config import Study
from lethe.core.errors import ConfigError
from lethe.core.explain import explain


def check_options(study: Study, *, where: str) -> None:
    """Refuse options that a plug-in does not know or does not allow.

    Raises: ConfigError: every mistake found, one a line.
    """
    mistakes = [
        *_mistakes("data", study.dataset.name, study.dataset.options, where, "dataset.options"),
        *_mistakes("models", study.model.name, study.model.options, where, "model.options"),
    ]
    for regime, options in study.regimes.items():
        mistakes += _mistakes("regimes", regime, options, where, f"regimes.{regime}")
        mistakes += _forbidden_views(study, regime, where)
    for method, compression in study.compression.items():
        key = f"compression.{method}.options"
        mistakes += _mistakes("compress", study.plugin(method), compression.options, where, key)
    if mistakes:
        raise ConfigError("\n".join(mistakes))


def _mistakes(room: str, name: str, options: dict[str, Any], where: str, prefix: str) -> list[str]:
    model: type[BaseModel] = registry.load(room, name).Options
    try:
        model.model_validate(options)
    except ValidationError as error:
        return explain(error, model, where=where, prefix=prefix)
    return []


def _forbidden_views(study: Study, regime: str, where: str) -> list[str]:
    """Views that would change what an image of this data set shows: a flip makes another digit."""
    allowed = registry.literal("data", study.dataset.name, "views")
    asked = study.regimes[regime].get("views") or []
    return [
        f"{where}: regimes.{regime}.views: '{view}' does not preserve the labels of {study.dataset.name}; "
        f"allowed: {', '.join(allowed)}"
        for view in asked
        if isinstance(view, str) and view not in allowed
    ]
