"""What entry scripts share: arguments that several take, and how a command ends.

A LetheError is one message and exit code 1; anything else keeps its traceback.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lethe.core.errors import LetheError

DECIDES_NO_RESULT = "names arguments and turns errors into exit codes"

DataFolder = Annotated[Path, typer.Option(help="folder with train.npy, train.parquet, test.npy, test.parquet")]
Regime = Annotated[str, typer.Option(help="a file of lethe/regimes/kinds")]
RegimeName = Annotated[str, typer.Option(help="the regime's name in the study, by default its file's")]
RegimeOptions = Annotated[str, typer.Option(help="the regime's options as JSON")]
Model = Annotated[str, typer.Option(help='architecture as JSON: {"name": ..., "options": {...}}')]
Seeds = Annotated[str, typer.Option(help="first and last seed: 0-4")]
Labelled = Annotated[Path | None, typer.Option(help="images whose labels a regime may use that uses some")]
Attempt = Annotated[int, typer.Option(help="from 2 on, a seed that is known to diverge is not trained again")]
Method = Annotated[str, typer.Option(help="the configured name")]
Plugin = Annotated[str | None, typer.Option(help="file in compress/methods/, by default the method's name")]
Level = Annotated[str, typer.Option(help="as it stands in the path: 0.90")]
Channels = Annotated[Path | None, typer.Option(help="coupled channels; without it the network is traced")]


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
