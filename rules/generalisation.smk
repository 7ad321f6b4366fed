# A twin is a regime trained again with one thing changed: a share of random labels, or fewer images.
use rule train as train_twin with:
    output:
        TWIN,
    log:
        "results/{study}/logs/train_twin/{regime}/{twin}/seeds{block}.log",
    wildcard_constraints:
        twin=none_of(grid.twins),
    params:
        change=lambda wc: grid.twin_arguments(wc.twin),
    message:
        "Training {wildcards.regime} with {wildcards.twin}, seeds {wildcards.block}"


rule measure_generalisation:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        dense=DENSE_CHECKPOINT,
        twins=lambda wc: twins_for(wc.regime, wc.block),
        labelled=lambda wc: labelled_for(wc.regime, wc.block),
        corrupted=[
            EVALUATION.replace("{method}", "dense").replace("{level}", "0").replace("{split}", split)
            for split in grid.corrupted_splits
        ],
    output:
        GENERALISATION,
    log:
        "results/{study}/logs/measure_generalisation/{regime}/seeds{block}.log",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        labelled=lambda wc, input: [f"--labelled {path}" for path in input.labelled],
        corrupted=lambda wc, input: [f"--corrupted {path}" for path in input.corrupted],
        device=STUDY.device,
        code=code_version("measure_generalisation.py", MODEL_FILE),
    message:
        "Measuring who generalises: {wildcards.regime}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/measure_generalisation.py {output:q} {input.dense:q} {input.twins:q} --data {params.data:q}"
        " {params.labelled} {params.corrupted} --device {params.device} --code-version {params.code} &> {log:q}"
