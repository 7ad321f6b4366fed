"""No method is named by a literal outside of its own file: what a method is stands in its SPEC and in artefacts."""

import ast
from pathlib import Path

import pytest

from lethe.core import registry
from lethe.core.code_version import SCRIPTS

METHODS = registry.LIBRARY / registry.METHODS
NAMES = frozenset(registry.names(registry.METHODS))
# Words of other libraries that happen to be a method's name: `rich` folds a long line.
OF_OTHERS = {("lethe/run/status_table.py", "fold")}
FILES = [file for file in sorted(SCRIPTS.rglob("*.py")) if METHODS not in file.parents]


def literals(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and value of every text in the code, docstrings left out."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
    }
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [(node.lineno, node.value) for node in texts if id(node) not in docstrings]


def named(text: str) -> set[str]:
    """Methods that a text names: it is their name, or has one of several words among its own.

    A name that is a word of the language, such as `random` or `fold`, counts only where it is the whole text.
    """
    words = set(text.replace("'", " ").replace("`", " ").replace(",", " ").replace(".", " ").replace("/", " ").split())
    return {name for name in NAMES if text == name or ("_" in name and name in words)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SCRIPTS).as_posix())
def test_no_code_outside_of_a_method_names_one(file: Path) -> None:
    place = file.relative_to(SCRIPTS).as_posix()
    found = [(line, text) for line, text in literals(ast.parse(file.read_text())) if named(text)]
    assert [(line, text) for line, text in found if (place, text) not in OF_OTHERS] == []


def test_rules_name_no_method() -> None:
    root = SCRIPTS.parents[1]
    for file in [root / "Snakefile", *sorted((root / "rules").glob("*.smk"))]:
        for quoted in file.read_text().replace("'", '"').split('"')[1::2]:
            assert not named(quoted), f"{file.name}: {quoted}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("random", {"random"}),
        ("a random order", set()),
        ("fold", {"fold"}),
        ("as channel_random does", {"channel_random"}),
        ("lethe/compress/methods/fold_random.py", {"fold_random"}),
        ("magnitude", set()),
    ],
)
def test_what_counts_as_a_name(text: str, expected: set[str]) -> None:
    assert named(text) == expected
