# Which tables and figures a study has, and the files that each is built from.
def reading_none_of(left_out, room):
    """Names of a room of the report, less those that read something which this study leaves out."""
    return [name for name in registry.names(room) if not left_out & set(registry.literal(room, name, "reads"))]


def gets_splits(table):
    """Which splits a table of the report is built from: `ordinary`, `all`, or `corrupted`, all but only if there are any."""
    return registry.literal(registry.TABLES, table, "splits", default="ordinary")


NOT_MEASURED = {
    kind for kind, is_asked in [("latency", STUDY.cost.latency), ("probes", STUDY.evaluation.probes)] if not is_asked
}
TABLES = [
    name
    for name in reading_none_of(NOT_MEASURED, "report/tables")
    if grid.corrupted_splits or gets_splits(name) != "corrupted"
]
LEFT_OUT = set() if STUDY.generalisation.train_sizes else {"training_size"}
FIGURES = [
    name
    for name in reading_none_of(set(registry.names(registry.TABLES)) - set(TABLES), "report/figures")
    if name not in LEFT_OUT
]


wildcard_constraints:
    table="|".join(TABLES),
    figure="|".join(FIGURES),


# What a table reads: kinds of per-cell files, most of which find_pies writes.
CELL_TABLES = {
    "pies": PIES,
    "shares": PIES.replace(".parquet", ".shares.parquet"),
    "classes": PIES.replace(".parquet", ".classes.parquet"),
    "by_size": PIES.replace(".parquet", ".by_size.parquet"),
    "seeds": PIES.replace(".parquet", ".seeds.parquet"),
    "cost": COST,
    "latency": LATENCY,
    "probes": PROBES,
    "curves": CURVES,
    "generalisation": GENERALISATION,
}
# What the dense networks have as well.
OF_DENSE = {"cost", "probes", "curves", "generalisation"}
EXAMPLES = [f"results/{STUDY.study}/data/{split}.parquet" for split in grid.ordinary_splits]
PAGE_FILES = [
    f"lethe/report/{file.name}" for file in sorted(Path(workflow.basedir).glob("workflow/scripts/lethe/report/page.*"))
] + ["lethe/report/methods.html.j2"]


def cells_of(table):
    """Per-cell files that a table of the report is built from; those of dense networks too, where they have one."""
    return [path for pattern, chosen in kinds_of(table) for path in grid.paths(pattern, **chosen)]


def kinds_of(table):
    """Patterns of the per-cell files that a table is built from, each with the cells and splits that it takes."""
    kinds, corrupted = registry.literal(registry.TABLES, table, "reads"), gets_splits(table) != "ordinary"
    found = [(CELL_TABLES[kind], {"dense": kind in OF_DENSE, "corrupted": corrupted}) for kind in kinds]
    baselines = [BASELINES.replace("{part}", part) for part in ("pixels", "seeds{block}") if "probes" in kinds]
    return found + [(pattern, {}) for pattern in baselines]


def shows_images(figure):
    """Arguments that give a figure the pixels it shows; none for most figures."""
    if not registry.literal(registry.FIGURES, figure, "images", default=False):
        return []
    return [f"--images {path.replace('.parquet', '.npy')}" for path in EXAMPLES]
