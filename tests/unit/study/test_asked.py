"""A job and the plan that names it agree on what is asked, and disagree wherever a result would differ."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.study.asked import asked_by, asked_in_shell, in_braces

WORDS = ["a/{b,c}/d{1,2}.x", "{.npy,.parquet}", "plain", "--x={a}", "a{}b", "test{.npy,.parquet}"]


def test_braces_are_those_of_bash() -> None:
    for word in WORDS:
        told = subprocess.run(["bash", "-c", f"printf '%s\\n' {word}"], capture_output=True, text=True, check=True)
        assert in_braces(word) == told.stdout.splitlines(), word


def test_json_is_left_as_it_is() -> None:
    word = '{"levels": [1, 2], "a": {"b": 3, "c": 4}}'
    assert in_braces(word) == [word]


def test_a_job_gets_what_the_plan_saw(tmp_path: Path) -> None:
    """Through a real shell, with JSON, braces, empty values and what Snakemake quotes."""
    script = tmp_path / "show.py"
    script.write_text("import json, sys; print(json.dumps(sys.argv))")
    options = shlex.quote('{"levels": [1, 2], "name": "it\'s, here"}')
    command = (
        f"python {shlex.quote(str(script))} checkpoint=c/seeds{{0-1,2-3}}.x --output out.parquet  --options {options} "
        "--model='' --attempt 2 --root=/somewhere --code-version abc --code-files a.py,b.py "
        "--named .lethe/inputs/s/model.json"
    )
    planned = asked_in_shell(f"OMP_NUM_THREADS=1 {command} &> 'a log' && {{ grep x 'a log' >&2 || true; }}")
    run = command.replace("python ", f"{shlex.quote(sys.executable)} ", 1)
    argv = subprocess.run(["bash", "-c", run], capture_output=True, text=True, check=True).stdout
    words = __import__("json").loads(argv)
    assert planned == asked_by(words[0], words[1:])
    assert planned is not None and planned.code == "abc" and planned.code_files == ("a.py", "b.py")
    assert planned.named == (".lethe/inputs/s/model.json",)
    assert (
        "--code-files" not in planned.words and "--named" not in planned.words and "--root=/somewhere" in planned.words
    )


@pytest.mark.parametrize(
    "same", [["--attempt", "3"], ["--root=/other"], ["--code-version", "x"], ["--code-files", "y.py"]]
)
def test_what_decides_nothing_changes_nothing(same: list[str]) -> None:
    assert asked_by("a/train.py", ["out", *same]).digest == asked_by("b/train.py", ["out"]).digest


@given(
    st.lists(st.text(alphabet="ab-= {}0", max_size=4), max_size=4),
    st.lists(st.text(alphabet="ab-= {}0", max_size=4), max_size=4),
)
def test_other_words_are_other_commands(one: list[str], other: list[str]) -> None:
    assert (asked_by("x.py", one).digest == asked_by("x.py", other).digest) == (one == other)


def test_blocks_of_seeds_are_alike_and_nothing_else_is() -> None:
    def alike(*words: str) -> str:
        return asked_by("train.py", words).alike

    first = alike("results/s/seeds0-4.safetensors", "--seeds", "0-4", "--options", '{"epochs": 2}')
    assert first == alike("results/s/seeds5-9.safetensors", "--seeds", "5-9", "--options", '{"epochs": 2}')
    assert first != alike("results/s/seeds5-9.safetensors", "--seeds", "5-9", "--options", '{"epochs": 6}')


@pytest.mark.parametrize("command", ["touch a", "python", ""])
def test_a_rule_that_starts_no_script_is_none_of_ours(command: str) -> None:
    assert asked_in_shell(command) is None
