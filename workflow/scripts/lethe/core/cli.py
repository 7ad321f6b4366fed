"""How a command ends: a LetheError is one message and exit code 1; anything else keeps its traceback."""

import sys
from collections.abc import Callable
from typing import Any

import typer

from lethe.core.errors import LetheError


def run(command: Callable[..., Any] | typer.Typer) -> None:
    """Run one function of plain arguments, or a group of commands, as a command-line program."""
    if isinstance(command, typer.Typer):
        program = command
    else:
        program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        program.command()(command)
    try:
        program()
    except LetheError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def group(summary: str) -> typer.Typer:
    """A program of several commands; called without one, it prints its help."""
    return typer.Typer(
        help=summary,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        rich_markup_mode="markdown",  # fills the lines of a paragraph anew
    )
