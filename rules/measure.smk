# One rule per measure that the study asks for: what it needs and where its file lies follow from its SPEC.
for NAME in STUDY.asked_measures:
    KIND = result(NAME)

    rule:
        name:
            f"measure_{NAME}"
        input:
            files_for(NAME),
        output:
            f"{STUDY_FOLDER}/{KIND.path}",
        log:
            f"{STUDY_FOLDER}/logs/measure_{NAME}/{log_of(KIND.path)}.log",
        wildcard_constraints:
            method={"dense": "dense", "compressed": none_of(STUDY.compression)}.get(KIND.cells, ANY_METHOD),
        conda:
            "../envs/train.yaml" if sources.needs_torch(NAME) else "../envs/analysis.yaml"
        threads: 1
        resources:
            **asked(f"measure_{NAME}"),
        params:
            name=NAME,
            files=words_for(NAME),
            about=about(KIND),
            options=grid.measure_options(NAME),
            model=grid.model() if "model" in registry.literal(registry.MEASURES, NAME, "needs") else "",
            study_seed=STUDY.seeds.study,
            device=STUDY.device,
            code=code_version("measure.py", *sources.of_measure(grid, NAME)),
        message:
            f"Measuring {NAME}: {{wildcards}}"
        shell:
            "python workflow/scripts/measure.py {params.name} {params.files} --output {output:q} {params.about}"
            " --options {params.options:q} --model={params.model:q} --study-seed {params.study_seed}"
            " --device {params.device} --code-version {params.code} &> {log:q}"
