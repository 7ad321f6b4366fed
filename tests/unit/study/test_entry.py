"""Where a shell finds the entry scripts: by the same words on every machine, wherever the workflow lies."""

import subprocess
from pathlib import Path

import pytest

from lethe.study.entry import ENTRY_SCRIPTS, VARIABLE, entry_scripts

ROOT = Path(__file__).resolve().parents[3]


def found(scripts: str) -> str:
    """What a shell in the working folder finds under an entry script's name."""
    command = ["bash", "-c", f"cat {scripts}/compress.py"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")


def test_in_the_workflows_own_folder_scripts_are_relative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert entry_scripts(ROOT) == entry_scripts(ROOT / "rules/..") == ENTRY_SCRIPTS
    assert found(ENTRY_SCRIPTS) == (ROOT / ENTRY_SCRIPTS / "compress.py").read_text()


def test_elsewhere_the_words_do_not_say_where_the_workflow_lies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = set()
    for name in ("one", "with a space"):
        workflow = tmp_path / name
        (workflow / ENTRY_SCRIPTS).mkdir(parents=True)
        (workflow / ENTRY_SCRIPTS / "compress.py").write_text(name)
        words.add(entry_scripts(workflow))
        assert found(*words) == name
    assert len(words) == 1
