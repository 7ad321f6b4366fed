"""Nothing that befalls a study is lost: it is found and named, or harmless; `make faults` prints the whole table."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.workspace import environment

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parent / "table.py"


@pytest.mark.timeout(6 * 3600)  # the long round starts a dozen studies, and disturbs each for minutes
@pytest.mark.long
@pytest.mark.parametrize("is_short", [True, False])
def test_nothing_is_lost(undisturbed: Path, tmp_path: Path, is_short: bool) -> None:
    rows = inject(undisturbed, tmp_path / "rows.json", *(["--short"] if is_short else ["--signals", "200"]))
    assert {kind: lost for kind, (_, lost) in rows.items() if lost} == {}
    injected = sum(count for count, _ in rows.values())
    assert injected >= (500 if is_short else 1200), rows
    assert len(rows) >= (30 if is_short else 50), rows
    assert rows["one bit"][0] >= 300  # twenty of every kind of artefact


def inject(study: Path, found: Path, *options: str) -> dict[str, tuple[int, list[str]]]:
    """What the script finds, by kind of fault."""
    command = [sys.executable, str(SCRIPT), "--study", str(study), "--json", str(found), *options]
    result = subprocess.run(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert found.exists(), result.stdout
    rows: dict[str, tuple[int, list[str]]] = json.loads(found.read_text())
    assert result.returncode == bool(any(lost for _, lost in rows.values())), result.stdout
    return rows
