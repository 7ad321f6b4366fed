rule measure_probes:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        checkpoint=DENSE_CHECKPOINT,
    output:
        PROBES,
    log:
        "results/{study}/logs/measure_probes/{regime}/seeds{block}.log",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        device=STUDY.device,
        code=code_version("measure_probes.py", MODEL_FILE),
    message:
        "Probing the encoders of {wildcards.regime}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/measure_probes.py {input.checkpoint:q} {output:q} --data {params.data:q}"
        " --device {params.device} --code-version {params.code} &> {log:q}"


# Baselines stand beside every regime: of the untrained networks of a block of seeds, and once of the pixels.
rule measure_baselines:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
    output:
        BASELINES,
    log:
        "results/{study}/logs/measure_baselines/{part}.log",
    wildcard_constraints:
        part=r"pixels|seeds\d+-\d+",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        seeds=lambda wc: "" if wc.part == "pixels" else wc.part.removeprefix("seeds"),
        model=lambda wc: "" if wc.part == "pixels" else grid.model(),
        study_seed=STUDY.seeds.study,
        device=STUDY.device,
        code=lambda wc: code_version("measure_baselines.py", *([] if wc.part == "pixels" else [MODEL_FILE])),
    message:
        "Probing what no training has made: {wildcards.part}"
    shell:
        "python workflow/scripts/measure_baselines.py {output:q} --data {params.data:q} --seeds={params.seeds:q}"
        " --model={params.model:q} --study-seed {params.study_seed} --device {params.device}"
        " --code-version {params.code} &> {log:q}"
