"""Which config made the networks of a study: another one of the same name must not replace them unasked.

A config may change as its owner likes: what it decides anew is made again in its own place. Another file that carries
the same `study:` writes to the same places, and would replace what the first one took days for.
"""

import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lethe.core.errors import LetheError, ReplacesNetworks
from lethe.store.files import STATE
from lethe.store.notes import read_note, write_note
from lethe.study import paths
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid

DECIDES_NO_RESULT = "says who may write, not what"

REPLACE = "LETHE_REPLACE"
_SHOWN = 3  # differing keys that a message names
# Keys that say which cells there are, not what one of them is.
_HOW_MUCH = frozenset(
    {("seeds", "count"), ("seeds", "block"), ("", "evaluation"), ("", "measures"), ("", "generalisation")}
)


@dataclass(frozen=True)
class Origin:
    """What is known of the files that decide everything else of a study: images, labels, networks.

    Attributes:
        made: by a file's path, the config that asked for it last, and a hash of the values that decide the file.
        configs: by a config's path, its values when it was run last.
    """

    made: Mapping[str, tuple[str, str]]
    configs: Mapping[str, Mapping[str, Any]]


def config_name(files: Sequence[str | Path]) -> str:
    """How the config of a run is known: its files, relative to the working folder if they lie below it."""
    resolved = [Path(file).resolve() for file in files]
    here = Path.cwd()
    return " + ".join(str(file.relative_to(here) if file.is_relative_to(here) else file) for file in resolved)


def refuse_replacing(grid: Grid, config: str) -> None:
    """Refuse a config that would replace networks, labels or images that another one made with other values.

    The environment's LETHE_REPLACE=1, which `lethe run --replace` sets, allows it.

    Args: config: its name, see `config_name`.
    Raises: ReplacesNetworks: the way out with it.
    """
    if os.environ.get(REPLACE) == "1":
        return
    origin = _origin(grid)
    hit = {path: by for path, by in _of_others(grid, config, origin) if Path(path).exists()}
    if not hit:
        return
    name, owner = grid.study.study, next(iter(hit.values()))
    changed = list(_changed(origin.configs.get(owner, {}), _values(grid)))
    shown = ", ".join(changed[:_SHOWN]) + (", ..." if len(changed) > _SHOWN else "")
    differs = f" (it differs in {shown})" if changed else ""
    raise ReplacesNetworks(
        f"{config}: study: '{name}' given, but results/{name} was made by {owner}, and this config would replace "
        f"{len(hit)} of its files{differs}, such as {list(hit)[-1]}; give it a name of its own under 'study:', or "
        f"replace them: lethe run --config {shlex.quote(config)} --replace"
    )


def replaced_files(grid: Grid, config: str) -> dict[str, str]:
    """Files that a config asks for and that another one has replaced by its own since, with the name of that one."""
    return {path: by for path, by in _of_others(grid, config, _origin(grid)) if Path(path).exists()}


def other_configs(grid: Grid, config: str) -> list[str]:
    """Other configs, their files still there, that some files of a study's folder belong to."""
    owners = {owner for owner, _ in _origin(grid).made.values()}
    return sorted(owner for owner in owners if owner != config and _is_there(owner) and owner != _stored(grid))


def record_origin(grid: Grid, config: str) -> None:
    """Write down that a config is run: what it decides otherwise than before is its own from now on.

    What two configs share stays with the first of them for as long as its file is there.
    """
    known = _read(grid.study.study) or Origin({}, {})
    made = dict(known.made)
    for path, values in _deciding(grid).items():
        owner, before = made.get(path, ("", ""))
        if values != before or not _is_there(owner):
            made[path] = (config, values)
    configs = {**known.configs, config: _values(grid)}
    named = {name: configs[name] for name in sorted({by for by, _ in made.values()})}
    write_note(_record_file(grid.study.study), {"made": made, "configs": named})


def _of_others(grid: Grid, config: str, origin: Origin) -> Iterator[tuple[str, str]]:
    """Files that a config decides otherwise than the config that they belong to, with that one's name."""
    for path, values in _deciding(grid).items():
        owner, before = origin.made.get(path, (config, values))
        if owner != config and before != values:
            yield path, owner


def _deciding(grid: Grid) -> dict[str, str]:
    """A hash of the values that decide each file of images, labels and networks; what stands in its path left out."""
    return dict([*_shared(grid), *_networks(grid)])


def _shared(grid: Grid) -> Iterator[tuple[str, str]]:
    """Prepared images, and the draws of labels."""
    images = _images(grid)
    for split in grid.study.dataset.splits:
        for ending in (".npy", ".parquet"):
            yield grid.named(paths.IMAGES_AND_EXAMPLES).format(split=split, ending=ending), _hash(images)
    for path in grid.attribute_files:
        yield grid.named(path), _hash(images)
    if grid.study.seeds.share is not None:
        for block in grid.blocks:
            yield grid.named(paths.PARTS).format(block=block), _hash({**images, "part": _part(grid)})
    if any(grid.needs_labelled(regime) for regime in grid.study.regimes):
        for block in grid.blocks:
            yield grid.named(paths.LABELLED).format(block=block), _hash({**images, "labels": _labels(grid)})


def _networks(grid: Grid) -> Iterator[tuple[str, str]]:
    """Networks of all cells, those from which nothing was removed among them, and their twins."""
    trained = {regime: _training(grid, regime) for regime in grid.study.regimes}
    for cell in (*grid.cells, *grid.treated_cells):
        method, values = cell.method, trained[cell.regime]
        if not cell.is_dense:
            values = {**values, "method": [grid.plugin(method), grid.method_options(method, cell.regime)]}
        place, decided = {"regime": cell.regime, "method": method, "level": cell.level}, _hash(values)
        for block in grid.blocks:
            yield grid.named(paths.CHECKPOINT).format(**place, block=block), decided
    for regime, values in trained.items():
        for block in grid.blocks:
            for twin in grid.twins_of(block):
                yield grid.named(paths.TWIN).format(regime=regime, twin=twin, block=block), _hash(values)


def _images(grid: Grid) -> dict[str, Any]:
    return {"dataset": grid.study.dataset.model_dump(exclude_defaults=True), "seed": grid.study.seeds.study}


def _labels(grid: Grid) -> dict[str, Any] | None:
    return None if grid.study.labels is None else grid.study.labels.model_dump(exclude_defaults=True)


def _part(grid: Grid) -> list[Any]:
    """What decides on which images a seed is trained."""
    some = any(grid.needs_labelled(regime) for regime in grid.study.regimes)
    return [grid.study.seeds.share, _labels(grid) if some else None]


def _training(grid: Grid, regime: str) -> dict[str, Any]:
    """What decides the dense networks of a regime."""
    study = grid.study
    return {
        **_images(grid),
        "model": grid.model(),
        "regime": [grid.regime_plugin(regime), grid.regime_options(regime)],
        "labels": _labels(grid) if grid.needs_labelled(regime) else None,
        **({} if study.seeds.share is None else {"part": _part(grid)}),
        "device": study.device,
        "precision": study.precision,
    }


def _hash(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def _values(grid: Grid) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(grid.study_json())
    return values


def _changed(before: Any, now: Any, key: str = "") -> Iterator[str]:
    """Dotted keys whose values differ, those left out that only say how much is asked for."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        if before != now and key:
            yield key
        return
    for name in before.keys() & now.keys() if key in ("", "regimes", "compression") else {**before, **now}:
        if (key, name) not in _HOW_MUCH and name != "levels":
            yield from _changed(before.get(name), now.get(name), f"{key}.{name}" if key else name)


def _origin(grid: Grid) -> Origin:
    """What is recorded; of results that came without a record, what the config says that lies among them."""
    name = grid.study.study
    known = _read(name)
    if known is not None:
        return known
    stored = _stored(grid)
    try:
        other = Grid(read_study_file(Path(stored)))
    except LetheError:
        return Origin({}, {})
    made = {path: (stored, values) for path, values in _deciding(other).items()}
    return Origin(made, {stored: _values(other)})


def _stored(grid: Grid) -> str:
    """The config that a report leaves among the results."""
    return f"{grid.named(paths.STUDY)}/study.yaml"


def _read(study: str) -> Origin | None:
    """The record of a study; nothing where there is none, or none that can be read."""
    found = read_note(_record_file(study))
    if found is None:
        return None
    return Origin({path: (owner, values) for path, (owner, values) in found["made"].items()}, found["configs"])


def _record_file(study: str) -> Path:
    return STATE / "origins" / f"{study}.json"


def _is_there(config: str) -> bool:
    """Whether the files of a config are where they were."""
    return bool(config) and all(Path(file).is_file() for file in config.split(" + "))
