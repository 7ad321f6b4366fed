"""Which artefacts of a study are there, are being written, are missing, or belong to no cell of the config."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType

from lethe.core import registry
from lethe.core.errors import SchemaError
from lethe.store.files import is_being_written
from lethe.store.notes import read_note
from lethe.store.provenance import package_versions
from lethe.store.tables import read_record
from lethe.study.grid import Grid
from lethe.study.needs import own_files
from lethe.study.paths import CHECKPOINT, EXAMPLES, STUDY
from lethe.study.results import STAGES, result
from lethe.training.progress import Progress, side_file

# Stands for the regime of what belongs to none, such as the pixels' probes.
WHOLE = "(whole study)"
_OF_PROGRESS = tuple(field.name for field in fields(Progress))


@dataclass(frozen=True)
class Stage:
    """One sort of artefact: the pattern of its path, and the paths that the config asks for."""

    name: str
    pattern: str
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Artefact:
    """One file of a stage; `state` is done, running, missing, damaged, stale, orphaned or replaced.

    `cell` is regime, method and level; empty where a file is of all methods, `WHOLE` where it is of all regimes.
    """

    stage: str
    cell: tuple[str, str, str]
    path: str
    state: str


def stages_of(grid: Grid) -> list[Stage]:
    """What a study makes for each of its cells, in the order in which it is made; measures that it left out too."""
    asked = grid.study.asked_measures
    forms = {name: result(name) for name in (*asked, *registry.names(registry.MEASURES))} | {"PIE sets": STAGES["pies"]}
    stages = [Stage("checkpoints", grid.named(CHECKPOINT), tuple(grid.paths(CHECKPOINT)))]
    for name, form in forms.items():
        is_asked = name in asked or name not in registry.names(registry.MEASURES)
        expected = own_files(form, grid).paths if is_asked else []
        stages.append(Stage(name, f"{grid.named(STUDY)}/{form.path}", tuple(expected)))
    return stages


def survey(
    stages: Iterable[Stage], replaced: Collection[str] = (), wrong: Mapping[str, str] = MappingProxyType({})
) -> list[Artefact]:
    """Every expected artefact with its state, and every file that no cell of the config asks for.

    Args:
        replaced: files that another config has replaced; what their cells have is none of this one's.
        wrong: files that are damaged or stale.
    """
    found = [artefact for stage in stages for artefact in [*_expected(stage), *_orphaned(stage)]]
    lost = {artefact.cell for artefact in found if artefact.path in replaced}
    found = [replace(a, state="replaced") if a.cell in lost and a.state == "done" else a for a in found]
    return [replace(a, state=wrong[a.path]) if a.path in wrong and a.state == "done" else a for a in found]


def running_line(path: Path) -> str | None:
    """How far the job that writes `path` is, if it tells: seed, epoch, loss, accuracy, time left."""
    told = read_note(side_file(path))
    if told is None or not {"seconds_left", *_OF_PROGRESS} <= told.keys():  # of another version of this code
        return None
    return Progress(**{name: told[name] for name in _OF_PROGRESS}).line(float(told["seconds_left"]))


def version_warnings(paths: Iterable[Path]) -> list[str]:
    """Packages whose version differs from the one that an existing table was made with."""
    here, found = package_versions(), set()
    for path in paths:
        try:
            made_with = read_record(path).get("packages", {})
        except (SchemaError, FileNotFoundError):
            continue
        found |= {
            f"{package}: {version} made some results, {here.get(package, 'none')} is installed"
            for package, version in made_with.items()
            if here.get(package) != version
        }
    return sorted(found)


def told_of_images(grid: Grid) -> list[str]:
    """What a person should know of a study's images, as it was found when they were prepared; nothing before that."""
    examples = Path(grid.named(EXAMPLES).format(split="train"))
    try:
        return list(read_record(examples).get("told", ()))
    except SchemaError:
        return []


def _expected(stage: Stage) -> list[Artefact]:
    return [Artefact(stage.name, _cell(stage, path), path, _state(Path(path))) for path in stage.expected]


def _orphaned(stage: Stage) -> list[Artefact]:
    """Files of a removed level, method or regime: they stay, because they may have cost days."""
    wanted = set(stage.expected)
    glob = re.sub(r"\{[a-z]+\}", "*", stage.pattern)
    found = (path.as_posix() for path in sorted(Path().glob(glob)) if not path.name.startswith("."))
    orphans = [path for path in found if path not in wanted and _match(stage, path)]
    return [Artefact(stage.name, _cell(stage, path), path, "orphaned") for path in orphans]


def _state(path: Path) -> str:
    if is_being_written(path):
        return "running"
    return "done" if path.exists() else "missing"


def _cell(stage: Stage, path: str) -> tuple[str, str, str]:
    """Regime, method and level that a path names."""
    match = _match(stage, path)
    parts = match.groupdict() if match else {}
    return (parts.get("regime", WHOLE), parts.get("method", ""), parts.get("level", ""))


def _match(stage: Stage, path: str) -> re.Match[str] | None:
    """The wildcards of a path; None where it does not have the form of the stage's pattern."""
    expression = re.escape(stage.pattern)
    for name in set(re.findall(r"\{([a-z]+)\}", stage.pattern)):
        expression = expression.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>[^/.]+(?:\\.[0-9]+)?)", 1)
    return re.fullmatch(expression, path)
