"""A short hash of the code that decides a result: it changes when logic changes, not with comments or layout.

The modules are found by walking imports from the entry script and the plug-ins it is told to load. The syntax tree
is hashed without docstrings, and without the fields that differ between Python versions.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]
# Modules that say where, how loudly or how safely, never what: editing them changes no result.
NOT_DECIDING = frozenset(
    {
        "lethe.core.cli",  # turns errors into exit codes
        "lethe.core.errors",  # the classes of errors
        "lethe.core.explain",  # the words of errors
        "lethe.core.files",  # temporary names and locks
        "lethe.core.progress",  # what a person sees while it runs
        "lethe.core.registry",  # finds files; the files themselves are hashed
        "lethe.core.suggest",  # the words of errors
        "lethe.core.options",  # refuses configs before any job
        "lethe.core.code_version",  # this hash itself
        "lethe.core.grid",  # which jobs there are, not what one does
        "lethe.core.provenance",  # the record beside a result
        "lethe.core.schema",  # names of columns; the code that fills them is hashed, VERSION is checked on reading
        "lethe.core.status",  # looks, never writes
        "lethe.core.status_table",  # the same
        "lethe.core.single_run",  # who may run
        "lethe.core.precheck",  # refuses configs before any job
    }
)


@cache
def code_version(*files: str) -> str:
    """Twelve hexadecimal digits for all modules that these files import, directly or not.

    Args: files: paths below workflow/scripts, such as "compress.py", "lethe/compress/random.py"; a file that is
        not Python, such as a template, counts byte for byte.
    Raises: FileNotFoundError: one of them does not exist.
    """
    digest = hashlib.sha256()
    for name in sorted(deciding_modules(*(file for file in files if file.endswith(".py")))):
        digest.update(f"{name}:{_fingerprint(_file_of(name))};".encode())
    for file in sorted(file for file in files if not file.endswith(".py")):
        digest.update(f"{file}:".encode() + (SCRIPTS / file).read_bytes())
    return digest.hexdigest()[:12]


def deciding_modules(*files: str) -> frozenset[str]:
    """Dotted names of the modules that decide what these files compute, the files themselves included."""
    waiting = [file.removesuffix(".py").replace("/", ".") for file in files]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found or name in NOT_DECIDING:
            continue
        found.add(name)
        waiting.extend(_imports(_file_of(name)))
    return frozenset(found)


def _file_of(name: str) -> Path:
    file = SCRIPTS / (name.replace(".", "/") + ".py")
    return file if file.exists() else SCRIPTS / name.replace(".", "/") / "__init__.py"


@cache
def _imports(file: Path) -> frozenset[str]:
    """Modules of lethe that a file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(name for name in found if name.split(".")[0] == "lethe" and _file_of(name).exists())


@cache
def _fingerprint(file: Path) -> str:
    return hashlib.sha256(_canonical(ast.parse(file.read_text())).encode()).hexdigest()


def _canonical(node: object) -> str:
    """A syntax tree as text: no positions, no docstrings, no empty fields (Python versions differ in those)."""
    if isinstance(node, list):
        return "[" + ",".join(_canonical(item) for item in node) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
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
