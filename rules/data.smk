rule prepare_data:
    input:
        grid.named(paths.INPUTS).format(part=DATASET),
    output:
        train_images="results/{study}/data/train.npy",
        train_examples="results/{study}/data/train.parquet",
        test_images="results/{study}/data/test.npy",
        test_examples="results/{study}/data/test.parquet",
        validation=VALIDATION_FILES,
        attributes=grid.attribute_files,
    log:
        "results/{study}/logs/prepare_data.log",
    conda:
        "../envs/train.yaml"
    resources:
        **asked("prepare_data"),
    params:
        name=STUDY.dataset.name,
        # Functions, because Snakemake fills in braces of a parameter that is a text.
        options=lambda wc: grid.dataset_options(),
        root=lambda wc: STUDY.dataset.root or "",
        train_size=(f"--train-size {STUDY.dataset.train_size}" if STUDY.dataset.train_size else ""),
        validation=lambda wc, output: validation_arguments(output.validation),
        planted=lambda wc: grid.planted(),
        attributes=lambda wc, output: attribute_arguments(output.attributes),
        study_seed=STUDY.seeds.study,
        code=code_version("prepare_data.py", *sources.of_images(grid)),
    message:
        "Reading and checking the images of {params.name}"
    shell:
        f"python {SCRIPTS}/prepare_data.py"
        " {output.train_images:q} {output.train_examples:q}"
        " {output.test_images:q} {output.test_examples:q} --name {params.name} --options {params.options:q}"
        " --root={params.root:q} {params.train_size} {params.validation}"
        " --planted {params.planted:q} {params.attributes:q} --study-seed {params.study_seed}"
        " --inputs {input:q} --code-version {params.code} &> {log:q}"
        f"{TELL_WARNINGS}"


rule corrupt_split:
    input:
        rules.prepare_data.output.test_images,
        rules.prepare_data.output.test_examples,
    output:
        multiext(f"results/{{study}}/data/{CORRUPTED}", ".npy", ".parquet"),
    log:
        f"results/{{study}}/logs/corrupt_split/{CORRUPTED}.log",
    conda:
        "../envs/train.yaml"
    resources:
        **asked("corrupt_split"),
    params:
        study_seed=STUDY.seeds.study,
        code=lambda wc: code_version("corrupt_split.py", f"lethe/data/corruptions/{wc.corruption}.py"),
    message:
        "Corrupting the test images: {wildcards.corruption}, severity {wildcards.severity}"
    shell:
        f"python {SCRIPTS}/corrupt_split.py"
        " {input:q} {output:q} --corruption {wildcards.corruption}"
        " --severity {wildcards.severity} --study-seed {params.study_seed} --code-version {params.code} &> {log:q}"
