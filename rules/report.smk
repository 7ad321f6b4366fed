TABLES, FIGURES = contents.tables_of(grid), contents.figures_of(grid)
EXAMPLES = contents.examples_of(grid)


wildcard_constraints:
    table="|".join(TABLES),
    figure="|".join(FIGURES),


# Seconds each: on a cluster they cost less beside Snakemake than the ten seconds that a job takes to start.
localrules:
    make_table,
    make_figure,
    make_page,


rule make_table:
    input:
        cells=lambda wc: contents.files_of(grid, wc.table),
    output:
        csv=report(
            f"{paths.TABLE}.csv",
            caption="../workflow/report/table.rst",
            category="Tables",
            labels=lambda wc: {"table": wc.table, "title": registry.literal(registry.TABLES, wc.table, "title")},
        ),
        parquet=f"{paths.TABLE}.parquet",
        tex=f"{paths.TABLE}.tex",
    log:
        "results/{study}/logs/make_table/{table}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **asked("make_table"),
    params:
        cells=lambda wc: [files.word for files in contents.table_files(wc.table, grid)],
        caption=lambda wc: registry.literal(registry.TABLES, wc.table, "caption"),
        code=lambda wc: code_version("make_table.py", f"lethe/report/tables/{wc.table}.py"),
    message:
        "Table {wildcards.table}"
    shell:
        f"python {SCRIPTS}/make_table.py"
        " {wildcards.table} {output.csv:q} {output.parquet:q} {output.tex:q}"
        " {params.cells} &> {log:q}"


rule make_figure:
    input:
        tables=lambda wc: expand(f"{grid.named(paths.TABLE)}.parquet", table=contents.figure_tables(wc.figure)),
        examples=EXAMPLES,
    output:
        png=report(
            f"{paths.FIGURE}.png",
            caption="../workflow/report/figure.rst",
            category="Figures",
        ),
        pdf=f"{paths.FIGURE}.pdf",
    log:
        "results/{study}/logs/make_figure/{figure}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **asked("make_figure"),
    params:
        examples=[f"--examples {path}" for path in EXAMPLES],
        images=lambda wc: [f"--images {path}" for path in contents.images_for(grid, wc.figure)],
        caption=lambda wc: registry.literal(registry.FIGURES, wc.figure, "caption"),
        code=lambda wc: code_version("make_figure.py", f"lethe/report/figures/{wc.figure}.py"),
    message:
        "Figure {wildcards.figure}"
    shell:
        f"python {SCRIPTS}/make_figure.py"
        " {wildcards.figure} {output.png:q} {output.pdf:q} {input.tables:q}"
        " {params.examples} {params.images} &> {log:q}"


rule make_page:
    input:
        tables=expand(f"{grid.named(paths.TABLE)}.parquet", table=TABLES),
        figures=expand(f"{grid.named(paths.FIGURE)}.png", figure=FIGURES),
        examples=EXAMPLES,
    output:
        html=report(
            paths.REPORT,
            caption="../workflow/report/page.rst",
            category="Report",
            labels={"page": "report.html", "title": "Headlines, figures, tables, methods and provenance"},
        ),
        headlines=paths.HEADLINES,
        study="results/{study}/study.yaml",
    log:
        "results/{study}/logs/make_page.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **asked("make_page"),
    params:
        examples=[f"--examples {path}" for path in EXAMPLES],
        config=grid.study_json(),
        code=code_version("make_page.py", *contents.page_files()),
    message:
        "The report"
    shell:
        f"python {SCRIPTS}/make_page.py"
        " {output.html:q} {output.headlines:q} {output.study:q} {input.tables:q} {input.figures:q}"
        " {params.examples} --study {params.config:q} --code-version {params.code} &> {log:q}"
