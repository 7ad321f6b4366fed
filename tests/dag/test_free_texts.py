"""Texts of a config reach the entry scripts as they were written, whatever they mean to Snakemake or a shell."""

import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from support.workspace import ROOT, make_workspace, snakemake

RULES = "".join(file.read_text() for file in sorted((ROOT / "rules").glob("*.smk")))
NASTY = [
    "im{study} {nope} {{z}} {params.name} {wildcards.study!r} {0} { }",
    'it\'s "q" $(echo x) `echo y` ${HOME} a;b&c|d>e *?[a] #h !x \\n ~ %s %(a)s',
    "ü 日本 e\u0301 🙂 [bold]b[/bold] --dash",
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("texts") / "lethe")


def image_study(folder: Path, root: str, file: str, study: str) -> str:
    """A study of images below a folder of a name."""
    draw = np.random.default_rng(0)
    for part in ("train/cat", "train/dog", "test/cat", "test/dog"):
        (folder / root / part).mkdir(parents=True, exist_ok=True)
        for position in range(30):
            pixels = draw.integers(0, 256, (9, 9, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / root / part / f"{position}.png")
    values = yaml.safe_load((folder / "studies/smoke.yaml").read_text())
    values["study"] = study
    values["dataset"] = {"name": "image_folder", "root": root, "options": {"size": 8}}
    (folder / file).write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return file


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "text"),
    [
        pytest.param(study, text, marks=[pytest.mark.long] if study != "shell" else [])
        for study, text in zip(("braces", "shell", "signs"), NASTY, strict=True)
    ],
)
def test_a_root_and_a_file_of_any_name_reach_the_entry_script(workspace: Path, study: str, text: str) -> None:
    config = image_study(workspace, text, f"{text}.yaml", study)
    result = snakemake(workspace, "-n", "-p", "--configfile", config)
    assert result.returncode == 0, result.stdout
    (command,) = [line for line in result.stdout.splitlines() if "prepare_data.py" in line]
    words = shlex.split(command.partition("Shell command: ")[2] or command)
    assert f"--root={text}" in words
    result = snakemake(
        workspace, "--cores", "1", "--configfile", config, "--forcerun", "--", f"results/{study}/data/train.npy"
    )
    assert result.returncode == 0, result.stdout
    assert np.load(workspace / f"results/{study}/data/train.npy").shape == (60, 3, 8, 8)


@pytest.mark.slow
@pytest.mark.parametrize("text", [*NASTY, "'quotes' \"and\" $(more)"])
def test_what_bash_makes_of_an_options_json_is_the_json(text: str) -> None:
    """Options stand in commands as `{params.options:q}`: Snakemake's own quoting, which is shlex's."""
    assert RULES.count("--options {params.options:q}") == RULES.count("--options {params.options") >= 4
    quoted = f"printf %s {shlex.quote(text)}"
    assert subprocess.run(["bash", "-c", quoted], capture_output=True, check=True).stdout.decode() == text


def test_no_parameter_is_a_text_of_the_config_in_which_snakemake_would_fill_in_braces() -> None:
    """What stands there without a function is a number, a word of ours, or a name that a folder of plug-ins holds."""
    parameters = [
        match.groups()
        for block in re.findall(r"^ +params:\n((?: {8,}.*\n)+?)(?= {0,8}\w+:)", RULES, re.MULTILINE)
        for match in re.finditer(r"^ {8,12}(\w+)=(?!lambda)(.*(?:STUDY|grid|NAME).*)", block, re.MULTILINE)
    ]
    assert {name for name, _ in parameters} <= {
        *(
            "name",
            "population",
            "train_size",
            "share",
            "study_seed",
            "device",
            "precision",
            "code",
            "files",
            "flags",
            "options",
            "model",
            "start",
        )
    }
    values = {f"{name}={value.rstrip(',')}" for name, value in parameters if "code_version" not in value}
    assert values <= {
        "name=STUDY.dataset.name",
        "name=NAME",
        'train_size=(f"--train-size {STUDY.dataset.train_size}" if STUDY.dataset.train_size else "")',
        'population=[] if STUDY.statistics.population is None else [f"--population {STUDY.statistics.population}"]',
        "study_seed=STUDY.seeds.study",
        "device=STUDY.device",
        "precision=STUDY.precision",
        "share=STUDY.seeds.share",
        "start=start_of(NAME)",
        "files=words_for(NAME)",
        "options=options_for(NAME)",
        "model=model_for(NAME)",
    }
    assert len(values) >= 7


@pytest.mark.slow
def test_a_workflow_in_a_folder_with_braces_is_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "le{study}the")
    result = snakemake(folder, "-n", "--configfile", "studies/smoke.yaml")
    assert result.returncode == 1
    assert (
        result.stdout.strip()
        .splitlines()[-1]
        .endswith("Snakemake fills in braces of a path; give the folder a name without them.")
    )
    assert "Traceback" not in result.stdout


WRONG = {
    "twice": ("study: smoke", "study: smoke\nstudy: b", "studies/trial.yaml, line 5: study: is given twice"),
    "octal": ("count: 4", "count: 010", "studies/trial.yaml, line 7: seeds.count: 010 given"),
    "truth": ("latency: false", "latency: no", "studies/trial.yaml, line 14: measures.latency: no given"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_snakemake_called_by_hand_refuses_what_lethe_refuses(workspace: Path, wrong: str) -> None:
    old, new, expected = WRONG[wrong]
    text = (workspace / "studies/smoke.yaml").read_text()
    assert old in text
    (workspace / "studies/trial.yaml").write_text(text.replace(old, new))
    result = snakemake(workspace, "-n", "--configfile", "studies/trial.yaml")
    assert result.returncode == 1
    lines = result.stdout.strip().splitlines()
    assert lines[0].startswith(expected) and lines[1:] == ["Nothing was started."]


@pytest.mark.slow
def test_a_value_of_the_command_line_is_a_number_and_not_a_text(workspace: Path) -> None:
    arguments = ("-n", "--configfile", "studies/smoke.yaml", "--config")
    result = snakemake(workspace, *arguments, "seeds={count: 2, block: 2}")
    assert result.returncode == 0 and re.search(r"^train +1$", result.stdout, re.MULTILINE), result.stdout
    result = snakemake(workspace, *arguments, "seeds={count: 010, block: 2}")
    assert result.returncode == 1
    assert result.stdout.startswith("--config seeds: line 1: count: 010 given")
