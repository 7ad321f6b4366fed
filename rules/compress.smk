rule compress:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        dense=DENSE_CHECKPOINT,
    output:
        CHECKPOINT,
    log:
        "results/{study}/logs/compress/{regime}/{method}/{level}/seeds{block}.log",
    wildcard_constraints:
        method=none_of(grid.methods("post_hoc")),
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        plugin=lambda wc: grid.plugin(wc.method),
        options=lambda wc: grid.method_options(wc.method),
        device=STUDY.device,
        precision=STUDY.precision,
        code=lambda wc: code_version(
            "compress.py",
            MODEL_FILE,
            f"lethe/compress/{grid.plugin(wc.method)}.py",
            f"lethe/regimes/{wc.regime}.py",
        ),
    message:
        "Compressing {wildcards.regime} by {wildcards.method} at {wildcards.level}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/compress.py {input.dense:q} {output:q} --data {params.data:q}"
        " --method {wildcards.method} --plugin {params.plugin} --level {wildcards.level} --options {params.options:q}"
        " --device {params.device} --precision {params.precision} --code-version {params.code} &> {log:q}"
