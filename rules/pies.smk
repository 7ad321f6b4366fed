PREDICTIONS = f"{STUDY_FOLDER}/{result(NEEDED_BY_PIES).path}"


rule find_pies:
    input:
        dense=lambda wc: [
            PREDICTIONS.format(**{**wc, "method": "dense", "level": "0"}, block=block) for block in grid.blocks
        ],
        compressed=lambda wc: [PREDICTIONS.format(**wc, block=block) for block in grid.blocks],
        examples=paths.EXAMPLES,
    output:
        **{name: f"{STUDY_FOLDER}/{form.path}" for name, form in STAGES.items() if form.of == "cell"},
    log:
        "results/{study}/logs/find_pies/{regime}/{method}/{level}/{split}.log",
    wildcard_constraints:
        method=none_of(STUDY.compression),
    group:
        cell_group
    conda:
        "../envs/analysis.yaml"
    resources:
        **asked("find_pies"),
    params:
        dense=lambda wc, input: [f"--dense {path}" for path in input.dense],
        compressed=lambda wc, input: [f"--compressed {path}" for path in input.compressed],
        study_seed=STUDY.seeds.study,
        code=code_version("find_pies.py"),
    message:
        "Finding what {wildcards.method} at {wildcards.level} forgets, {wildcards.regime}, {wildcards.split} images"
    shell:
        f"python {SCRIPTS}/find_pies.py"
        " {output.pies:q} {output.shares:q} {output.classes:q} {output.by_size:q}"
        " {output.seeds:q} {params.dense} {params.compressed} --examples {input.examples:q} --study-seed {params.study_seed} --code-version {params.code} &> {log:q}"
