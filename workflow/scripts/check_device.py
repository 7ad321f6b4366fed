"""Check that a study's device is there, on the machine that is to run its jobs."""

from typing import Annotated

import typer

from lethe.core import cli
from lethe.core.errors import ConfigError
from lethe.networks.compute import choose_compute


def main(
    device: Annotated[str, typer.Argument(help="auto, cpu, cuda or mps")],
    *,
    where: Annotated[str, typer.Option(help="file that it came from, for messages")],
) -> None:
    """Exit with 1 and a sentence if this machine has none."""
    try:
        choose_compute(device, "fp32")
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


if __name__ == "__main__":
    cli.run(main)
