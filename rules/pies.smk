rule find_pies:
    input:
        dense=lambda wc: predictions_of(Cell.dense(wc.regime), wc),
        compressed=lambda wc: predictions_of(Cell(wc.regime, wc.method, wc.level), wc),
        reference=reference_of,
        examples=paths.EXAMPLES,
    output:
        **{name: f"{STUDY_FOLDER}/{form.path}" for name, form in STAGES.items() if form.of == "cell"},
    log:
        "results/{study}/logs/find_pies/{regime}/{method}/{level}/{split}.log",
    wildcard_constraints:
        method=none_of([*STUDY.compression, *TREATED_METHODS]),
    group:
        cell_group
    conda:
        "../envs/analysis.yaml"
    resources:
        **asked("find_pies"),
    params:
        dense=lambda wc, input: [f"--dense {path}" for path in input.dense],
        compressed=lambda wc, input: [f"--compressed {path}" for path in input.compressed],
        reference=lambda wc, input: [f"--reference {path}" for path in input.reference],
        population=[] if STUDY.statistics.population is None else [f"--population {STUDY.statistics.population}"],
        study_seed=STUDY.seeds.study,
        code=code_version("find_pies.py"),
    message:
        "Finding what {wildcards.method} at {wildcards.level} forgets, {wildcards.regime}, {wildcards.split} images"
    shell:
        f"python {SCRIPTS}/find_pies.py"
        " {output.pies:q} {output.shares:q} {output.image_tests:q} {output.tests:q} {output.classes:q} {output.recalls:q} {output.by_size:q}"
        " {output.seeds:q} {params.dense} {params.compressed} {params.reference} {params.population}"
        " --examples {input.examples:q} --study-seed {params.study_seed} --code-version {params.code} &> {log:q}"
