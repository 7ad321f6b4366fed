"""Every private function of more than three lines says in a docstring what it does, as public ones do."""

import ast
from pathlib import Path

import pytest

from lethe.core.code_version import SCRIPTS

FILES = sorted(SCRIPTS.rglob("*.py"))
SHORT = 3


def silent(tree: ast.Module) -> list[str]:
    """Private functions, at any depth, that have more lines than a short one and no docstring."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [f.name for f in functions if is_private(f.name) and is_long(f) and ast.get_docstring(f) is None]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def is_long(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    last = function.body[-1].end_lineno
    assert last is not None
    return last - function.body[0].lineno + 1 > SHORT


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SCRIPTS).as_posix())
def test_private_functions_of_more_than_three_lines_have_a_docstring(file: Path) -> None:
    assert silent(ast.parse(file.read_text())) == []


def test_a_long_private_function_without_a_docstring_is_found() -> None:
    body = "\n    x = 1" * (SHORT + 1)
    assert silent(ast.parse(f"def _f():{body}\ndef g():{body}\ndef _h():{body[: -len(body) // 4]}")) == ["_f"]
    assert silent(ast.parse(f'class C:\n  def _f(self):\n    """Said."""{body}')) == []
