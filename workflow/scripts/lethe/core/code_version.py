"""A short hash of the code that decides a result: it changes when logic changes, not with comments or layout.

The modules are found by walking imports from the entry script and the plug-ins it is told to load. The syntax tree
is hashed without docstrings, and without the fields that differ between Python versions.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

DECIDES_NO_RESULT = "this hash itself"

SCRIPTS = Path(__file__).resolve().parents[2]
# A module that says where, how loudly or how safely, never what, states so by this name, with the reason: editing it
# changes no result. It says so itself, so that it may be moved.
_MARK = "DECIDES_NO_RESULT"


@cache
def code_version(*files: str) -> str:
    """Twelve hexadecimal digits for all modules that these files import, directly or not.

    Where a module lies does not count: an import enters by the content it leads to, so that a moved file, or a package
    with another name, changes nothing.

    Args: files: paths below workflow/scripts, such as "compress.py", "lethe/compress/methods/random.py"; a file that is
        not Python, such as a template, counts byte for byte.
    Raises: FileNotFoundError: one of them does not exist.
    """
    modules = [_linked(module) for module in deciding_modules(*(file for file in files if file.endswith(".py")))]
    others = [hashlib.sha256((SCRIPTS / file).read_bytes()).hexdigest() for file in files if not file.endswith(".py")]
    return hashlib.sha256(";".join(sorted(modules) + sorted(others)).encode()).hexdigest()[:12]


def forget() -> None:
    """Read all files again the next time."""
    for remembered in (code_version, _decides, _parsed, _imports, _content, _linked):
        remembered.cache_clear()


def deciding_modules(*files: str) -> frozenset[Path]:
    """Files of the modules that decide what these files compute, the files themselves included."""
    waiting = [SCRIPTS / file for file in files]
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in found or not _decides(file):
            continue
        found.add(file)
        waiting.extend(target for targets in _imports(file).values() for target in targets)
    return frozenset(found)


@cache
def _decides(file: Path) -> bool:
    """Whether a module does not say of itself that it decides no result."""
    assigned = (node for node in _parsed(file).body if isinstance(node, ast.Assign))
    names = {target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)}
    return _MARK not in names


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def _imports(file: Path) -> dict[int, list[Path]]:
    """Files of lethe that each import statement of a module leads to, at its top or inside a function, by position."""
    statements = (node for node in ast.walk(_parsed(file)) if isinstance(node, ast.Import | ast.ImportFrom))
    return {number: _targets(statement) for number, statement in enumerate(statements)}


def _targets(statement: ast.Import | ast.ImportFrom) -> list[Path]:
    """A module that a statement names, or those that it takes out of a package."""
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    else:
        names = [f"{statement.module}.{alias.name}" for alias in statement.names] + [str(statement.module)]
    return [file for name in names if name.split(".")[0] == "lethe" and (file := _file_of(name)) is not None]


def _file_of(name: str) -> Path | None:
    file = SCRIPTS / (name.replace(".", "/") + ".py")
    return file if file.exists() else None


@cache
def _content(file: Path) -> str:
    """Hash of a module's logic, the places of lethe's modules left out."""
    return hashlib.sha256(_canonical(_parsed(file)).encode()).hexdigest()


@cache
def _linked(file: Path) -> str:
    """Hash of a module's logic and of the logic of each module that it imports, in the order of its imports."""
    targets = (target for targets in _imports(file).values() for target in targets if _decides(target))
    return hashlib.sha256(",".join([_content(file), *map(_content, targets)]).encode()).hexdigest()


def _canonical(node: object) -> str:
    """A syntax tree as text, without positions, docstrings, places of modules, and fields that are empty.

    Python versions differ in the latter.
    """
    if isinstance(node, list):
        return "[" + ",".join(_canonical(item) for item in node) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "lethe":
        return f"ImportFrom({_canonical(node.names)})"
    fields = [
        f"{name}={_canonical(_without_docstring(node, name, value))}"
        for name, value in ast.iter_fields(node)
        if name not in ("ctx", "kind", "type_comment") and value is not None and value != []
    ]
    return f"{type(node).__name__}({','.join(fields)})"


def _without_docstring(node: ast.AST, field: str, value: object) -> object:
    if field != "body" or not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return value
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else value
