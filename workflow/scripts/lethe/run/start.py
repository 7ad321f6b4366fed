"""What starts jobs: a whole study, or the export of one of its networks."""

import os
import shutil
import sys
from pathlib import Path

from lethe.core.errors import RunFailed
from lethe.data.watch import forget
from lethe.run.checked import startable_study
from lethe.run.findings import Finding, look_at, told
from lethe.run.single_run import clear_stale_lock, found_profile, run_snakemake, sole_run, workflow_arguments
from lethe.study.config_file import read_profile, read_study_file
from lethe.study.grid import Grid
from lethe.study.origin import REPLACE, config_name, record_origin
from lethe.study.paths import CHECKED, EXPORT, IMAGES_AND_EXAMPLES
from lethe.study.precheck import named_files

_LITTLE_ROOM = 5_000_000  # bytes, in which nothing can be done


def run_study(
    config: Path, profile: Path, *, is_warm: bool = True, is_to_replace: bool = False, is_reread: bool = False
) -> str:
    """Run what is missing of a study; returns its headlines, and where the report is.

    Args:
        is_warm: jobs start warm, see `warm_starts`.
        is_to_replace: networks that another config of the same name made may be replaced.
        is_reread: the data set is read again, and every file that the config names, whatever its size and times say.
    Raises:
        ConfigError: the config is wrong, would replace the networks of another, or there is no workflow.
        BusyError: another run is alive.
        RunFailed: a job failed.
    """
    workflow = workflow_arguments(Path(), profile)
    if is_to_replace:
        os.environ[REPLACE] = "1"
    study = startable_study(config)
    reread = []
    if is_reread:
        forget(study, named_files(study, cache=Path(CHECKED)))
        reread = ["--forcerun", IMAGES_AND_EXAMPLES.format(study=study.study, split="train", ending=".npy")]
    with sole_run(Path()):  # a run that is alive changes what a look would see, and is told of first
        clear_stale_lock(Path())
    is_finished = _restore(study.study, config, profile, workflow, is_warm=is_warm) and not reread
    if is_finished:
        print("Nothing is left to do.", file=sys.stderr)
    else:
        _snakemake([], config, profile, [*workflow, *reread], is_warm=is_warm)
    record_origin(Grid(study), config_name([config]))  # Snakemake tells of no run in which nothing is left to do
    results = Path("results") / study.study
    return f"{(results / 'headlines.txt').read_text(encoding='utf-8')}\nThe report: {results / 'report.html'}"


def _restore(study: str, config: Path, profile: Path, workflow: list[str], *, is_warm: bool) -> bool:
    """Make again what was there and is damaged or gone, before other files are judged by it.

    A file that is as it was makes nothing that was made from it out of date; and what is damaged is found before
    Snakemake removes a good result that was to be made anew from it.

    Returns: whether nothing is left to do.
    """
    if not Path("results", study).is_dir():
        return False
    before: list[Finding] = []
    while lost := (look := look_at(config, workflow)).lost:
        # One round for what is made from whole files, the next for what is made from that.
        now = [finding for finding in lost if not finding.waits]
        if now == before:
            raise RunFailed(f"made again, and still not whole: {now[0].reason}; check the disk that it lies on")
        print("Making again what is damaged or missing:", *told(now), sep="\n  ", file=sys.stderr, flush=True)
        _snakemake([path for finding in now for path in finding.outputs], config, profile, workflow, is_warm=is_warm)
        before = now
    return look.is_finished


def export_network(cell: str, seed: int, config: Path, profile: Path) -> str:
    """Export one network of a study, after running what that needs; returns where its files are.

    Args: cell: `regime/method/level`, such as `supervised/fold/0.50`.
    Raises:
        ConfigError: the study has no such cell or seed, its config is wrong, or there is no workflow.
        BusyError: another run is alive.
        RunFailed: a job failed.
    """
    workflow = workflow_arguments(Path(), profile)
    grid = Grid(read_study_file(config))
    chosen = grid.cell_of(cell)
    grid.block_of(seed)
    startable_study(config)
    named = {"regime": chosen.regime, "method": chosen.method, "level": chosen.level}
    folder = EXPORT.format(study=grid.study.study, **named, seed=seed)
    _snakemake([f"{folder}/export.json"], config, profile, workflow)
    return f"The exported network: {folder}"


def _snakemake(targets: list[str], config: Path, profile: Path, workflow: list[str], *, is_warm: bool = True) -> None:
    """Let Snakemake make the targets, by default everything, and refuse to go on if it did not."""
    # A profile that only Snakemake finds may run jobs anywhere.
    settings = found_profile(profile, Path()) / "config.yaml"
    is_here = settings.is_file() and read_profile(settings).get("executor", "local") == "local"
    arguments = [*targets, "--configfile", str(config), *workflow]
    if run_snakemake(arguments, Path(), is_warm=is_warm, is_here=is_here) != 0:
        is_full = shutil.disk_usage(Path()).free < _LITTLE_ROOM
        why = "there is no room left on the disk" if is_full else "see the messages above"
        raise RunFailed(f"the run ended early, {why}; finished jobs are kept, and the same command goes on")
