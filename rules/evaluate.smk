rule evaluate:
    input:
        expand(
            "results/{{study}}/data/{split}{kind}",
            split=grid.splits,
            kind=[".npy", ".parquet"],
        ),
        checkpoint=CHECKPOINT,
    output:
        evaluations=[EVALUATION.replace("{split}", split) for split in grid.splits],
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
        splits=" ".join(f"--split {split}" for split in grid.splits),
        logits=str(STUDY.evaluation.logits).lower(),
        device=STUDY.device,
        code=code_version("evaluate.py", MODEL_FILE),
    message:
        "Evaluating {wildcards.regime}, {wildcards.method} at {wildcards.level}, seeds {wildcards.block}"
    shell:
        "python workflow/scripts/evaluate.py {input.checkpoint:q} {output.evaluations:q} {params.splits} --data {params.data:q}"
        " --cost {output.cost:q}"
        " --logits {params.logits} --device {params.device} --code-version {params.code} &> {log:q}"
