"""The survey of a study as a person reads it: one line a cell, one column a stage."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lethe.core.status import Artefact, Stage, running_line, survey, version_warnings

_COLOURS = {"done": "green", "running": "yellow", "missing": "red", "orphaned": "magenta", "in part": "cyan"}


def print_status(stages: list[Stage]) -> None:
    """Print the table, the progress of running jobs, orphaned files and version warnings."""
    console, artefacts = Console(), survey(stages)
    console.print(_table(stages, artefacts))
    for artefact in artefacts:
        if artefact.state == "running":
            console.print(f"running  {artefact.path}  {running_line(Path(artefact.path)) or ''}", soft_wrap=True)
    orphans = [artefact.path for artefact in artefacts if artefact.state == "orphaned"]
    if orphans:
        console.print(f"{len(orphans)} orphaned files (no cell of the config asks for them; delete them if unwanted):")
        for path in orphans:
            console.print(f"  {path}", soft_wrap=True)
    made = [Path(a.path) for a in artefacts if a.state == "done" and a.path.endswith(".parquet")]
    for warning in version_warnings(made):
        console.print(f"warning: {warning}", style="yellow")


def _table(stages: list[Stage], artefacts: list[Artefact]) -> Table:
    table = Table("regime", "method", "level", *(stage.name for stage in stages), "state")
    for cell in dict.fromkeys(artefact.cell for artefact in artefacts):
        here = [artefact for artefact in artefacts if artefact.cell == cell]
        counts = [_count([a for a in here if a.stage == stage.name]) for stage in stages]
        state = cell_state(here)
        table.add_row(*cell, *counts, f"[{_COLOURS[state]}]{state}[/]")
    return table


def cell_state(artefacts: list[Artefact]) -> str:
    """One word for all artefacts of a cell."""
    states = Counter(artefact.state for artefact in artefacts)
    if states["running"]:
        return "running"
    if set(states) <= {"orphaned"}:
        return "orphaned"
    if not states["missing"]:
        return "done"
    return "in part" if states["done"] else "missing"


def _count(artefacts: list[Artefact]) -> str:
    expected = [artefact for artefact in artefacts if artefact.state != "orphaned"]
    if not expected:
        return "-"
    return f"{sum(artefact.state == 'done' for artefact in expected)}/{len(expected)}"
