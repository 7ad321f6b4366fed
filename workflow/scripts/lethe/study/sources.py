"""Which source files decide a job's result beyond its entry script: plug-ins, and what these load by name.

`code_version` walks imports; a plug-in that is loaded by its name, such as a view or the regime of a fine-tuning, is
no import of anybody and stands here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lethe.core import registry
from lethe.study.difficulties import NETWORK, POPULATION, asked_of_networks, needs_of, of_populations
from lethe.study.grid import Grid
from lethe.study.treatments import is_treated
from lethe.study.view_operations import DEFAULT_NAMES, OperationConfig, view_names

# Needs of a measure, see `measures.spec`.
_NETWORKS = {"checkpoint", "dense", "twins", "model"}
_IMAGES = {"train", "test", "split"}


def of_model(grid: Grid) -> str:
    """The file of the study's architecture."""
    return _file(registry.FAMILIES, grid.study.model.name)


def of_images(grid: Grid) -> list[str]:
    """Files that decide the images of a study: the data set's, those of what is planted in them."""
    asked = grid.study.dataset
    plants = sorted({str(options.get("plugin") or name) for name, options in asked.planted.items()})
    kinds = sorted({str(plant["kind"]) for plant in asked.planted.values() if "kind" in plant} | {"defocus_blur"})
    corruptions = kinds if "corrupted" in plants else []
    others = sorted({str(plant["dataset"]) for plant in asked.planted.values() if "dataset" in plant})
    return [
        _file(registry.SETS, asked.name),
        *(_file(registry.PLANTS, plant) for plant in plants),
        *(_file(registry.CORRUPTIONS, kind) for kind in corruptions),
        *(_file(registry.SETS, other) for other in others if other != asked.name),
    ]


def of_training(grid: Grid, regime: str) -> list[str]:
    """Files that decide the dense networks of a regime."""
    views = _configured_views(grid.study.regime_options(regime))
    return [of_model(grid), _file(registry.REGIMES, grid.regime_plugin(regime)), *_of_views(views)]


def of_training_compressed(grid: Grid, method: str, regime: str) -> list[str]:
    """Files that decide the networks of a regime that a method compresses while they train."""
    return [_file(registry.METHODS, grid.plugin(method)), *of_training(grid, regime)]


def of_compression(grid: Grid, method: str, regime: str) -> list[str]:
    """Files that decide how a method compresses the trained networks of a regime, the fine-tuning's among them."""
    plugin = [] if is_treated(method) else [_file(registry.METHODS, grid.plugin(method))]
    files = [of_model(grid), *plugin]
    return files + _of_finetuning(grid, regime) if finetunes(grid, method, regime) else files


def of_measure(grid: Grid, name: str) -> list[str]:
    """Files that decide a measure: its own, that which states its columns, the architecture's of networks."""
    like = registry.literal(registry.MEASURES, name, "like", default="") or name
    measures = [_file(registry.MEASURES, one) for one in dict.fromkeys((name, like))]
    kinds = [_file(registry.DIFFICULTIES, kind) for kind in _difficulties(grid, name)]
    views = _of_views([]) if any("views" in needs_of(kind) for kind in _difficulties(grid, name)) else []
    return [*measures, *kinds, *views, *([of_model(grid)] if _needs(name) & _NETWORKS else [])]


def _difficulties(grid: Grid, measure: str) -> Sequence[str]:
    """Measures of difficulty whose files a measure loads."""
    what = registry.literal(registry.MEASURES, measure, "difficulties", default="")
    if what == NETWORK:
        return asked_of_networks(grid.study.measure_options(measure))
    return of_populations() if what == POPULATION else ()


def needs_torch(measure: str) -> bool:
    """Whether a measure looks at networks or images; one of other results alone starts without torch."""
    return bool(_needs(measure) & (_NETWORKS | _IMAGES))


def _needs(measure: str) -> set[str]:
    return set(registry.literal(registry.MEASURES, measure, "needs"))


def finetunes(grid: Grid, method: str, regime: str) -> bool:
    """Whether a method trains networks on that it has compressed: as its options say, or else as it does by default."""
    options = json.loads(grid.method_options(method, regime))
    by_default = not is_treated(method) and registry.literal(
        registry.METHODS, grid.plugin(method), "finetunes", default=False
    )
    return bool(options.get("finetune_epochs", by_default))


def _of_finetuning(grid: Grid, regime: str) -> list[str]:
    """The regime of every fine-tuning; it has the views of the dense training where that is the same regime."""
    goes_on = grid.regime_plugin(regime) == registry.FINETUNING
    views = _configured_views(grid.study.regime_options(regime)) if goes_on else []
    return [_file(registry.REGIMES, registry.FINETUNING), *_of_views(views)]


def _configured_views(options: Mapping[str, Any]) -> list[OperationConfig]:
    """The operations of all views that a regime's options name."""
    return [operation for key, value in options.items() if key.endswith("views") for operation in value or []]


def _of_views(operations: Sequence[OperationConfig]) -> list[str]:
    """Files of views that a config names, and of those that regimes choose by themselves."""
    return [_file(registry.VIEWS, name) for name in sorted({*view_names(operations), *DEFAULT_NAMES})]


def _file(folder: str, plugin: str) -> str:
    return f"lethe/{folder}/{plugin}.py"
