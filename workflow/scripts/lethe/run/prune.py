"""Removes what a study no longer asks for: files of levels, methods, regimes and seeds that its config has lost."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.run.checked import checked_study
from lethe.run.measured import readable_size
from lethe.run.single_run import sole_run, untracked_files, workflow_arguments
from lethe.store.files import is_being_written, lock_path
from lethe.study import paths
from lethe.study.grid import Grid
from lethe.study.origin import config_name, other_configs
from lethe.study.results import known_results, result

# What a job that was killed leaves beside its result.
_SIDE_FILE = re.compile(r"\.(?P<name>.+)\.(?:part|lock|progress|diverged|seed\d+\.resume)")


def prune_study(config: Path, *, is_sure: bool) -> str:
    """Show what a study no longer asks for, and remove it.

    Files that the workflow never writes are left alone, and so are those that a job writes now.

    Args: is_sure: remove it, too.
    Raises:
        ConfigError: the config is wrong, another one of the same name asks for files too, or there is no workflow.
        BusyError: a run is alive.
        RunFailed: Snakemake cannot plan the study.
    """
    grid = Grid(checked_study(config))
    _refuse_shared(grid, config_name([config]))
    arguments = ["--configfile", str(config), *workflow_arguments(Path())]
    found = [*_left(grid, untracked_files(arguments, Path())), *_side_files(grid)]
    if not found:
        return f"nothing to remove: all that lies in results/{grid.study.study} is asked for"
    size = readable_size(sum(file.lstat().st_size for file in found))
    shown = "\n".join(f"  {file}" for file in found)
    if not is_sure:
        told = f"{len(found)} files, {size}, that the config no longer asks for:"
        command = f"lethe prune --config {shlex.quote(str(config))} --yes"
        return f"{told}\n{shown}\nNothing was removed; to remove them: {command}"
    with sole_run(Path()):
        removed = [file for file in found if _remove(file)]
    kept = len(found) - len(removed)
    return f"{shown}\nremoved {len(removed)} files, {size}" + (f"; {kept} are being written and stay" if kept else "")


def _refuse_shared(grid: Grid, config: str) -> None:
    """Two configs may share a study's folder: what one does not ask for may be the other's."""
    others = other_configs(grid, config)
    if others:
        name = grid.study.study
        raise ConfigError(
            f"{config}: study: '{name}' is also that of {', '.join(others)}, whose files in results/{name} would be "
            "removed too; give one of them a name of its own under 'study:', or delete the file that is obsolete"
        )


def _left(grid: Grid, untracked: list[str]) -> Iterator[Path]:
    """Files that have the form of a study's files, but are none of this one's."""
    forms = [re.compile(form) for form in _forms(grid)]
    for path in untracked:
        if any(form.fullmatch(path) for form in forms) and not _is_wanted_export(grid, path):
            yield Path(path)


def _forms(grid: Grid) -> Iterator[str]:
    """Expressions of every path that a study with any cells would write."""
    patterns = [
        paths.CHECKPOINT,
        paths.TWIN,
        paths.LABELLED,
        paths.PARTS,
        paths.TRAJECTORIES,
        paths.SNAPSHOTS,
        paths.CHANNELS,
        f"{paths.EXPORT}/{{file}}",
    ]
    patterns += [f"{paths.STUDY}/{result(name).path}" for name in known_results()]
    yield from (_expression(grid.named(pattern)) for pattern in patterns)
    yield _expression(grid.named(paths.EXAMPLES).removesuffix("parquet")) + "(npy|parquet)"
    rooms = ((registry.TABLES, paths.TABLE, "csv|parquet|tex"), (registry.FIGURES, paths.FIGURE, "png|pdf"))
    for room, pattern, endings in rooms:
        names = "|".join(map(re.escape, registry.names(room)))
        yield f"{re.escape(grid.named(pattern).rpartition('/')[0])}/({names})\\.({endings})"
    yield re.escape(grid.named(paths.STUDY)) + r"/logs/.+\.log"


def _expression(pattern: str) -> str:
    """A pattern of paths as an expression: each wildcard is some part of a name."""
    return "[^/]+".join(map(re.escape, re.split(r"\{[a-z]+\}", pattern)))


def _is_wanted_export(grid: Grid, path: str) -> bool:
    """Whether a file is of the export of a network that the study has; Snakemake lists it, as no report needs it."""
    found = re.match(_expression(grid.named(paths.EXPORT)).replace("[^/]+", "([^/]+)") + "/", path)
    if found is None:
        return False
    *cell, seed = found.groups()
    with suppress(ConfigError, ValueError):
        grid.cell_of("/".join(cell))
        grid.block_of(int(seed))
        return True
    return False


def _side_files(grid: Grid) -> Iterator[Path]:
    """What killed jobs left beside results that are not asked for, and locks of older versions beside any."""
    wanted = {*grid.paths(paths.CHECKPOINT), *_twins(grid)}
    for file in sorted(Path(grid.named(paths.STUDY)).rglob(".*")):
        named = _SIDE_FILE.fullmatch(file.name)
        if named is None or not file.is_file():
            continue
        of = file.with_name(named["name"]).as_posix()
        is_half = file.suffix == ".part" and not Path(of).exists()  # of whatever sort
        if file.suffix == ".lock" or (of not in wanted and (is_half or file.suffix != ".part")):
            yield file


def _twins(grid: Grid) -> Iterator[str]:
    """Networks of further trainings that are asked for."""
    for block in grid.blocks:
        for regime in grid.study.regimes:
            for twin in grid.twins_of(block):
                yield grid.named(paths.TWIN).format(regime=regime, twin=twin, block=block)


def _remove(file: Path) -> bool:
    """Remove a file with its lock and the folders that it leaves empty; not one that a job writes now."""
    named = _SIDE_FILE.fullmatch(file.name)
    result_file = file.with_name(named["name"]) if named else file
    if is_being_written(result_file):
        return False
    for gone in (file, lock_path(result_file)):
        gone.unlink(missing_ok=True)
        with suppress(OSError):  # the first folder that is not empty
            for folder in gone.parents[:-2]:
                folder.rmdir()
    return True
