"""The folder is the registry: names are files, literals are read without importing torch."""

import subprocess
import sys

import pytest

from lethe.core import registry
from lethe.core.code_version import SCRIPTS
from lethe.core.errors import UnknownName

ROOMS = ["data", "data/corruptions", "models", "regimes", "compress", "report/tables", "report/figures"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_plug_in_is_named_like_its_file_and_says_what_it_is(room: str) -> None:
    assert registry.names(room)
    for name in registry.names(room):
        spec = registry.load(room, name)
        assert spec.name == name == registry.literal(room, name, "name")
        said = registry.literal(room, name, "title" if room.startswith("report") else "summary")
        assert said and not said.endswith(".")


def test_shared_files_of_a_room_are_no_plug_ins() -> None:
    assert "spec" not in registry.names("compress")
    assert "masks" not in registry.names("compress")


def test_an_unknown_name_lists_what_is_known() -> None:
    with pytest.raises(UnknownName, match=r"unknown compression method 'randon'; known: .*did you mean 'random'\?"):
        registry.load("compress", "randon")


def test_parsing_a_workflow_never_imports_torch() -> None:
    program = (
        "import sys\n"
        "from lethe.core import config, registry, grid, code_version, precheck, status\n"
        "[registry.literal('compress', n, 'pairing') for n in registry.names('compress')]\n"
        "heavy = {'torch', 'timm', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, check=True)
