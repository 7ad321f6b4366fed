rule evaluate:
    input:
        expand(
            "results/{{study}}/data/{split}{kind}",
            split=grid.ordinary_splits,
            kind=[".npy", ".parquet"],
        ),
        checkpoint=CHECKPOINT,
    output:
        evaluations=[EVALUATION.replace("{split}", split) for split in grid.ordinary_splits],
        # In the same job: one of its own would take longer to start than to count.
        cost=COST,
    log:
        "results/{study}/logs/evaluate/{regime}/{method}/{level}/seeds{block}.log",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        splits=" ".join(f"--split {split}" for split in grid.ordinary_splits),
        logits=str(STUDY.evaluation.logits).lower(),
        device=STUDY.device,
        code=code_version("evaluate.py", MODEL_FILE),
    message:
        "Evaluating {wildcards.regime}, {wildcards.method} at {wildcards.level}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/evaluate.py {input.checkpoint:q} {output.evaluations:q} {params.splits} --data {params.data:q}"
        " --cost {output.cost:q}"
        " --logits {params.logits} --device {params.device} --code-version {params.code} &> {log:q}"


# One job a corrupted split, so that another corruption evaluates nothing again.
rule evaluate_corrupted:
    input:
        multiext(f"results/{{study}}/data/{CORRUPTED}", ".npy", ".parquet"),
        checkpoint=CHECKPOINT,
    output:
        EVALUATION.replace("{split}", CORRUPTED),
    log:
        f"results/{{study}}/logs/evaluate/{{regime}}/{{method}}/{{level}}/seeds{{block}}.{CORRUPTED}.log",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda wc, input: Path(input[0]).parent,
        split=lambda wc: CORRUPTED.format(corruption=wc.corruption, severity=wc.severity),
        logits=str(STUDY.evaluation.logits).lower(),
        device=STUDY.device,
        code=code_version("evaluate.py", MODEL_FILE),
    message:
        "Evaluating {wildcards.regime}, {wildcards.method} at {wildcards.level}, seeds {wildcards.block}, on {params.split}"
    shell:
        "python workflow/scripts/evaluate.py {input.checkpoint:q} {output:q} --split {params.split} --data {params.data:q}"
        " --logits {params.logits} --device {params.device} --code-version {params.code} &> {log:q}"
