rule train:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
    output:
        checkpoint=DENSE_CHECKPOINT,
        trajectories="results/{study}/trajectories/{regime}/seeds{block}.parquet",
    log:
        "results/{study}/logs/train/{regime}/seeds{block}.log",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
        attempt=lambda wc, attempt: attempt,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        options=lambda wc: grid.regime_options(wc.regime),
        model=grid.model(),
        study_seed=STUDY.seeds.study,
        device=STUDY.device,
        precision=STUDY.precision,
        code=lambda wc: code_version("train.py", MODEL_FILE, f"lethe/regimes/{wc.regime}.py"),
    message:
        "Training {wildcards.regime}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/train.py {output.checkpoint:q} {output.trajectories:q} --data {params.data:q}"
        " --regime {wildcards.regime} --options {params.options:q} --model {params.model:q}"
        " --seeds {wildcards.block} --study-seed {params.study_seed} --device {params.device}"
        " --precision {params.precision} --attempt {resources.attempt} --code-version {params.code} &> {log:q}"


rule train_compressed:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        channels=lambda wc: channels_for(wc.method),
    output:
        CHECKPOINT,
    log:
        "results/{study}/logs/train_compressed/{regime}/{method}/{level}/seeds{block}.log",
    wildcard_constraints:
        method=none_of(grid.methods("in_training")),
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
        attempt=lambda wc, attempt: attempt,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        options=lambda wc: grid.regime_options(wc.regime),
        model=grid.model(),
        plugin=lambda wc: grid.plugin(wc.method),
        method_options=lambda wc: grid.method_options(wc.method),
        channels=lambda wc, input: [f"--channels {path}" for path in input.channels],
        study_seed=STUDY.seeds.study,
        device=STUDY.device,
        precision=STUDY.precision,
        code=lambda wc: code_version(
            "train_compressed.py",
            MODEL_FILE,
            f"lethe/compress/{grid.plugin(wc.method)}.py",
            f"lethe/regimes/{wc.regime}.py",
        ),
    message:
        "Training {wildcards.regime} under {wildcards.method} to {wildcards.level}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/train_compressed.py {output:q} --data {params.data:q}"
        " --regime {wildcards.regime} --options {params.options:q} --model {params.model:q}"
        " --method {wildcards.method} --plugin {params.plugin} --level {wildcards.level}"
        " --method-options {params.method_options:q} {params.channels} --seeds {wildcards.block}"
        " --study-seed {params.study_seed} --device {params.device} --precision {params.precision}"
        " --attempt {resources.attempt} --code-version {params.code} &> {log:q}"
