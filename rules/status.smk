# `make status`: not part of any result, so it may run while a study runs (--nolock).
rule status:
    params:
        study=STUDY.model_dump_json(),
        checkpoints=CHECKPOINT,
        evaluations=EVALUATION,
        pies=PIES,
    conda:
        "../envs/analysis.yaml"
    shell:
        "python workflow/scripts/show_status.py {params.study:q} --checkpoints {params.checkpoints:q}"
        " --evaluations {params.evaluations:q} --pies {params.pies:q}"
