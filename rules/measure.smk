# One rule per measure that the study asks for: what it needs and where its file lies follow from its SPEC.
for NAME in STUDY.asked_measures:
    FORM = result(NAME)

    rule:
        name:
            f"measure_{NAME}"
        input:
            files_for(NAME),
            named=files_named_by(
                f"measures.{NAME}", *({"model"} & set(registry.literal(registry.MEASURES, NAME, "needs")))
            ),
        output:
            f"{STUDY_FOLDER}/{FORM.path}",
        log:
            f"{STUDY_FOLDER}/logs/measure_{NAME}/{log_of(FORM.path)}.log",
        wildcard_constraints:
            method={"dense": "dense", "compressed": none_of(STUDY.compression)}.get(FORM.cells, ANY_METHOD),
        group:
            group_of(NAME)
        conda:
            "../envs/train.yaml" if sources.needs_torch(NAME) else "../envs/analysis.yaml"
        threads: cores_of(NAME)
        resources:
            **asked(f"measure_{NAME}"),
            **node_of(NAME),
        params:
            # A parameter, because Snakemake fills in the command's own braces when the last of these rules is read.
            start=start_of(NAME),
            name=NAME,
            files=words_for(NAME),
            flags=flags_of(FORM),
            options=options_for(NAME),
            model=model_for(NAME),
            study_seed=STUDY.seeds.study,
            device=STUDY.device,
            named=named_arguments,
            code=code_version("measure.py", *sources.of_measure(grid, NAME)),
        message:
            f"Measuring {NAME}: {{wildcards}}"
        shell:
            "{params.start} "
            f"{SCRIPTS}/measure.py"
            " {params.name} {params.files} --output {output:q} {params.flags}"
            " --options {params.options:q} --model={params.model:q} --study-seed {params.study_seed}"
            " --device {params.device} {params.named} --code-version {params.code} &> {log:q}"
