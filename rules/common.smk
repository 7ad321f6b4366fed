# Grid, validation and code version: what every other rule file uses.
import sys
from pathlib import Path

sys.path.insert(0, str(LETHE / "workflow/scripts"))

from lethe.core import registry
from lethe.study.config import read_study
from lethe.study.config_file import shown_path
from lethe.study.given import given_to_module, given_values
from lethe.core.errors import LetheError
from lethe.study.grid import Cell, Grid
from lethe.data.watch import DATASET, watch
from lethe.study.precheck import check_device, named_files, precheck_options
from lethe.core.splits import CORRUPTED, VALIDATION, is_corrupted
from lethe.report import contents
from lethe.run import environment
from lethe.run.by_content import decide_by_content
from lethe.run.pulse import tell_each_minute
from lethe.run.scheduling import end_without_waiting, look_once_at_a_time
from lethe.run.warm_starts import jobs_of_group, start_in_allocation
from lethe.store.records import manifest_beside
from lethe.study import paths, sources
from lethe.study.entry import entry_scripts
from lethe.study.needs import needed_files, own_files
from lethe.study.older_keys import older_keys
from lethe.study.origin import config_name, record_origin, refuse_replacing
from lethe.study.paths import CHANNELS, CHECKED, CHECKPOINT, DENSE_CHECKPOINT, LABELLED, TWIN
from lethe.study import remembered_code
from lethe.study.requests import request_of
from lethe.study.results import NEEDED_BY_PIES, STAGES, needed_results, result

environment.take_on()
start_in_allocation(sys.argv)

# What a person should know of a job that went well is said at once, and stands in its log.
TELL_WARNINGS = " && {{ grep '^warning: ' {log:q} >&2 || true; }}"

CONFIG_FILES = workflow.config_settings.configfiles or workflow.configfiles
GIVEN_BY = " + ".join(shown_path(file) for file in CONFIG_FILES) or "the config of the module"
CONFIG_NAME = config_name(CONFIG_FILES) or GIVEN_BY

# Snakemake's own reader passes over much that ours refuses, so the files are read again.
OWN = {(LETHE / place).resolve() for place in ("Snakefile", "workflow/Snakefile")}
IS_MODULE = Path(workflow.main_snakefile).resolve() not in OWN

try:
    GIVEN = (
        given_to_module(config, workflow.configfiles)
        if IS_MODULE
        else given_values(CONFIG_FILES, workflow.config_settings.config_args or [])
    )
    STUDY = read_study(GIVEN, where=GIVEN_BY)
    if workflow.is_main_process:
        NAMED_FILES = precheck_options(STUDY, where=GIVEN_BY, cache=Path(CHECKED))
        if "--unlock" not in sys.argv:
            refuse_replacing(Grid(STUDY), CONFIG_NAME)
        for sentence in (*older_keys(GIVEN), *watch(STUDY, NAMED_FILES)):
            print(f"warning: {sentence}", file=sys.stderr)
    else:
        NAMED_FILES = named_files(STUDY, cache=Path(CHECKED))
except LetheError as error:
    # If it were raised, Snakemake would wrap the message in the place in this file where it was raised.
    sys.exit(f"{error}\nNothing was started.")

grid = Grid(STUDY)
decide_by_content(workflow, STUDY.study)

SCRIPTS = entry_scripts(LETHE)
# Snakemake gives a job that asks for more as many as there are.
MORE_CORES_THAN_ANY = 4096
# What Snakemake sets to the number of cores that a job asks for.
THREADS_OF_JOB = [
    *(f"{library}_NUM_THREADS" for library in ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")),
    "VECLIB_MAXIMUM_THREADS",
]
PYTHON_OF_ONE_THREAD = " ".join([*(f"{variable}=1" for variable in THREADS_OF_JOB), "python"])
# How many figures are drawn at a time; one where other users compute as well, on the first node of a cluster.
CORES_OF_FIGURES = 4 if workflow.local_exec else 1
STUDY_FOLDER = paths.STUDY
CURVES = f"{STUDY_FOLDER}/{result('curves').path}"
PREDICTIONS = f"{STUDY_FOLDER}/{result(NEEDED_BY_PIES).path}"
TREATED_METHODS = sorted({cell.method for cell in grid.treated_cells})
ANY_METHOD = "|".join(["dense", *STUDY.compression, *TREATED_METHODS])
MODEL_FILE = sources.of_model(grid)
VALIDATION_FILES = [
    f"{STUDY_FOLDER}/data/{VALIDATION}{ending}" for ending in (".npy", ".parquet") if VALIDATION in STUDY.dataset.splits
]
# Where GPUs are counted per job, a group asks for one, and those of its jobs that need it take turns. Snakemake would add
# them up, and it tells a job on a node nothing of what a profile limits.
if workflow.resource_scopes.is_local("gpu"):
    workflow.global_resources["gpu"] = 1
# `group-components: [block=10]` is of each block's groups, so that no group waits for the training of two.
for regime in STUDY.regimes:
    workflow.parent_groupids[f"cell_{regime}"] = "cell"
    workflow.parent_groupids.update({f"block_{regime}_{block}": "block" for block in grid.blocks})


wildcard_constraints:
    study=STUDY.study,
    regime="|".join(STUDY.regimes),
    method=ANY_METHOD,
    level=r"\d+(\.\d+)?",
    block=r"\d+-\d+",
    split=CORRUPTED.format(corruption="[a-z_]+", severity="[1-5]") + "|train|validation|test",
    corruption="[a-z_]+",
    severity="[1-5]",


def code_version(*files):
    """The version of a job's code, and the files of which it is, as words of the command: the job looks again."""
    return f"{remembered_code.code_version(*files)} --code-files {','.join(files)}"


def named_arguments(wc, input):
    """State files of what the config names, as words of a command: what they say stands in the record."""
    return [f"--named {path}" for path in input.named]


def asked(rule):
    """What a rule's job asks for beside its core: more memory at every attempt; a GPU if the study may compute on one."""
    request = request_of(rule, STUDY.device)
    return request | {"mem_mb": lambda wc, attempt: attempt * request["mem_mb"]}


def refuse_missing_device():
    """Before the first job of a run whose jobs are of this machine; only then it is known where they will be."""
    if workflow.local_exec and not workflow.touch:
        try:
            check_device(STUDY, where=GIVEN_BY)
        except LetheError as error:
            sys.exit(f"{error}\nNothing was started.")


def none_of(names):
    """Names as a wildcard constraint; no name at all must match nothing."""
    return "|".join(names) or "(?!)"


def channels_for(method):
    """The coupled channels, for methods that remove or merge channels; nothing for the others."""
    wanted = method in STUDY.compression and registry.literal(
        registry.METHODS, grid.plugin(method), "channels", default=False
    )
    return [grid.named(CHANNELS)] if wanted else []


def files_named_by(*parts):
    """State files of the parts of the config whose options name files: changed files are read again."""
    return [grid.named(paths.INPUTS).format(part=part) for part in parts if part in NAMED_FILES]


def predictions_of(cell, wc):
    """Files of a cell's predictions, one per block of seeds."""
    known = {"regime": cell.regime, "method": cell.method, "level": cell.level, "split": wc.split, "study": wc.study}
    return [PREDICTIONS.format(**known, block=block) for block in grid.blocks]


def reference_of(wc):
    """Predictions of what a cell is compared with, where that is not the dense cell."""
    cell = grid.reference(Cell(wc.regime, wc.method, wc.level))
    return [] if cell.is_dense else predictions_of(cell, wc)


def validation_arguments(files):
    """How many images are set aside, and where they are written, as arguments."""
    return ["--validation-size", STUDY.dataset.validation_size, "--validation", *files] if files else []


def attribute_arguments(files):
    """The user's table of attributes, and where those of the splits are written, as arguments."""
    own = [] if STUDY.dataset.attributes is None else [f"--attributes={STUDY.dataset.attributes}"]
    return [*own, *(f"--attribute-table={path}" for path in files)]


def labels_arguments():
    """How many labels are drawn, as arguments; none where no regime needs them."""
    asked = {} if STUDY.labels is None else STUDY.labels.model_dump(exclude_none=True, exclude_defaults=True)
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in asked.items())


def labelled_for(regime, block):
    """The images whose labels a regime may use, for regimes that use some."""
    return [grid.named(LABELLED).format(block=block)] if grid.needs_labelled(regime) else []


def part_for(block):
    """The images on which each seed is trained, where these are not all."""
    return [] if STUDY.seeds.share is None else [grid.named(paths.PARTS).format(block=block)]


def any_labelled(block):
    """The labelled images of a block, where any regime uses some."""
    needs = any(grid.needs_labelled(regime) for regime in STUDY.regimes)
    return [grid.named(LABELLED).format(block=block)] if needs else []


def files_for(name):
    """Input function of a measure."""
    return lambda wc: [path for files in needed_files(name, grid, dict(wc.items())).values() for path in files.paths]


def words_for(name):
    """The same files as words of the measure's command."""
    return lambda wc: [
        f"{need}={files.word}" for need, files in needed_files(name, grid, dict(wc.items())).items() if files.word
    ]


def options_for(name):
    """A measure's options, as a function: Snakemake fills in braces of a parameter that is a text."""
    return lambda wc: grid.measure_options(name)


def model_for(name):
    """The architecture, for a measure that builds networks."""
    is_needed = "model" in registry.literal(registry.MEASURES, name, "needs")
    return lambda wc: grid.model() if is_needed else ""


def flags_of(form):
    """What a file is of, as options of the measure's command."""
    return lambda wc: [f"--{name} {wc[name]}" for name in ("split", "block") if f"{{{name}}}" in form.path]


def block_group(wc):
    """On a cluster, short jobs on one block of a regime's cells share jobs, but those on corrupted images."""
    return None if is_corrupted(wc.get("split", "test")) else shared_job("block", f"{wc.regime}_{wc.block}")


def cell_group(wc):
    """On a cluster, short jobs on all blocks of a cell share jobs with those of other cells of the regime."""
    return shared_job("cell", wc.regime)


def shared_job(parent, name):
    """The group of this name where jobs are sent away; here jobs would share nothing."""
    if workflow.local_exec:
        return None
    if jobs_of_group(sys.argv):
        # A Slurm job begins with a Snakemake that is told nothing of components. It would run what came as one group in
        # parts, each in a step of its own with another Snakemake. Snakemake forgets what is set while rules are read.
        workflow.group_settings.group_components = {parent: sys.maxsize}
    return f"{parent}_{name}"


def group_of(name):
    """The group of a measure's jobs, where they are made from a cell's networks alone.

    Those that compare networks of several cells stay alone, among them latency, which others beside it would disturb.
    """
    compares = {"dense", "twins"} & set(registry.literal(registry.MEASURES, name, "needs"))
    is_alone = compares or needed_results(name)
    return None if is_alone else {"block": block_group, "cell": cell_group}.get(result(name).of)


def is_alone(name):
    """Whether other jobs on the machine would change what a measure measures."""
    return registry.literal(registry.MEASURES, name, "alone", default=False)


def cores_of(name):
    """One core; every core for a measure that is to be alone, so that Snakemake starts nothing beside it here."""
    return MORE_CORES_THAN_ANY if is_alone(name) and workflow.local_exec else 1


def start_of(name):
    """How a measure's job is started: with one thread, where it has every core only so that it is alone."""
    return PYTHON_OF_ONE_THREAD if is_alone(name) and workflow.local_exec else "python"


def node_of(name):
    """What a measure asks of Slurm beside its request: a node for itself, where it is to be alone."""
    return {"slurm_extra": "--exclusive"} if is_alone(name) and not workflow.local_exec else {}


def log_of(path):
    """A measure's path without the folders that its log's folder says already."""
    return Path(path).with_suffix("").as_posix().removeprefix("measures/").partition("/")[2]


def manifest_of(pattern):
    """What lists the digests of files that have no record."""
    return manifest_beside(Path(pattern)).as_posix()
