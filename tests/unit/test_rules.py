"""What holds for the text of every rule."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "".join(file.read_text() for file in sorted((ROOT / "rules").glob("*.smk")))


def test_a_parameter_that_reads_inputs_says_nothing_of_the_config() -> None:
    """Snakemake takes such a parameter for derived from the files: a change of the config in it would rerun nothing."""
    derived = re.findall(r"^        (\w+)=lambda wc, input: (.*(?:\n {12,}.*|\n        \].*)*)", SOURCE, re.MULTILINE)
    assert {"data", "labelled", "channels", "dense"} <= {name for name, _ in derived}
    assert [name for name, text in derived if re.search(r"\b(grid|STUDY|sources|registry)\b", text)] == []


def test_every_command_finds_its_entry_script_wherever_the_workflow_lies() -> None:
    """A path relative to the working folder breaks elsewhere; an absolute one in a command reruns what has moved."""
    commands = re.findall(r"^ +shell:\n +(.*)", SOURCE, re.MULTILINE)
    assert len(commands) == SOURCE.count("shell:\n") >= 12
    own = ('f"python {SCRIPTS}/', '"{params.start} "')  # a measure may be started with one thread
    assert [command for command in commands if not command.startswith(own)] == []
