"""Pages say what is: links and make targets exist; architecture.md names every room and draws the imports."""

import ast
import configparser
import re
from pathlib import Path

import pytest

from lethe.core import registry
from lethe.core.registry import LIBRARY
from lethe.study import paths

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/architecture.md").read_text()
ROOMS = {folder.name for folder in LIBRARY.iterdir() if (folder / "__init__.py").is_file()}
QUOTED = sorted(set(re.findall(r"`([\w./-]+/[\w./-]*|\.?\w+\.(?:py|md|yaml|smk)|\.importlinter)`", TEXT)))
RESULTS = {"evaluations/", "pies/"}  # of the results tree, which only a study makes

Arrow = tuple[str, str]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "config/README.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
MAKEFILE = (ROOT / "Makefile").read_text()


def drawn() -> set[Arrow]:
    """Arrows of the picture: from a room to one that it imports."""
    (picture,) = re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    return set(re.findall(r"^ +(\w+)(?:\[.*?\])? --> (\w+)(?:\[.*?\])?$", picture, re.MULTILINE))


def imported() -> set[Arrow]:
    """Imports between rooms, at the top of a file or inside a function."""
    statements = (
        (file.relative_to(LIBRARY).parts[0], node.module.split(".")[1])
        for room in ROOMS
        for file in (LIBRARY / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lethe.")
    )
    return {(importer, room) for importer, room in statements if importer != room}


def reached(start: str, arrows: set[Arrow]) -> set[str]:
    """Rooms at the end of any chain of arrows that begins in one."""
    found, waiting = set[str](), [start]
    while waiting:
        here = waiting.pop()
        new = {end for begin, end in arrows if begin == here} - found
        found |= new
        waiting += new
    return found


def contract(name: str, field: str) -> list[str]:
    """Lines of a contract of `.importlinter`."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    return [line for line in config[f"importlinter:contract:{name}"][field].split("\n") if line]


def layers() -> list[set[str]]:
    """Rooms as `.importlinter` orders them: a room may import those of later lines."""
    return [set(re.findall(r"\w+", line)) for line in contract("rooms", "layers")]


def test_paths_are_quoted() -> None:
    assert len(QUOTED) > 40


@pytest.mark.parametrize("path", QUOTED)
def test_every_path_in_backticks_exists(path: str) -> None:
    assert path in RESULTS or (ROOT / path).exists() or (LIBRARY / path).exists()


def test_every_room_and_every_folder_of_plugins_is_named() -> None:
    assert [room for room in [*ROOMS, *registry.NOUNS] if f"`{room}/`" not in TEXT] == []


def test_every_path_pattern_of_the_rules_stands_in_the_results_tree() -> None:
    patterns = [value for value in vars(paths).values() if isinstance(value, str) and value.startswith("results/")]
    tree = TEXT.replace("{split}.npy, {split}.parquet", "{split}{ending} results/{study}/data/{split}.parquet")
    assert patterns and [pattern for pattern in patterns if pattern not in tree] == []


def test_the_picture_has_the_rooms_of_the_linter_and_its_arrows_go_down() -> None:
    order = {room: number for number, layer in enumerate(layers()) for room in layer}
    assert set(order) == ROOMS == {room for arrow in drawn() for room in arrow}
    assert [(begin, end) for begin, end in drawn() if order[begin] >= order[end]] == []


def test_the_linter_keeps_the_plugins_of_every_folder_apart() -> None:
    folders = [f"lethe.{folder.replace('/', '.')}.*" for folder in registry.NOUNS]
    assert sorted(contract("plugins", "modules")) == sorted(folders)


@pytest.mark.slow
def test_the_picture_draws_every_import_that_does_not_follow_from_others() -> None:
    arrows = imported()
    needed = {(begin, end) for begin, end in arrows if end not in reached(begin, arrows - {(begin, end)})}
    assert sorted(drawn()) == sorted(needed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    commands = re.findall(r"(?:^|`)make ([a-zA-Z-]+(?: [a-z-]+)*)", page.read_text(), re.MULTILINE)
    named = {word for command in commands for word in command.split()}
    assert {target for target in named if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)} == set()


def test_contributing_leads_to_what_it_must() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    needed = ("docs/architecture.md", "docs/extending.md", "config/README.md", "docs/options.md", "CHANGELOG.md")
    assert [page for page in needed if f"]({page})" not in text] == []
    assert {"setup", "test-fast", "lint", "types", "test-long", "reference"} <= set(re.findall(r"[a-z-]+", text))
