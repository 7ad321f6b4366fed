"""How an entry script ends: a LetheError is one message and exit code 1; anything else keeps its traceback."""

import sys
from collections.abc import Callable
from typing import Any

import typer

from lethe.core.errors import LetheError


def run(command: Callable[..., Any]) -> None:
    """Run one function of plain arguments as a command-line program."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    try:
        app()
    except LetheError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
