TABLES, FIGURES = contents.tables_of(grid), contents.figure_words(grid)
EXAMPLES, IMAGES = contents.examples_of(grid), contents.images_of(grid)


wildcard_constraints:
    table="|".join(TABLES),


# Seconds each, half a minute of one core for all figures: on a cluster each would wait longer for a place than it takes.
localrules:
    make_table,
    make_figures,
    make_page,


rule make_table:
    input:
        cells=lambda wc: contents.files_of(grid, wc.table),
        examples=EXAMPLES,
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
        examples=[f"--examples {path}" for path in EXAMPLES],
        caption=lambda wc: registry.literal(registry.TABLES, wc.table, "caption"),
        code=lambda wc: code_version("make_table.py", f"lethe/report/tables/{wc.table}.py"),
    message:
        "Table {wildcards.table}"
    shell:
        f"python {SCRIPTS}/make_table.py"
        " {wildcards.table} {output.csv:q} {output.parquet:q} {output.tex:q}"
        " {params.cells} {params.examples} --code-version {params.code} &> {log:q}"


# One job for all of them, because loading the drawing libraries takes longer than drawing most figures. Each of its
# processes computes with one thread, as jobs do that start warm.
rule make_figures:
    input:
        tables=expand(f"{grid.named(paths.TABLE)}.parquet", table=contents.figure_tables(grid)),
        examples=EXAMPLES,
        images=IMAGES,
    output:
        png=[
            report(
                paths.FIGURE.replace("{figure}", name) + ".png",
                caption="../workflow/report/figures.rst",
                category="Figures",
                labels={"figure": title},
            )
            for name, (title, _) in FIGURES.items()
        ],
        pdf=[paths.FIGURE.replace("{figure}", name) + ".pdf" for name in FIGURES],
        manifest=manifest_of(paths.FIGURE),
    log:
        "results/{study}/logs/make_figures.log",
    conda:
        "../envs/analysis.yaml"
    threads: CORES_OF_FIGURES
    resources:
        **asked("make_figures"),
    params:
        start=PYTHON_OF_ONE_THREAD,
        tables=lambda wc, input: [f"--table {path}" for path in input.tables],
        examples=[f"--examples {path}" for path in EXAMPLES],
        images=[f"--images {path}" for path in IMAGES],
        words=lambda wc: [f"**{title}.** {caption}" for title, caption in FIGURES.values()],
        code=code_version("make_figures.py", *contents.figure_files(grid)),
    message:
        "All figures"
    shell:
        "{params.start} "
        f"{SCRIPTS}/make_figures.py"
        " {output.png:q} {params.tables} {params.examples} {params.images} --cores {threads}"
        " --code-version {params.code} &> {log:q}"
        f"{TELL_WARNINGS}"


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
        manifest=manifest_of(paths.REPORT),
    log:
        "results/{study}/logs/make_page.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **asked("make_page"),
    params:
        examples=[f"--examples {path}" for path in EXAMPLES],
        config=lambda wc: grid.study_json(),
        code=code_version("make_page.py", *contents.page_files()),
    message:
        "The report"
    shell:
        f"python {SCRIPTS}/make_page.py"
        " {output.html:q} {output.headlines:q} {output.study:q} {input.tables:q} {input.figures:q}"
        " {params.examples} --study {params.config:q} --code-version {params.code} &> {log:q}"
