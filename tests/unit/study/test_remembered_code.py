"""Versions of the code that are remembered are those of the files as they are."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lethe.core import code_version as code
from lethe.study import remembered_code

FILES = ("compress.py", "lethe/compress/methods/random.py")


@pytest.fixture
def again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """One process after the other: each gives the version of FILES, and says what it had to compute for it."""
    scripts = tmp_path / "scripts"
    shutil.copytree(code.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(code, "SCRIPTS", scripts)
    ends: list[tuple[object, ...]] = []
    monkeypatch.setattr(remembered_code.atexit, "register", lambda *call: ends.append(call))
    computed: list[str] = []
    found = code.code_version.__wrapped__

    def compute(*files: str) -> str:
        computed.append("computed")
        for memo in (code._decides, code._parsed, code._imports, code._content, code._linked):
            memo.cache_clear()
        return found(*files)

    monkeypatch.setattr(code, "code_version", compute)

    def process() -> list[str]:
        for memo in (remembered_code.code_version, remembered_code._known):
            memo.cache_clear()
        computed.clear()
        version = remembered_code.code_version(*FILES)
        for end, *arguments in ends:
            end(*arguments)  # type: ignore[operator]
        ends.clear()
        return [version, *computed]

    yield process
    for memo in (remembered_code.code_version, remembered_code._known):
        memo.cache_clear()
    for memo in (code._decides, code._parsed, code._imports, code._content, code._linked):
        memo.cache_clear()


@pytest.mark.slow
def test_a_second_process_parses_nothing_and_an_edit_counts_at_once(
    again: Callable[[], list[str]], tmp_path: Path
) -> None:
    (first, *computed) = again()
    assert computed == ["computed"] and again() == [first]
    method = tmp_path / "scripts" / FILES[1]
    text = method.read_text()
    method.write_text(text.replace("torch.rand(", "torch.randn("))
    (edited, *computed) = again()
    assert computed == ["computed"] and edited != first
    method.write_text(text)
    assert again() == [first]


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "[", '{"versions": {"of": "others"}}'])
def test_a_damaged_memory_is_found_again(again: Callable[[], list[str]], tmp_path: Path, content: str) -> None:
    first = again()
    for memory in tmp_path.rglob("code.*.json"):
        memory.write_text(content or memory.read_text().replace(first[0], "0" * 12))
    assert again() == first


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_stops_nothing(again: Callable[[], list[str]], tmp_path: Path) -> None:
    (tmp_path / ".snakemake").write_text("no folder")
    assert again()[1:] == ["computed"] and again()[1:] == ["computed"]
