"""Check the options of every plug-in of a study against the `Options` class in the plug-in's file.

This imports the plug-ins, and torch with them: the workflow runs it once, in a process of its own.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.explain import dotted, explain, told
from lethe.core.options import files_in, read_options
from lethe.study.config import Study
from lethe.study.view_operations import forbidden_views, split_operation

DECIDES_NO_RESULT = "refuses configs before any job"


def check_options(study: Study, *, where: str) -> None:
    """Refuse options that a plug-in does not know or does not allow.

    Raises: ConfigError: every mistake found, one per line.
    """
    mistakes = [
        *_mistakes(registry.SETS, study.dataset.name, study.dataset.options, where, "dataset.options"),
        *_mistakes(registry.FAMILIES, study.model.name, study.model.options, where, "model.options"),
    ]
    for name, given in study.dataset.planted.items():
        options = {key: value for key, value in given.items() if key != "plugin"}
        mistakes += _mistakes(
            registry.PLANTS, str(given.get("plugin") or name), options, where, f"dataset.planted.{name}"
        )
    for regime in study.regimes:
        options = study.regime_options(regime)
        mistakes += _mistakes(registry.REGIMES, study.regime_plugin(regime), options, where, f"regimes.{regime}")
        mistakes += _view_mistakes(study, regime, where)
    for method, compression in study.compression.items():
        key = f"compression.{method}.options"
        mistakes += _mistakes(registry.METHODS, study.plugin(method), compression.options, where, key)
        for regime in compression.by_regime:
            merged, key = study.method_options(method, regime), f"compression.{method}.by_regime.{regime}"
            mistakes += _mistakes(registry.METHODS, study.plugin(method), merged, where, key)
    for name in study.asked_measures:
        options = study.measure_options(name)
        mistakes += _mistakes(registry.MEASURES, name, options, where, f"measures.{name}")
    mistakes = mistakes or [mistake for regime in study.regimes for mistake in _fewer_than_a_step(study, regime, where)]
    if mistakes:
        raise ConfigError(told(mistakes))


def named_files(study: Study) -> dict[str, list[Path]]:
    """Files that the options of a study's plug-ins name, which are known to be right, by part of the config.

    Parts are `dataset`, `model`, `regimes.NAME` (its views among it), `compression.NAME` and `measures.NAME`.
    """
    used = [
        ("dataset", registry.SETS, study.dataset.name, study.dataset.options),
        ("model", registry.FAMILIES, study.model.name, study.model.options),
        *((f"measures.{name}", registry.MEASURES, name, study.measure_options(name)) for name in study.asked_measures),
    ]
    for regime in study.regimes:
        options = study.regime_options(regime)
        used.append((f"regimes.{regime}", registry.REGIMES, study.regime_plugin(regime), options))
        operations = [one for key, value in options.items() if key.endswith("views") for one in value or []]
        used += [(f"regimes.{regime}", registry.VIEWS, *split_operation(operation)) for operation in operations]
        for method in study.compression:
            options = study.method_options(method, regime)
            used.append((f"compression.{method}", registry.METHODS, study.plugin(method), options))
    found: dict[str, list[Path]] = {}
    for part, room, name, options in used:
        for file in files_in(registry.load(room, name).Options.model_validate(options)):
            if file not in found.setdefault(part, []):
                found[part].append(file)
    return {part: files for part, files in found.items() if files}


def _mistakes(room: str, name: str, options: dict[str, Any], where: str, prefix: str) -> list[str]:
    """Options of one plug-in that its class refuses, one sentence each."""
    model: type[BaseModel] = registry.load(room, name).Options
    try:
        read_options(model, options)
    except ValidationError as error:
        return explain(error, model, where=where, prefix=prefix)
    return []


def _fewer_than_a_step(study: Study, regime: str, where: str) -> list[str]:
    """Training sizes below what a step of a regime takes, whose options are known to be right."""
    model = registry.load(registry.REGIMES, study.regime_plugin(regime)).Options
    options = read_options(model, study.regime_options(regime))
    return [
        f"{where}: generalisation.train_sizes: {size} given, but regimes.{regime} takes {options.examples_per_step} "
        "images per step (batch_size, times unlabelled_ratio where there is one); raise it or lower batch_size"
        for size in study.generalisation.train_sizes
        if size < options.examples_per_step
    ]


def _view_mistakes(study: Study, regime: str, where: str) -> list[str]:
    """Views that do not exist, whose options are wrong, or that change what an image of this data set shows."""
    asked = {
        key: operations for key, operations in study.regimes[regime].items() if key == "views" or key.endswith("_views")
    }
    return [
        mistake
        for key, operations in asked.items()
        if isinstance(operations, list)
        for position, operation in enumerate(operations)
        for mistake in _operation_mistakes(study, operation, where, f"regimes.{regime}.{key}[{position}]")
    ]


def _operation_mistakes(study: Study, operation: Any, where: str, key: str) -> list[str]:
    """What is wrong with one view of a regime: its name, its options, or what it does to these images."""
    dataset = study.dataset.name
    try:
        name, options = split_operation(operation)
        allowed = registry.literal(registry.SETS, dataset, "views")
        mistakes = forbidden_views([operation], channels=_channels(study), allowed=allowed, dataset_name=dataset)
    except ConfigError as error:
        return [f"{where}: {key}: {error}"]
    wrong_options = _mistakes(registry.VIEWS, name, options, where, dotted(key, name))
    return [*(f"{where}: {key}: {mistake}" for mistake in mistakes), *wrong_options]


def _channels(study: Study) -> int:
    """Channels of the study's images: the data set's file or one of its options says them."""
    stated: int | None = registry.literal(registry.SETS, study.dataset.name, "channels")
    if stated is not None:
        return stated
    options: type[BaseModel] = registry.load(registry.SETS, study.dataset.name).Options
    asked = study.dataset.options.get("channels", options.model_fields["channels"].default)
    # A wrong number is refused with the data set's options; here it must not add a second message.
    return 1 if asked == 1 else 3
