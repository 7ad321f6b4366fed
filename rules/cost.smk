# Times are measurements: their bytes differ from run to run, so only the latency table of the report depends on them.
rule measure_latency:
    input:
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        dense=DENSE_CHECKPOINT.replace("{block}", grid.blocks[0]),
        compressed=lambda wc: [
            CHECKPOINT.format(**wc, level=level, block=grid.blocks[0]) for level in grid.levels(wc.method)
        ],
    output:
        LATENCY,
    log:
        "results/{study}/logs/measure_latency/{regime}/{method}.log",
    wildcard_constraints:
        method=none_of(STUDY.compression),
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        batches=" ".join(f"--batch {batch}" for batch in STUDY.cost.batches),
        rounds=STUDY.cost.rounds,
        device=STUDY.device,
        code=code_version("measure_latency.py", MODEL_FILE),
    message:
        "Timing {wildcards.regime}, {wildcards.method} against dense"
    shell:
        "python workflow/scripts/measure_latency.py {input.dense:q} {input.compressed:q} --output {output:q}"
        " --data {params.data:q} {params.batches} --rounds {params.rounds} --device {params.device}"
        " --code-version {params.code} &> {log:q}"
