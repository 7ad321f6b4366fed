# Grid, validation and code version: what every other rule file uses.
import sys
import json
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow/scripts"))

from lethe.core import registry
from lethe.core.code_version import code_version
from lethe.study.config import read_study
from lethe.study.config_file import shown_path
from lethe.core.errors import LetheError
from lethe.study.grid import Grid
from lethe.study.precheck import precheck_options
from lethe.core.splits import CORRUPTED
from lethe.report import contents
from lethe.study import paths, sources
from lethe.study.needs import needed_files, own_files
from lethe.study.paths import CHANNELS, CHECKED, CHECKPOINT, DENSE_CHECKPOINT, LABELLED, TWIN
from lethe.study.results import STAGES, result
from lethe.study.view_steps import DEFAULT_NAMES, view_names

CONFIG_FILES = " + ".join(shown_path(file) for file in workflow.config_settings.configfiles) or "config.yaml"

try:
    STUDY = read_study(config, where=CONFIG_FILES)
    if workflow.is_main_process:
        precheck_options(STUDY, where=CONFIG_FILES, cache=Path(CHECKED))
except LetheError as error:
    # If it were raised, Snakemake would wrap the message in the place in this file where it was raised.
    sys.exit(f"{error}\nNothing was started.")

grid = Grid(STUDY)

STUDY_FOLDER = paths.STUDY
EVALUATION = f"{STUDY_FOLDER}/{result('predictions').path}"
CURVES = f"{STUDY_FOLDER}/{result('curves').path}"
ANY_METHOD = "|".join(["dense", *STUDY.compression])
MODEL_FILE = f"lethe/networks/families/{STUDY.model.name}.py"


wildcard_constraints:
    study=STUDY.study,
    regime="|".join(STUDY.regimes),
    method=ANY_METHOD,
    level=r"\d+(\.\d+)?",
    block=r"\d+-\d+",
    split=CORRUPTED.format(corruption="[a-z_]+", severity="[1-5]") + "|train|test",
    corruption="[a-z_]+",
    severity="[1-5]",


def asked(mem_mb=2000, runtime=30, gpu=0):
    """What a job asks for beside its core; a GPU only in a study that may compute on one."""
    return {"mem_mb": mem_mb, "runtime": runtime} | ({"gpu": gpu} if gpu and STUDY.device != "cpu" else {})


def none_of(names):
    """Names as a wildcard constraint; no name at all must match nothing."""
    return "|".join(names) or "(?!)"


def channels_for(method):
    """The coupled channels, for methods that remove or merge channels; nothing for the others."""
    wanted = registry.literal(registry.METHODS, grid.plugin(method), "channels", default=False)
    return [grid.named(CHANNELS)] if wanted else []


def labels_arguments():
    """How many labels are drawn, as arguments; none where no regime needs them."""
    asked = {} if STUDY.labels is None else STUDY.labels.model_dump(exclude_none=True)
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in asked.items())


def labelled_for(regime, block):
    """The images whose labels a regime may use, for regimes that use some."""
    return [grid.named(LABELLED).format(block=block)] if grid.needs_labelled(regime) else []


def view_files(steps):
    """Files of views that a config names, and of those that regimes choose by themselves."""
    return [f"lethe/data/views/{name}.py" for name in sorted({*view_names(steps), *DEFAULT_NAMES})]


def regime_files(regime):
    """Files that decide how a regime trains: its own and its views'."""
    options = STUDY.regime_options(regime)
    steps = [step for key, value in options.items() if key.endswith("views") for step in value or []]
    return [f"lethe/regimes/kinds/{grid.regime_plugin(regime)}.py", *view_files(steps)]


def finetune_files(method, regime):
    """Files that decide how compressed networks are trained on, for methods that are told to."""
    is_told = STUDY.method_options(method, regime).get("finetune_epochs", 0)
    return ["lethe/regimes/kinds/supervised.py", *view_files([])] if is_told else []
