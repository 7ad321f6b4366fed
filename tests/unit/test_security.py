"""What SECURITY.md promises of the code: no pickle, YAML as data, no shell, no network but torchvision's downloads."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow/scripts"
FILES = sorted(SCRIPTS.rglob("*.py"))
TEXT = (ROOT / "SECURITY.md").read_text()
PICKLES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
NETWORK = {"urllib.request", "requests", "httpx", "http.server", "ftplib", "socketserver", "ssl", "huggingface_hub"}


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(file.read_text())))


def imported(file: Path) -> Iterator[str]:
    """Modules that a file imports, at its top or inside a function."""
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every call of a file as text, with its named arguments."""
    for node in nodes(file):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg}


def importers(modules: set[str]) -> list[str]:
    """Files that import one of these modules, or a part of it."""
    return [file.name for file in FILES if any({name, name.split(".")[0]} & modules for name in imported(file))]


def is_socket(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("socket.socket", "socket.create_connection")


def asks_for_downloads(file: Path) -> bool:
    return any("download" in words for _, words in calls(file))


@pytest.mark.slow
def test_no_module_imports_what_reads_pickles() -> None:
    assert len(FILES) > 200 and importers(PICKLES) == []


@pytest.mark.slow
def test_nothing_is_loaded_in_a_way_that_could_unpickle() -> None:
    found = [(file.name, name, words) for file in FILES for name, words in calls(file)]
    assert [each for each in found if each[1] in ("torch.load", "pd.read_pickle", "pandas.read_pickle")] == []
    assert [each for each in found if "allow_pickle" in each[2]] == []
    # It has just been written, by the same job, from bytes in memory.
    assert [each[0] for each in found if each[1] == "torch.export.load"] == ["export.py"]


def test_yaml_is_parsed_into_events_and_never_into_objects() -> None:
    found = [(name, words) for file in FILES for name, words in calls(file) if name.startswith("yaml.")]
    reading = [each for each in found if each[0].removeprefix("yaml.") not in ("YAMLError", "safe_dump", "dump")]
    assert ("yaml.parse", {"Loader": "yaml.SafeLoader"}) in reading
    unsafe = ("yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load")
    assert [each for each in reading if each[0] in unsafe] == []


def test_no_shell_reads_what_is_started() -> None:
    found = [(file.name, name, words) for file in FILES for name, words in calls(file)]
    assert [each for each in found if each[2].get("shell", "False") != "False"] == []
    assert [each for each in found if each[1] in ("os.system", "os.popen", "eval", "subprocess.getoutput")] == []
    assert [each[0] for each in found if each[1] == "exec"] == ["warm_job.py"]


def test_nothing_speaks_to_the_network_but_the_sets_that_torchvision_downloads() -> None:
    assert importers(NETWORK) == []
    sockets = [ast.unparse(node) for file in FILES for node in nodes(file) if is_socket(node)]
    assert sockets and [each for each in sockets if "AF_UNIX" not in each and "fileno=" not in each] == []
    asking = [file.relative_to(SCRIPTS / "lethe").as_posix() for file in FILES if asks_for_downloads(file)]
    assert asking and all(file.startswith(("data/sets/", "data/idx_sets", "data/torchvision_sets")) for file in asking)
    pretrained = [words["pretrained"] for file in FILES for _, words in calls(file) if "pretrained" in words]
    assert set(pretrained) <= {"False"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_pages_lead_to_it(page: str) -> None:
    assert "](SECURITY.md)" in (ROOT / page).read_text()


def test_it_says_how_to_report_a_fault_privately_and_names_nobody() -> None:
    assert "Report a\nvulnerability" in TEXT and "privately" in TEXT
    assert "@" not in TEXT and "://" not in TEXT
