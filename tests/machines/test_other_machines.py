"""The fast tests pass on other machines, as far as settings can stand for them: "green here" is no proof elsewhere.

Each of these runs all of the fast tests again; `make test-machines` runs them alone.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import require
from support.machines import (
    INSTRUCTIONS,
    ODD_NAME,
    copy_repository,
    run_fast_tests,
    with_instructions,
    with_surroundings,
)
from support.settings import UNWRITABLE

minutes = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)]
TELL = """
import json, locale, matplotlib, numpy, scipy.linalg, threadpoolctl, torch
libraries = [library for library in threadpoolctl.threadpool_info() if library["internal_api"] == "openblas"]
print(json.dumps({
    "torch": torch.backends.cpu.get_cpu_capability(),
    "openblas": sorted({library["architecture"] for library in libraries}),
    "numpy": numpy.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
    "sum": torch.randn(999, generator=torch.Generator().manual_seed(0)).exp().sum().item().hex(),
}))
"""


def require_x86() -> None:
    require(platform.machine() in {"x86_64", "AMD64"}, "a processor whose newer instructions can be switched off")


def told(environment: dict[str, str]) -> dict[str, object]:
    """What libraries say they use."""
    result = subprocess.run([sys.executable, "-c", TELL], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
def test_libraries_use_no_newer_instructions_than_they_are_allowed() -> None:
    require_x86()
    oldest, newer = (told(with_instructions(name)) for name in INSTRUCTIONS)
    assert (oldest["torch"], oldest["openblas"], oldest["numpy"]) == ("DEFAULT", ["Nehalem"], [])
    assert newer["torch"] in {"DEFAULT", "AVX2"} and not any("512" in each for each in newer["numpy"])
    if newer["torch"] == "AVX2":
        assert newer["openblas"] == ["Haswell"] and newer["numpy"]


@pytest.mark.parametrize("name", [pytest.param(name, marks=minutes) for name in INSTRUCTIONS])
def test_the_fast_tests_pass_with_other_instructions(tmp_path: Path, name: str) -> None:
    require_x86()
    result = run_fast_tests(copy_repository(tmp_path / "lethe"), with_instructions(name))
    assert result.returncode == 0, result.stdout[-20_000:]


@pytest.mark.parametrize("name", [pytest.param(ODD_NAME, marks=minutes)])
def test_the_fast_tests_pass_in_a_folder_of_an_odd_name_with_a_locale_and_a_home_of_no_use(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(OSError, match=str(UNWRITABLE)):
        (UNWRITABLE / "lethe").mkdir()
    result = run_fast_tests(copy_repository(tmp_path / name), with_surroundings())
    assert result.returncode == 0, result.stdout[-20_000:]
