# `make status`: not part of any result, so it may run while a study runs (--nolock).
rule status:
    log:
        f"results/{STUDY.study}/logs/status.log",
    conda:
        "../envs/analysis.yaml"
    params:
        study=lambda wc: STUDY.model_dump_json(),
        checkpoints=lambda wc: CHECKPOINT,
        evaluations=lambda wc: EVALUATION,
        pies=lambda wc: PIES,
    shell:
        "python workflow/scripts/show_status.py {params.study:q} --checkpoints {params.checkpoints:q}"
        " --evaluations {params.evaluations:q} --pies {params.pies:q} 2> {log:q} || {{ cat {log:q} >&2; exit 1; }}"
