"""The command `lethe`: one sub-command for each thing that a person asks of a study."""

# ruff: noqa: E402 (nothing may be imported before that)
from lethe.run.own_modules import forget_foreign_modules

forget_foreign_modules()

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli

app = cli.group(
    """Lethe: which images does a neural network forget when it is compressed?

    A study is one YAML file such as config.yaml or studies/smoke.yaml; everything made from it goes to results/NAME/.
    results/ and all other paths are those of the folder in which lethe is called, which may be any folder. First steps:
    lethe config, lethe plan, lethe run, lethe status.
    """
)

Config = Annotated[Path, typer.Option(metavar="FILE", help="The study: a YAML file.")]
Profile = Annotated[
    Path, typer.Option(metavar="FOLDER", help="Where jobs run: profiles/local here, profiles/slurm on a cluster.")
]
DEFAULT_CONFIG, LOCAL, SLURM = Path("config.yaml"), Path("profiles/local"), Path("profiles/slurm")


@app.command()
def run(
    config: Config = DEFAULT_CONFIG,
    profile: Profile = LOCAL,
    warm_starts: Annotated[
        bool, typer.Option(help="Fork jobs from a process that has imported their packages.")
    ] = True,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace networks that another config of the same study: made.")
    ] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read all images and weights again, whatever their sizes and times say.")
    ] = False,
) -> None:
    """Run a study: every job whose result is missing or out of date.

    Writes results/NAME/, ends with the headlines and the place of the report. It may be stopped at any time (Ctrl-C);
    the same command then starts what is missing, and a training goes on from its last saved epoch. Without a terminal
    it writes a line a minute. Refuses to start while another run is alive in this folder, and where it would replace
    networks that another file with the same `study:` made.

    Images, weights and other files that the config names are compared with those that were read: what depends on a file
    that has changed runs again. `lethe accept` keeps the results instead.

    Example: lethe run --config studies/smoke.yaml
    """
    from lethe.run.start import run_study

    typer.echo(run_study(config, profile, is_warm=warm_starts, is_to_replace=replace, is_reread=reread))


@app.command()
def plan(
    config: Config = DEFAULT_CONFIG,
    profile: Annotated[Path, typer.Option(metavar="FOLDER", help="Whose profile says which jobs get a GPU.")] = SLURM,
) -> None:
    """Say which jobs a run would start now, how many of them want a GPU, and what they will take.

    Time and disk are those of the study's finished jobs; what none has told yet is called unknown. Starts no job and
    writes no result; may be called while a study runs.

    Example: lethe plan --config studies/fashion_mnist.yaml
    """
    from lethe.run.inputs import input_warnings
    from lethe.run.plan import plan_study
    from lethe.study.config_file import read_study_file

    typer.echo(plan_study(config, profile))
    for warning in input_warnings(read_study_file(config)):
        typer.echo(f"warning: {warning}", err=True)


@app.command()
def verify(
    config: Config = DEFAULT_CONFIG,
    profile: Profile = LOCAL,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make again exactly what is wrong.")] = False,
    names_all: Annotated[bool, typer.Option("--all", help="Name everything that is wrong, not the first 20.")] = False,
) -> None:
    """Say which files of a study are whole, of its config and of this code.

    Reads all of them, and compares each with the checksum in it and with what its record says of options, code and the
    files that it was made from, whatever times say and whatever Snakemake remembers. Writes nothing without --rebuild.
    Ends with exit code 1 where a file is missing, damaged or out of date.

    Example: lethe verify --config studies/smoke.yaml
    """
    from lethe.run.verify import rebuild_study, verify_study

    if rebuild:
        typer.echo(rebuild_study(config, profile))
    found = verify_study(config)
    typer.echo(found.told(shows_all=names_all))
    if not found.is_fine:
        raise typer.Exit(1)


@app.command()
def status(config: Config = DEFAULT_CONFIG) -> None:
    """Show what is done: one line per cell, and how far running jobs are.

    Cells are done, running, missing, in part, damaged, stale (made with other options or code, or from other files),
    orphaned (the config no longer asks for their files: lethe prune) or replaced (another config of the same name has
    made its own in their place). Warns of results made with other versions of packages, of what was found in the
    images, and of images and weights that differ from those that were read. Writes nothing; may be called while a study
    runs.

    Example: lethe status --config studies/smoke.yaml
    """
    from lethe.run.findings import wrong_now
    from lethe.run.inputs import input_warnings
    from lethe.run.status import stages_of, told_of_images
    from lethe.run.status_table import print_status
    from lethe.study.config_file import read_study_file
    from lethe.study.grid import Grid
    from lethe.study.origin import config_name, replaced_files

    study = read_study_file(config)
    grid = Grid(study)
    print_status(stages_of(grid), told_of_images(grid), replaced_files(grid, config_name([config])), wrong_now(config))
    for warning in input_warnings(study):
        typer.echo(f"warning: {warning}")


@app.command()
def prune(
    config: Config = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them, too.")] = False,
) -> None:
    """Show the files that a study no longer asks for; with --yes remove them.

    They are of levels, methods, regimes, seeds and measures that the config no longer has: networks, measures, PIE
    sets, tables, figures, logs. Writes nothing, and without --yes removes nothing. What the config asks for stays, and
    what Lethe did not write. Refuses while a run is alive in this folder.

    Example: lethe prune --config studies/smoke.yaml --yes
    """
    from lethe.run.prune import prune_study

    typer.echo(prune_study(config, is_sure=yes))


@app.command()
def accept(config: Config = DEFAULT_CONFIG) -> None:
    """Keep a study's results although images, weights or other files that it has read have changed.

    Takes the files as they are now for those that the results were made from, so that the next run makes nothing anew
    because of them; a change after that counts again. For a change that decides nothing, such as other metadata in
    files whose pixels are the same. Writes no result.

    Example: lethe accept --config studies/own_images.yaml
    """
    from lethe.run.inputs import accept_inputs

    typer.echo(accept_inputs(config))


@app.command()
def export(
    cell: Annotated[str, typer.Option(metavar="REGIME/METHOD/LEVEL", help="Which cell: supervised/fold/0.50.")],
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Which of the cell's networks.")] = 0,
    config: Config = DEFAULT_CONFIG,
    profile: Profile = LOCAL,
) -> None:
    """Write one network of a study for other programs.

    Writes a state dict (safetensors), a torch.export program, an ONNX graph and a record to results/NAME/export/, after
    running what the network still needs. Each file is loaded again and compared with the network on real images.

    Example: lethe export --cell supervised/fold/0.50 --seed 3
    """
    from lethe.run.start import export_network

    typer.echo(export_network(cell, seed, config, profile))


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The study's results: results/NAME, or a copy.")],
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The study: a YAML file. By default study.yaml in FOLDER, or studies/NAME."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to write it. By default into the results themselves.")
    ] = None,
) -> None:
    """Make the report of a finished study again, from its files alone.

    Writes tables/, figures/, report.html and headlines.txt. Trains and measures nothing, needs neither Snakemake nor
    torch: enough for results that were made elsewhere.

    Example: lethe report results/digits --output somewhere/else
    """
    from lethe.run.report import make_report

    typer.echo(make_report(folder, config, output))


@app.command()
def config(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The study: a YAML file.")] = DEFAULT_CONFIG,
    known: Annotated[
        bool, typer.Option("--known", help="List what a config can name instead: data sets, models, methods, ...")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of a study for editors instead.")
    ] = False,
    keys: Annotated[bool, typer.Option("--keys", help="Print a page about every key instead, as markdown.")] = False,
    options: Annotated[
        bool, typer.Option("--options", help="Print a page about every plug-in and its options instead, as markdown.")
    ] = False,
) -> None:
    """Check a study's file and say in plain words what the study will be.

    A wrong key, name or option is told with what is allowed and the nearest known name. Starts nothing, and writes no
    result.

    Example: lethe config studies/smoke.yaml
    """
    from lethe.run.checked import checked_study
    from lethe.run.description import described
    from lethe.run.known import known_plugins
    from lethe.run.reference import config_keys, option_reference
    from lethe.run.schema import study_schema
    from lethe.study.grid import Grid

    pages = ((known, known_plugins), (schema, study_schema), (keys, config_keys), (options, option_reference))
    page = next((page for is_asked, page in pages if is_asked), None)
    typer.echo(described(Grid(checked_study(file))) if page is None else page().rstrip("\n"))


def main() -> None:
    """What the console command calls."""
    from lethe.run import environment

    environment.take_on()
    cli.run(app)
