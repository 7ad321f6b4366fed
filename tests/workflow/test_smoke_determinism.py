"""Equal bytes whatever the number of workers and the size of blocks, and nothing of this machine in them."""

import re
import socket
import time
from pathlib import Path

import pytest

from support.faults import CONFIG, artefacts
from support.workspace import snakemake

pytestmark = pytest.mark.slow


@pytest.mark.long
def test_neither_workers_nor_blocks_change_a_number(undisturbed: Path, study: Path) -> None:
    config = study / CONFIG
    config.write_text(config.read_text().replace("block: 2", "block: 4"))
    # Records name the files that a table is made from, and so the blocks.
    endings = (".csv", ".tex")
    expected = {path: content for path, content in artefacts(undisturbed).items() if path.endswith(endings)}
    targets = [path for path in expected if path.endswith(".csv")]
    result = snakemake(study, *targets, "--configfile", CONFIG, "--cores", "1")
    assert result.returncode == 0, result.stdout
    found = {path: content for path, content in artefacts(study).items() if path.endswith(endings)}
    assert len(targets) >= 4 and found == expected


def forbidden(folder: Path) -> dict[str, bytes]:
    """What would betray where and when a file was made, as patterns of bytes."""
    host = socket.gethostname().encode()
    patterns = {
        "folder": re.escape(str(folder).encode()),
        "home": re.escape(str(Path.home()).encode()) + rb"/",
        "time": rb"\b%b-?[01]\d-?[0-3]\d[T ]?[0-2]\d:?[0-5]\d" % time.strftime("%Y").encode(),
    }
    # A host's name of two letters stands in any compressed image by chance.
    return {**patterns, "host": rb"\b" + re.escape(host) + rb"\b"} if len(host) > 3 else patterns


def test_artefacts_name_no_folder_host_or_time(undisturbed: Path) -> None:
    files = artefacts(undisturbed)
    assert len(files) > 50
    patterns = forbidden(undisturbed.parent)
    found = [(path, what) for path, bytes_ in files.items() for what in patterns if re.search(patterns[what], bytes_)]
    assert found == []
