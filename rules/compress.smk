# This runs first, because a network whose channels cannot be removed should be refused before it is trained.
rule couple_channels:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
    output:
        CHANNELS,
    log:
        "results/{study}/logs/couple_channels.log",
    priority: 100
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        **asked("couple_channels"),
    params:
        data=lambda wc, input: Path(input[0]).parent,
        model=lambda wc: grid.model(),
        code=code_version("couple_channels.py", MODEL_FILE),
    message:
        "Finding which channels are coupled"
    shell:
        f"python {SCRIPTS}/couple_channels.py"
        " {output:q} --data {params.data:q}"
        " --model {params.model:q} --code-version {params.code} &> {log:q}"


rule compress:
    input:
        multiext("results/{study}/data/train", ".npy", ".parquet"),
        dense=DENSE_CHECKPOINT,
        labelled=lambda wc: labelled_for(wc.regime, wc.block),
        part=lambda wc: part_for(wc.block),
        channels=lambda wc: channels_for(wc.method),
        named=lambda wc: files_named_by(f"compression.{wc.method}"),
    output:
        CHECKPOINT,
    log:
        "results/{study}/logs/compress/{regime}/{method}/{level}/seeds{block}.log",
    wildcard_constraints:
        method=none_of([*grid.methods("post_hoc"), *TREATED_METHODS]),
    group:
        block_group
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        **asked("compress"),
    params:
        data=lambda wc, input: Path(input[0]).parent,
        plugin=lambda wc: grid.plugin(wc.method),
        options=lambda wc: grid.method_options(wc.method, wc.regime),
        channels=lambda wc, input: [f"--channels {path}" for path in input.channels],
        labelled=lambda wc, input: [f"--labelled {path}" for path in input.labelled],
        part=lambda wc, input: [f"--part {path}" for path in input.part],
        device=STUDY.device,
        precision=STUDY.precision,
        named=named_arguments,
        code=lambda wc: code_version("compress.py", *sources.of_compression(grid, wc.method, wc.regime)),
    message:
        "Compressing {wildcards.regime} by {wildcards.method} at {wildcards.level}, seeds {wildcards.block}"
    shell:
        f"python {SCRIPTS}/compress.py"
        " {input.dense:q} {output:q} --data {params.data:q}"
        " --method {wildcards.method} --plugin {params.plugin} --level {wildcards.level} --options {params.options:q}"
        " {params.channels} {params.labelled} {params.part}"
        " --device {params.device} --precision {params.precision}"
        " {params.named} --code-version {params.code} &> {log:q}"
