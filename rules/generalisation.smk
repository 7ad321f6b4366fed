# A twin is a regime trained again with one thing changed: a share of random labels, or fewer images.
rule train_twin:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        labelled=lambda wc: labelled_for(wc.regime, wc.block),
    output:
        TWIN,
    log:
        "results/{study}/logs/train_twin/{regime}/{twin}/seeds{block}.log",
    wildcard_constraints:
        twin=none_of(grid.twins),
    priority: 50  # what everything else waits for
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
        attempt=lambda wc, attempt: attempt,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        regime=lambda wc: grid.regime_plugin(wc.regime),
        options=lambda wc: grid.regime_options(wc.regime),
        labelled=lambda wc, input: [f"--labelled {path}" for path in input.labelled],
        change=lambda wc: grid.twin_arguments(wc.twin),
        model=grid.model(),
        study_seed=STUDY.seeds.study,
        device=STUDY.device,
        precision=STUDY.precision,
        code=lambda wc: code_version("train.py", MODEL_FILE, *regime_files(wc.regime)),
    message:
        "Training {wildcards.regime} with {wildcards.twin}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/train.py {output:q} --data {params.data:q} {params.change}"
        " --regime {params.regime} --name {wildcards.regime} {params.labelled} --options {params.options:q} --model {params.model:q}"
        " --seeds {wildcards.block} --study-seed {params.study_seed} --device {params.device}"
        " --precision {params.precision} --attempt {resources.attempt} --code-version {params.code} &> {log:q}"
