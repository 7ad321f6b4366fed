"""The survey of a study as a person reads it: one line per cell, one column per stage."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.table import Table

from lethe.run.findings import Finding
from lethe.run.status import Artefact, Stage, running_line, survey, version_warnings

_WIDTH_OF_A_FILE = 200
_REASONS = 10
_COLORS = {
    "done": "green",
    "running": "yellow",
    "missing": "red",
    "damaged": "red",
    "stale": "yellow",
    "orphaned": "magenta",
    "in part": "cyan",
    "replaced": "red",
}


def print_status(
    stages: list[Stage],
    told: Sequence[str] = (),
    replaced: Mapping[str, str] = MappingProxyType({}),
    wrong: Mapping[str, Finding] = MappingProxyType({}),
) -> None:
    """Print the table, the progress of running jobs, replaced and orphaned files, and warnings.

    Args:
        told: what a person should know of the images.
        replaced: files that another config has replaced, with its name.
        wrong: files that are damaged or stale, with why.
    """
    console = _console()
    artefacts = survey(stages, replaced, {path: finding.kind for path, finding in wrong.items()})
    console.print(_table(stages, artefacts))
    if replaced:
        by = ", ".join(sorted(set(replaced.values())))
        lost = (
            f"{len(replaced)} files of networks and images were replaced by those of {by}, which has the same 'study:'"
        )
        console.print(f"{lost}; give one of them another name and run this one again", style="red", soft_wrap=True)
    reasons = dict.fromkeys(wrong[artefact.path].reason for artefact in artefacts if artefact.path in wrong)
    for sentence in list(reasons)[:_REASONS]:
        console.print(f"the next run makes again: {sentence}", markup=False, soft_wrap=True)
    if len(reasons) > _REASONS:
        console.print(f"and {len(reasons) - _REASONS} files more: lethe verify", soft_wrap=True)
    for artefact in artefacts:
        if artefact.state == "running":
            console.print(f"running  {artefact.path}  {running_line(Path(artefact.path)) or ''}", soft_wrap=True)
    orphans = [artefact.path for artefact in artefacts if artefact.state == "orphaned"]
    if orphans:
        files, them = ("file", "it") if len(orphans) == 1 else ("files", "them")
        asked = f"no cell of the config asks for {them}; delete {them} if unwanted"
        console.print(f"{len(orphans)} orphaned {files} ({asked}):")
        for path in orphans:
            console.print(f"  {path}", soft_wrap=True)
        console.print("lethe prune shows and removes all that the config no longer asks for")
    made = [Path(a.path) for a in artefacts if a.state == "done" and a.path.endswith(".parquet")]
    for warning in [*version_warnings(made), *told]:
        console.print(f"warning: {warning}", style="yellow", markup=False, soft_wrap=True)


def _console() -> Console:
    """As wide as the terminal; in a pipe or a file as wide as it takes."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH_OF_A_FILE)


def _table(stages: list[Stage], artefacts: list[Artefact]) -> Table:
    """One row per cell: how many artefacts of each stage are done, and the state of the whole."""
    table = Table()
    made = {artefact.stage for artefact in artefacts}
    stages = [stage for stage in stages if stage.name in made]
    for heading in ("regime", "method", "level", *(stage.name for stage in stages), "state"):
        table.add_column(heading, overflow="fold")  # a method whose name is cut off is no longer a name
    for cell in dict.fromkeys(artefact.cell for artefact in artefacts):
        here = [artefact for artefact in artefacts if artefact.cell == cell]
        counts = [_count([a for a in here if a.stage == stage.name]) for stage in stages]
        state = cell_state(here)
        table.add_row(*cell, *counts, f"[{_COLORS[state]}]{state}[/]")
    return table


def cell_state(artefacts: list[Artefact]) -> str:
    """One word for all artefacts of a cell."""
    states = Counter(artefact.state for artefact in artefacts)
    if states["running"]:
        return "running"
    if set(states) <= {"orphaned"}:
        return "orphaned"
    if states["replaced"]:
        return "replaced"
    for state in ("damaged", "stale"):
        if states[state]:
            return state
    if not states["missing"]:
        return "done"
    return "in part" if states["done"] else "missing"


def _count(artefacts: list[Artefact]) -> str:
    """Done of expected, `3/4`; a dash where the config asks for none."""
    expected = [artefact for artefact in artefacts if artefact.state != "orphaned"]
    if not expected:
        return "-"
    return f"{sum(artefact.state == 'done' for artefact in expected)}/{len(expected)}"
