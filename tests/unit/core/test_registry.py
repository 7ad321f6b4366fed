"""The folder is the registry: names are files, literals are read without importing torch."""

import subprocess
import sys

import pytest

from lethe.core import registry
from lethe.core.code_version import SCRIPTS
from lethe.core.errors import UnknownName

FOLDERS = list(registry.NOUNS)


@pytest.mark.parametrize("room", FOLDERS)
def test_every_plug_in_is_named_like_its_file_and_says_what_it_is(room: str) -> None:
    assert registry.names(room)
    for name in registry.names(room):
        spec = registry.load(room, name)
        assert spec.name == name == registry.literal(room, name, "name")
        said = registry.literal(room, name, "title" if room.startswith("report") else "summary")
        assert said and not said.endswith(".")


@pytest.mark.parametrize("room", FOLDERS)
def test_a_folder_of_plug_ins_holds_nothing_else(room: str) -> None:
    """`ls` shows what there is to choose from: support files stand one folder above."""
    files = {path.name for path in (registry.LIBRARY / room).iterdir() if path.name != "__pycache__"}
    assert files == {"__init__.py", *(f"{name}.py" for name in registry.names(room))}


def test_every_folder_below_a_room_is_a_folder_of_plug_ins() -> None:
    below = {path.parent.relative_to(registry.LIBRARY).as_posix() for path in registry.LIBRARY.rglob("*/*/*.py")}
    assert below == set(FOLDERS)


def test_an_unknown_name_lists_what_is_known() -> None:
    with pytest.raises(UnknownName, match=r"unknown compression method 'randon'; known: .*did you mean 'random'\?"):
        registry.load(registry.METHODS, "randon")


@pytest.mark.slow
def test_parsing_a_workflow_never_imports_torch() -> None:
    program = (
        "import sys\n"
        "from lethe.core import code_version, registry\n"
        "from lethe.study import config, grid, needs, precheck, results, sources\n"
        "[registry.literal(registry.METHODS, n, 'pairing') for n in registry.names(registry.METHODS)]\n"
        "[results.result(n) for n in registry.names(registry.MEASURES)]\n"
        "heavy = {'torch', 'timm', 'sklearn', 'scipy', 'matplotlib', 'seaborn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, check=True)
