"""What entry scripts share: arguments that several take, and how a command ends.

A LetheError is one message and exit code 1; anything else keeps its traceback.
"""

import errno
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from lethe.core.errors import LetheError

DECIDES_NO_RESULT = "names arguments and turns errors into exit codes"

_RIGHTS = "ask for the right to read and write there, or work in a folder of your own"
_ROOM = "make room and run the same command again; what was finished is kept, and nothing is left half written"
_WAYS_OUT = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EROFS: "nothing can be written there: work in another folder",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENAMETOOLONG: "give the study, the method or the folder a shorter name",
    errno.ELOOP: "a link stands where a file of Lethe's own is to be; remove the link",
    errno.EIO: "the disk answers with errors: check it, and run the same command again",
    errno.EXDEV: "this file system gives no file of a folder a new name there: work in a folder of another one",
    errno.ESTALE: "the file server has lost the file: run the same command again",
    errno.EMFILE: "too many files are open: raise `ulimit -n`",
    errno.ENFILE: "too many files are open on this machine: wait until others have ended",
}

DataFolder = Annotated[Path, typer.Option(help="folder with train.npy, train.parquet, test.npy, test.parquet")]
Regime = Annotated[str, typer.Option(help="a file of lethe/regimes/kinds")]
RegimeName = Annotated[str, typer.Option(help="the regime's name in the study, by default its file's")]
RegimeOptions = Annotated[str, typer.Option(help="the regime's options as JSON")]
Model = Annotated[str, typer.Option(help='architecture as JSON: {"name": ..., "options": {...}}')]
Seeds = Annotated[str, typer.Option(help="first and last seed: 0-4")]
Labelled = Annotated[Path | None, typer.Option(help="images whose labels a regime may use that uses some")]
Part = Annotated[Path | None, typer.Option(help="images on which each seed is trained, where these are not all")]
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")  # a name that a terminal cannot show stops nothing
    try:
        program()
    except (LetheError, OSError) as error:
        told = str(error) if isinstance(error, LetheError) else trouble(error)
        if told is None:
            raise
        print(f"error: {told}", file=sys.stderr)
        sys.exit(1)


def trouble(error: OSError) -> str | None:
    """What a disk, a file system or its rights do not let happen, with the way out; nothing for any other error."""
    way_out = _WAYS_OUT.get(error.errno or 0)
    if way_out is None:
        return None
    named = [str(name) for name in (error.filename, error.filename2) if name is not None]
    place = f"{' and '.join(named)}: " if named else ""
    return f"{place}{error.strerror or error}; {way_out}"


def group(summary: str) -> typer.Typer:
    """A program of several commands; called without one, it prints its help."""
    return typer.Typer(
        help=summary,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        rich_markup_mode="markdown",  # fills the lines of a paragraph anew
    )
