"""What holds for every test: one thread, figures without a screen, few examples of a property in a fast run."""

import gc
import os
import signal
import tempfile
from inspect import isfunction, signature
from pathlib import Path
from typing import Any, get_args

import jaxtyping
import pytest
import torch
from hypothesis import settings

from support.shared import SHARED_CHECKS

_JAXTYPED = jaxtyping.jaxtyped


def _has_shapes(annotation: Any) -> bool:
    """Whether an annotation names an array with its shape, or is a text that may."""
    if isinstance(annotation, str | list):
        return isinstance(annotation, str) or any(map(_has_shapes, annotation))
    is_array = isinstance(annotation, type) and issubclass(annotation, jaxtyping.AbstractArray)
    return is_array or any(map(_has_shapes, get_args(annotation)))


def _jaxtyped(function: Any = None, *, typechecker: Any) -> Any:
    """What the import hook puts around every function: its types are checked, and its shapes where it has some.

    jaxtyping's own binds the arguments of every call anew, which is a third of the tests' time; what is checked is the
    same for a function that names no array.
    """
    if function is None:
        return lambda decorated: _jaxtyped(decorated, typechecker=typechecker)
    if isfunction(function):
        told = signature(function)
        if not any(map(_has_shapes, [told.return_annotation, *(one.annotation for one in told.parameters.values())])):
            return typechecker(function)
    return _JAXTYPED(function, typechecker=typechecker)


jaxtyping.jaxtyped = _jaxtyped
torch.set_num_threads(1)
# A shell's background job ignores Ctrl-C, and so would all that is started here; a handler of our own is not inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Tests that start make are no part of the make that started them, and know none of the variables it was given.
for name in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "VENV", "PYTHON", "PYTHONS"):
    os.environ.pop(name, None)
# A notebook's shell names a backend that is not installed here: an error as soon as matplotlib is imported.
os.environ["MPLBACKEND"] = "agg"
# One makes the study that most others begin with; what follows it needs none.
FIRST = ("/slurm/", "test_content_decides", "/contract/", "/workflow/", "/dag/", "/faults/")
# Cores are shared, so no example has a deadline; `make test-fast` tries fewer of them than `make test`. Elsewhere they
# are drawn anew in every run; in CI they are the same every time, so that a change passes or fails by itself.
IN_CI = bool(os.environ.get("CI"))
settings.register_profile("full", deadline=None, derandomize=IN_CI)
settings.register_profile("fast", max_examples=20, deadline=None, derandomize=IN_CI)


def pytest_configure(config: pytest.Config) -> None:
    if SHARED_CHECKS not in os.environ:  # which workers inherit
        shared = tempfile.TemporaryDirectory(prefix="lethe-tests-")
        (Path(shared.name) / "checked").mkdir()
        os.environ[SHARED_CHECKS] = str(Path(shared.name) / "checked")
        config.add_cleanup(shared.cleanup)
    settings.load_profile("fast" if "not slow" in config.option.markexpr else "full")
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files whose tests take longest begin first, so that no worker is left with one of them at the end.

    Tests that take minutes may take an hour where the machine is busy.
    """
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(3600))
    items.sort(key=lambda item: next((place for place, part in enumerate(FIRST) if part in str(item.path)), len(FIRST)))


def pytest_collection_finish() -> None:
    """Spare the collector, from now on, the million objects that imports leave for good."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_scontrol(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The Slurm plugin asks `scontrol` for 10 s when clients are installed and no controller runs."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "scontrol").write_text("#!/bin/sh\nexit 1\n")
    (folder / "scontrol").chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def require(condition: bool, what: str) -> None:
    """A missing prerequisite is a skip on a laptop and a failure in CI."""
    if condition:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")
