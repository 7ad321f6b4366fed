# Grid, validation and code version: what every other rule file uses.
import sys
import json
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow/scripts"))

from lethe.core import registry
from lethe.core.code_version import code_version
from lethe.core.config import read_study
from lethe.core.config_file import shown_path
from lethe.core.errors import LetheError
from lethe.core.grid import Grid
from lethe.core.precheck import precheck_options

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
CHANNELS = "results/{study}/channels.json"
PIES = "results/{study}/pies/{regime}/{method}/{level}/{split}.parquet"
MODEL_FILE = f"lethe/models/{STUDY.model.name}.py"


def reading_none_of(left_out, room):
    """Names of a room of the report, less those that read something which this study leaves out."""
    return [name for name in registry.names(room) if not left_out & set(registry.literal(room, name, "reads"))]


TABLES = reading_none_of(set() if STUDY.cost.latency else {"latency"}, "report/tables")
FIGURES = reading_none_of(set(registry.names("report/tables")) - set(TABLES), "report/figures")


wildcard_constraints:
    study=STUDY.study,
    regime="|".join(STUDY.regimes),
    method="|".join(["dense", *STUDY.compression]),
    level=r"\d+(\.\d+)?",
    block=r"\d+-\d+",
    split="train|test",
    table="|".join(TABLES),
    figure="|".join(FIGURES),


def none_of(names):
    """Names as a wildcard constraint; no name at all must match nothing."""
    return "|".join(names) or "(?!)"


def channels_for(method):
    """The coupled channels, for methods that remove or merge channels; nothing for the others."""
    wanted = registry.literal("compress", grid.plugin(method), "channels", default=False)
    return [grid.named(CHANNELS)] if wanted else []


# What a table reads: kinds of per-cell files, most of which find_pies writes.
CELL_TABLES = {
    "pies": PIES,
    "shares": PIES.replace(".parquet", ".shares.parquet"),
    "classes": PIES.replace(".parquet", ".classes.parquet"),
    "by_size": PIES.replace(".parquet", ".by_size.parquet"),
    "seeds": PIES.replace(".parquet", ".seeds.parquet"),
    "cost": COST,
    "latency": LATENCY,
}
EXAMPLES = [f"results/{STUDY.study}/data/{split}.parquet" for split in grid.splits]
PAGE_FILES = [
    f"lethe/report/{file.name}" for file in sorted(Path(workflow.basedir).glob("workflow/scripts/lethe/report/page.*"))
] + ["lethe/report/methods.html.j2"]


def cells_of(table):
    """Per-cell files that a table of the report is built from; the dense networks have a cost, but no PIEs."""
    kinds = registry.literal("report/tables", table, "reads")
    return [path for kind in kinds for path in grid.paths(CELL_TABLES[kind], dense=kind == "cost")]


def shows_images(figure):
    """Arguments that give a figure the pixels it shows; none for most figures."""
    if not registry.literal("report/figures", figure, "images", default=False):
        return []
    return [f"--images {path.replace('.parquet', '.npy')}" for path in EXAMPLES]
