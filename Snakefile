"""Lethe: which images does a neural network forget when it is compressed? The contents page of the workflow."""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27.1")

# Where this file lies; the main Snakefile may be another one, elsewhere, that uses this workflow as a module.
LETHE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
if not (LETHE / "workflow/scripts/lethe").is_dir():
    sys.exit("Lethe's rules need the library beside them: clone the repository, and name the Snakefile of the clone.")
if {"{", "}"} & set(str(LETHE)):
    sys.exit(f"Lethe lies in {LETHE}: Snakemake fills in braces of a path; give the folder a name without them.")


report: "workflow/report/workflow.rst"


# Snakemake merges --configfile into a config that is already loaded, so the default is read only without one.
if not workflow.config_settings.configfiles:
    if not config and not Path("config.yaml").is_file():
        sys.exit(f"There is no config.yaml in {Path.cwd()}; name a study's file: --configfile FILE")

    configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/generalisation.smk"
include: "rules/compress.smk"
include: "rules/measure.smk"
include: "rules/export.smk"
include: "rules/pies.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        # Every cell by name: with the report alone, a new cell would go unseen once .snakemake/ is lost.
        measures=[path for name in STUDY.asked_measures for path in own_files(result(name), grid).paths],
        pies=own_files(STAGES["pies"], grid).paths,
        report=grid.named(paths.REPORT),


onstart:
    refuse_missing_device()
    look_once_at_a_time(workflow.scheduler)
    end_without_waiting(workflow.scheduler)
    record_origin(grid, CONFIG_NAME)
    tell_each_minute(workflow, STUDY.study)
