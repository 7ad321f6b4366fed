# One draw per seed, the same for every regime that uses some of the labels.
rule draw_labels:
    input:
        "results/{study}/data/train.parquet",
    output:
        LABELLED,
    log:
        "results/{study}/logs/draw_labels/seeds{block}.log",
    # This runs first, because labels that cannot be drawn should be refused before a network is trained.
    priority: 100
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        **asked("draw_labels"),
    params:
        study_seed=STUDY.seeds.study,
        labels=labels_arguments(),
        code=code_version("draw_labels.py"),
    message:
        "Drawing the labelled images, seeds {wildcards.block}"
    shell:
        f"python {SCRIPTS}/draw_labels.py"
        " {input:q} {output:q} --seeds {wildcards.block} {params.labels}"
        " --study-seed {params.study_seed} --code-version {params.code} &> {log:q}"


# Every regime of a seed is trained on the same part of the images, where it is not all.
rule draw_parts:
    input:
        examples="results/{study}/data/train.parquet",
        labelled=lambda wc: any_labelled(wc.block),
    output:
        paths.PARTS,
    log:
        "results/{study}/logs/draw_parts/seeds{block}.log",
    priority: 100
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        **asked("draw_parts"),
    params:
        study_seed=STUDY.seeds.study,
        share=STUDY.seeds.share,
        labelled=lambda wc, input: [f"--labelled {path}" for path in input.labelled],
        code=code_version("draw_parts.py"),
    message:
        "Drawing the images that seeds {wildcards.block} are trained on"
    shell:
        f"python {SCRIPTS}/draw_parts.py"
        " {input.examples:q} {output:q} --seeds {wildcards.block} --share {params.share} {params.labelled}"
        " --study-seed {params.study_seed} --code-version {params.code} &> {log:q}"


rule train:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        labelled=lambda wc: labelled_for(wc.regime, wc.block),
        part=lambda wc: part_for(wc.block),
        named=lambda wc: files_named_by("model", f"regimes.{wc.regime}"),
    output:
        **({"snapshots": paths.SNAPSHOTS} if grid.keeps_snapshots else {}),
        checkpoint=DENSE_CHECKPOINT,
        trajectories=paths.TRAJECTORIES,
        curves=CURVES,
    log:
        "results/{study}/logs/train/{regime}/seeds{block}.log",
    priority: 50  # what everything else waits for
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        **asked("train"),
        attempt=lambda wc, attempt: attempt,
    params:
        script="train.py",
        data=lambda wc, input: Path(input[0]).parent,
        regime=lambda wc: grid.regime_plugin(wc.regime),
        options=lambda wc: grid.regime_options(wc.regime),
        labelled=lambda wc, input: [f"--labelled {path}" for path in input.labelled],
        part=lambda wc, input: [f"--part {path}" for path in input.part],
        change="",
        channels="",
        model=lambda wc: grid.model(),
        study_seed=STUDY.seeds.study,
        device=STUDY.device,
        precision=STUDY.precision,
        named=named_arguments,
        code=lambda wc: code_version("train.py", *sources.of_training(grid, wc.regime)),
    message:
        "Training {wildcards.regime}, seeds {wildcards.block}"
    shell:
        f"python {SCRIPTS}/"
        "{params.script} {output:q} --data {params.data:q} {params.change} {params.channels}"
        " --regime {params.regime} --name {wildcards.regime} {params.labelled} {params.part} --options {params.options:q} --model {params.model:q}"
        " --seeds {wildcards.block} --study-seed {params.study_seed} --device {params.device}"
        " --precision {params.precision} --attempt {resources.attempt} {params.named} --code-version {params.code} &> {log:q}"


# Some methods compress networks while they train: the same training with a method beside.
use rule train as train_compressed with:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        labelled=lambda wc: labelled_for(wc.regime, wc.block),
        part=lambda wc: part_for(wc.block),
        channels=lambda wc: channels_for(wc.method),
        named=lambda wc: files_named_by("model", f"regimes.{wc.regime}", f"compression.{wc.method}"),
    output:
        CHECKPOINT,
    log:
        "results/{study}/logs/train_compressed/{regime}/{method}/{level}/seeds{block}.log",
    wildcard_constraints:
        method=none_of(grid.methods("in_training")),
    params:
        script="train_compressed.py",
        change=lambda wc: grid.method_arguments(wc.method, wc.level, wc.regime),
        channels=lambda wc, input: [f"--channels {path}" for path in input.channels],
        code=lambda wc: code_version("train_compressed.py", *sources.of_training_compressed(grid, wc.method, wc.regime)),
    message:
        "Training {wildcards.regime} under {wildcards.method} to {wildcards.level}, seeds {wildcards.block}"
