"""What `make licences`, `make sbom` and `make audit` run: what Lethe is made of, and what is known of it."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.run import audit as audits
from lethe.run.bill_of_materials import bill_of_materials
from lethe.run.licences import licence_table, packages

app = cli.group("Licences, bill of materials and known vulnerabilities of the packages of requirements.lock.")

Lock = Annotated[Path, typer.Option(help="the packages: requirements.lock")]
LOCK, PROJECT = Path("requirements.lock"), Path("pyproject.toml")


@app.command()
def licences(*, lock: Lock = LOCK) -> None:
    """Print the licence of every package; fail where one is unknown or not allowed."""
    typer.echo(licence_table(packages(lock)))


@app.command()
def bill(*, lock: Lock = LOCK, project: Annotated[Path, typer.Option(help="what the bill is of")] = PROJECT) -> None:
    """Print the bill of materials, as CycloneDX in JSON."""
    typer.echo(bill_of_materials(lock, project), nl=False)


@app.command()
def audit(*, lock: Lock = LOCK, program: Annotated[Path, typer.Option(help="pip-audit")]) -> None:
    """Say whether a package has a known vulnerability."""
    typer.echo(audits.audit(lock, program))


if __name__ == "__main__":
    cli.run(app)
