"""Texts are read and written in UTF-8, whatever the user's locale is: every call says so."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = {"read_text", "write_text", "open", "fdopen", "TextIOWrapper", "NamedTemporaryFile"}
OPENS_BYTES = {"Image", "gzip", "tarfile", "zipfile", "os"}  # what these open holds no text
PROCESSES = {"run", "Popen", "check_output"}


def texts_without_encoding(source: str) -> list[int]:
    """Lines that open a text, or talk with a process in text, and leave the encoding to the user's locale."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and _is_unsaid(node)]


def _is_unsaid(call: ast.Call) -> bool:
    given = {keyword.arg for keyword in call.keywords}
    if "encoding" in given:
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in PROCESSES:
        return bool(given & {"text", "universal_newlines"})
    if name not in TEXT:
        return False
    if name in ("read_text", "write_text"):
        # `write_text(path, text)` is the library's own.
        return isinstance(call.func, ast.Attribute) and len(call.args) < (1 if name == "read_text" else 2)
    owner = getattr(getattr(call.func, "value", None), "id", "")
    modes = [part.value for part in ast.walk(call) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return owner not in OPENS_BYTES and not any("b" in mode and len(mode) <= 3 for mode in modes)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("path.read_text()", [1]),
        ("path.read_text(encoding='utf-8')", []),
        ("path.write_text('ü')", [1]),
        ("open(path)\nopen(path, 'w')\nopen(path, 'rb')", [1, 2]),
        ("path.open('a')\npath.open('wb')", [1]),
        ("subprocess.run(command, text=True)\nsubprocess.run(command)", [1]),
        ("os.open(path, os.O_RDONLY)\nImage.open(path)\nwrite_text(path, text)", []),
    ],
)
def test_such_calls_are_found(source: str, lines: list[int]) -> None:
    assert texts_without_encoding(source) == lines


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["workflow/scripts", "benchmarks"])
def test_no_text_is_read_in_the_users_encoding(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert len(files) >= 5
    found = {file.relative_to(ROOT).as_posix(): texts_without_encoding(file.read_text("utf-8")) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}
