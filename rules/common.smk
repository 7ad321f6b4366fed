# Grid, validation and code version: what every other rule file uses.
import sys
import json
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow/scripts"))

from lethe.core import registry
from lethe.core.code_version import code_version
from lethe.study import sources
from lethe.study.config import read_study
from lethe.study.config_file import shown_path
from lethe.core.errors import LetheError
from lethe.study.grid import Grid
from lethe.study.precheck import precheck_options
from lethe.core.splits import CORRUPTED

CONFIG_FILES = " + ".join(shown_path(file) for file in workflow.config_settings.configfiles) or "config.yaml"

try:
    STUDY = read_study(config, where=CONFIG_FILES)
    if workflow.is_main_process:
        precheck_options(STUDY, where=CONFIG_FILES, cache=Path(".snakemake/lethe/checked"))
except LetheError as error:
    # If it were raised, Snakemake would wrap the message in the place in this file where it was raised.
    sys.exit(f"{error}\nNothing was started.")

grid = Grid(STUDY)

DENSE_CHECKPOINT = "results/{study}/checkpoints/{regime}/dense/0/seeds{block}.safetensors"
CHECKPOINT = "results/{study}/checkpoints/{regime}/{method}/{level}/seeds{block}.safetensors"
EVALUATION = "results/{study}/evaluations/{regime}/{method}/{level}/{split}/seeds{block}.parquet"
COST = "results/{study}/cost/{regime}/{method}/{level}/seeds{block}.parquet"
LATENCY = "results/{study}/cost/{regime}/{method}.latency.parquet"
CURVES = "results/{study}/curves/{regime}/seeds{block}.parquet"
TWIN = "results/{study}/generalisation/{regime}/{twin}/seeds{block}.safetensors"
GENERALISATION = "results/{study}/generalisation/{regime}/seeds{block}.parquet"
LABELLED = "results/{study}/labelled/seeds{block}.parquet"
PROBES = "results/{study}/probes/{regime}/seeds{block}.parquet"
# No regime can have a name with a dot in it.
BASELINES = "results/{study}/probes/baselines.{part}.parquet"
CHANNELS = "results/{study}/channels.json"
PIES = "results/{study}/pies/{regime}/{method}/{level}/{split}.parquet"
MODEL_FILE = sources.of_model(grid)


wildcard_constraints:
    study=STUDY.study,
    regime="|".join(STUDY.regimes),
    method="|".join(["dense", *STUDY.compression]),
    level=r"\d+(\.\d+)?",
    block=r"\d+-\d+",
    split=CORRUPTED.format(corruption="[a-z_]+", severity="[1-5]") + "|train|test",
    corruption="[a-z_]+",
    severity="[1-5]",


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


def twins_for(regime, block):
    """The networks of a regime's twins, for blocks of seeds that have twins."""
    return [grid.named(TWIN).format(regime=regime, twin=twin, block=block) for twin in grid.twins_of(block)]
