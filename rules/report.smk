# What a table reads: kinds of per-cell files that find_pies writes.
CELL_TABLES = {
    "pies": PIES,
    "shares": PIES.replace(".parquet", ".shares.parquet"),
    "classes": PIES.replace(".parquet", ".classes.parquet"),
    "by_size": PIES.replace(".parquet", ".by_size.parquet"),
}
EXAMPLES = [f"results/{STUDY.study}/data/{split}.parquet" for split in grid.splits]
PAGE_FILES = [
    f"lethe/report/{file.name}" for file in sorted(Path(workflow.basedir).glob("workflow/scripts/lethe/report/page.*"))
] + ["lethe/report/methods.html.j2"]


def cells_of(table):
    """Per-cell files that a table of the report is built from."""
    kinds = registry.literal("report/tables", table, "reads")
    return [path for kind in kinds for path in grid.paths(CELL_TABLES[kind], dense=False)]


def shows_images(figure):
    """Arguments that give a figure the images it shows; none for most figures."""
    if not registry.literal("report/figures", figure, "images", default=False):
        return []
    return [f"--images {path.replace('.parquet', '.npy')} --examples {path}" for path in EXAMPLES]


rule make_table:
    input:
        cells=lambda wc: cells_of(wc.table),
    output:
        csv=report(
            "results/{study}/tables/{table}.csv", caption="../workflow/report/table.rst", category="Tables"
        ),
        parquet="results/{study}/tables/{table}.parquet",
        tex="results/{study}/tables/{table}.tex",
    params:
        caption=lambda wc: registry.literal("report/tables", wc.table, "caption"),
        code=lambda wc: code_version("make_table.py", f"lethe/report/tables/{wc.table}.py"),
    log:
        "results/{study}/logs/make_table/{table}.log",
    resources:
        mem_mb=2000,
        runtime=15,
    conda:
        "../envs/analysis.yaml"
    message:
        "Table {wildcards.table}"
    shell:
        "python workflow/scripts/make_table.py {wildcards.table} {output.csv:q} {output.parquet:q} {output.tex:q}"
        " {input.cells:q} &> {log:q}"


rule make_figure:
    input:
        tables=lambda wc: [
            f"results/{wc.study}/tables/{name}.parquet"
            for name in registry.literal("report/figures", wc.figure, "reads")
        ],
        examples=EXAMPLES,
    output:
        png=report(
            "results/{study}/figures/{figure}.png", caption="../workflow/report/figure.rst", category="Figures"
        ),
        pdf="results/{study}/figures/{figure}.pdf",
    params:
        images=lambda wc: shows_images(wc.figure),
        caption=lambda wc: registry.literal("report/figures", wc.figure, "caption"),
        code=lambda wc: code_version("make_figure.py", f"lethe/report/figures/{wc.figure}.py"),
    log:
        "results/{study}/logs/make_figure/{figure}.log",
    resources:
        mem_mb=2000,
        runtime=15,
    conda:
        "../envs/analysis.yaml"
    message:
        "Figure {wildcards.figure}"
    shell:
        "python workflow/scripts/make_figure.py {wildcards.figure} {output.png:q} {output.pdf:q} {input.tables:q}"
        " {params.images} &> {log:q}"


rule make_page:
    input:
        tables=expand("results/{{study}}/tables/{table}.parquet", table=TABLES),
        figures=expand("results/{{study}}/figures/{figure}.png", figure=FIGURES),
        examples=EXAMPLES,
    output:
        html=report("results/{study}/report.html", caption="../workflow/report/page.rst", category="Report"),
        headlines="results/{study}/headlines.txt",
    params:
        examples=[f"--examples {path}" for path in EXAMPLES],
        config=STUDY.model_dump_json(),
        code=code_version("make_page.py", *PAGE_FILES),
    log:
        "results/{study}/logs/make_page.log",
    resources:
        mem_mb=2000,
        runtime=15,
    conda:
        "../envs/analysis.yaml"
    message:
        "The report"
    shell:
        "python workflow/scripts/make_page.py {output.html:q} {output.headlines:q} {input.tables:q} {input.figures:q}"
        " {params.examples} --study {params.config:q} --code-version {params.code} &> {log:q}"
