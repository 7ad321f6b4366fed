# `make export CELL=regime/method/level SEED=0`: part of no result; asked for by the name of its files.
from lethe.study.paths import EXPORT


rule export_network:
    input:
        multiext("results/{study}/data/test", ".npy", ".parquet"),
        checkpoint=lambda wc: CHECKPOINT.format(**wc, block=grid.block_of(int(wc.seed))),
    output:
        state=f"{EXPORT}/network.safetensors",
        program=f"{EXPORT}/network.pt2",
        onnx=f"{EXPORT}/network.onnx",
        record=f"{EXPORT}/export.json",
    log:
        "results/{study}/logs/export_network/{regime}/{method}/{level}/seed{seed}.log",
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        **asked("export_network"),
    params:
        data=lambda wc, input: Path(input[0]).parent,
        code=code_version("export_network.py", MODEL_FILE),
    message:
        "Exporting {wildcards.regime}, {wildcards.method} at {wildcards.level}, seed {wildcards.seed}"
    shell:
        f"python {SCRIPTS}/export_network.py"
        " {input.checkpoint:q} {output.state:q} {output.program:q}"
        " {output.onnx:q} {output.record:q} --seed {wildcards.seed} --data {params.data:q}"
        " --code-version {params.code} &> {log:q}"
