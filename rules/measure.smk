# One rule per measure that the study asks for: what it needs and where its file lies follow from its SPEC.
def files_for(name):
    """Input function of a measure."""
    return lambda wc: [path for files in needed_files(name, grid, dict(wc.items())).values() for path in files.paths]


def words_for(name):
    """The same files as words of the measure's command."""
    return lambda wc: [
        f"{need}={files.word}" for need, files in needed_files(name, grid, dict(wc.items())).items() if files.word
    ]


def about(kind):
    """What a file is of, as options of the measure's command."""
    return lambda wc: [f"--{name} {wc[name]}" for name in ("split", "block") if f"{{{name}}}" in kind.path]


def log_of(path):
    """A measure's path without the folders that its log's folder says already."""
    return Path(path).with_suffix("").as_posix().removeprefix("measures/").partition("/")[2]


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
            "../envs/train.yaml" if sources.is_given_networks(NAME) else "../envs/analysis.yaml"
        threads: 1
        resources:
            **asked(**registry.literal(registry.MEASURES, NAME, "resources", default={})),
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
