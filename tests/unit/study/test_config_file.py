"""A study's file that is missing, broken or empty is told in one sentence."""

from pathlib import Path

import pytest

from lethe.core.errors import ConfigError
from lethe.study.config_file import read_config_file, shown_path


def test_keys_are_read(tmp_path: Path) -> None:
    (tmp_path / "trial.yaml").write_text("study: trial\nseeds: {count: 4}\n")
    assert read_config_file(tmp_path / "trial.yaml") == {"study": "trial", "seeds": {"count": 4}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "holds nothing"),
        (b"# only a comment\n", "holds nothing"),
        (b"- study\n", "holds a list"),
        (b"study\n", "holds a text"),
        (b"study: a\n  dataset: b\n", "line 2, column 10: this is not YAML: a colon stands where none can"),
        (b"study: {a: 1\n", "this is not YAML: what begins with { in line 1 is not closed with }"),
        (b"study:\t- a\n", "this is not YAML"),
        (b"\xff\xfe\x00", "this is not YAML"),
    ],
)
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, content: bytes, expected: str) -> None:
    file = tmp_path / "trial.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_config_file(file)
    message = str(caught.value)
    assert message.startswith(str(file)) and expected in message and "\n" not in message


def test_a_missing_file_lists_its_neighbours_and_the_nearest(tmp_path: Path) -> None:
    for name in ("smoke.yaml", "imagenet.yaml"):
        (tmp_path / name).touch()
    with pytest.raises(ConfigError, match=r"smok\.yaml: there is no such file; known: .*did you mean '.*smoke\.yaml'"):
        read_config_file(tmp_path / "smok.yaml")


def test_of_very_many_neighbours_some_are_listed(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"a{number:03}.yaml").touch()
    with pytest.raises(ConfigError, match=r"a039\.yaml, and 160 more; did you mean '.*a1[0-9]*\.yaml'"):
        read_config_file(tmp_path / "a1555.yaml")


def test_paths_are_shown_as_a_reader_would_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "studies/a.yaml") == "studies/a.yaml"
    assert shown_path("studies/a.yaml") == "studies/a.yaml"
    assert shown_path("/elsewhere/a.yaml") == "/elsewhere/a.yaml"
