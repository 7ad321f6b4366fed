"""A study in plain words: what will be trained, compressed and looked at, and how much of it."""

from typing import Any

from lethe.core import registry
from lethe.run.known import summary_of
from lethe.study.config import Study
from lethe.study.grid import Grid

_INDENT = 13


def described(grid: Grid) -> str:
    """What the study asks for, one part of its config after the other, and how many networks that makes."""
    study = grid.study
    parts = [
        ("study", f"'{study.study}'; everything it makes goes to results/{study.study}/"),
        ("data set", _images(study)),
        ("model", _named(registry.FAMILIES, study.model.name, study.model.options)),
        ("seeds", _seeds(grid)),
        *((("labels", _labels(study)),) if study.labels else ()),
        ("regimes", "\n".join(_regime(study, regime) for regime in study.regimes)),
        ("methods", "\n".join(_method(grid, method) for method in study.compression)),
        ("images", f"every network is asked about the splits {', '.join(grid.splits)}"),
        ("measures", "\n".join(_measures(grid))),
        ("in all", _sum(grid)),
    ]
    return "\n".join(_part(name, text) for name, text in parts)


def _part(name: str, text: str) -> str:
    """One part with its name in front; further lines stand below the first."""
    first, *others = text.splitlines()
    return "\n".join([f"{name:<{_INDENT}}{first}", *(" " * _INDENT + line for line in others)])


def _named(room: str, plugin: str, options: dict[str, Any], name: str | None = None, at: str = "") -> str:
    """A plug-in with what it is and the options that the config gives; its file too where it goes by another name."""
    file = f" (plugin {plugin})" if name not in (None, plugin) else ""
    given = "; ".join(f"{key} {value}" for key, value in options.items())
    return f"{name or plugin}{file}{at}: {summary_of(room, plugin)}" + (f" [{given}]" if given else "")


def _images(study: Study) -> str:
    """The data set, and what is done with its training images where not all are trained on."""
    dataset = study.dataset
    asked = [
        *([f"{dataset.train_size} training images"] if dataset.train_size else []),
        *([f"{dataset.validation_size} set aside for validation"] if dataset.validation_size else []),
    ]
    return "\n".join([_named(registry.SETS, dataset.name, dataset.options), *([", ".join(asked)] if asked else [])])


def _seeds(grid: Grid) -> str:
    seeds = grid.study.seeds
    return f"{seeds.count} networks per cell, {seeds.block} per job: seeds {', '.join(grid.blocks)}"


def _labels(study: Study) -> str:
    """How many labels the regimes may use that use some."""
    assert study.labels is not None
    asked = study.labels
    number = f"{asked.share:g} of all" if asked.per_class is None else f"{asked.per_class} per class"
    drawn = ", the same for every seed" if asked.draw == "study" else ""
    return f"{number}, for regimes that use some{drawn}"


def _regime(study: Study, regime: str) -> str:
    return _named(registry.REGIMES, study.regime_plugin(regime), study.regime_options(regime), regime)


def _method(grid: Grid, method: str) -> str:
    """A method with its levels, and the regimes it is applied to where these are not all."""
    asked, plugin = grid.study.compression[method], grid.plugin(method)
    level_kind = registry.literal(registry.METHODS, plugin, "level_kind").replace("_", " ")
    levels = ", ".join(grid.levels(method))
    at = f" at {levels} bits" if level_kind == "bits" else f" at {level_kind} {levels}"
    only = f" (for {', '.join(asked.regimes)})" if asked.regimes else ""
    return _named(registry.METHODS, plugin, asked.options, method, at + only)


def _measures(grid: Grid) -> list[str]:
    """What is measured, and the further trainings that this takes."""
    study = grid.study
    found = [_named(registry.MEASURES, name, study.measure_options(name)) for name in study.asked_measures]
    if not grid.twins:
        return found
    asked = study.generalisation
    found += [
        f"trained again with {100 * share:g} % of the labels replaced by random classes" for share in asked.label_noise
    ]
    found += [f"trained again with {size} images" for size in asked.train_sizes]
    return found


def _sum(grid: Grid) -> str:
    """Networks that are trained, and those that are made from trained ones."""
    seeds, cells = grid.study.seeds.count, grid.cells
    alone = set(grid.methods("in_training"))
    trained = sum(cell.is_dense or cell.method in alone for cell in cells) * seeds
    again = sum(len(grid.twins_of(block)) for block in grid.blocks) * grid.study.seeds.block * len(grid.study.regimes)
    compressed = sum(not cell.is_dense and cell.method not in alone for cell in cells) * seeds
    treated = len(grid.treated_cells) * seeds
    also = f", {treated} only treated like those (recalibrated, refitted, ...)" if treated else ""
    made = f"{trained + again} networks trained, {compressed} compressed from them{also}"
    return f"{made}; {len(cells)} cells, dense ones too"
