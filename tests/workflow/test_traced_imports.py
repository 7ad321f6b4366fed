"""What a job imports while it runs decides its result, or is known not to: seen in jobs of studies of all plug-ins."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from lethe.core import registry
from lethe.core.code_version import SCRIPTS, deciding_modules
from support.fitting import small_options
from support.traced import not_deciding
from support.workspace import ROOT, environment, make_workspace

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1800)]
# Snakemake reads this when it starts: the files of every code version that a rule asks for are written down.
RECORDER = """
import importlib.util, json, os, sys

class Recorder:
    def find_spec(self, name, path=None, target=None):
        if name != "lethe.core.code_version":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module
        def loaded(module):
            load(module)
            version = module.code_version
            def recorded(*files):
                with open(os.environ["LETHE_SOURCES"], "a") as out:
                    out.write(json.dumps([version(*files), *files]) + "\\n")
                return version(*files)
            module.code_version = recorded
        spec.loader.exec_module = loaded
        return spec

sys.meta_path.insert(0, Recorder())
"""
REPORT = ("make_table.py", "make_figures.py", "make_page.py")
# 18 steps of three dozen images.
REGIME = {"epochs": 2, "batch_size": 4, "learning_rate": 0.001}
LEVELS = {"sparsity": 0.5, "channel_sparsity": 0.5, "bits": 4}
SMALL = {
    "model": {"name": "resnet", "options": {"blocks": [1, 1], "width": 4}},
    "seeds": {"count": 2, "block": 2},
    "labels": {"per_class": 4},
    "device": "cpu",
}
NO_VIEW = "vertical_flip"  # no data set of folders allows it


@dataclass(frozen=True)
class Job:
    """A command of a dry run, the script first."""

    words: tuple[str, ...]

    @property
    def script(self) -> str:
        return Path(self.words[0]).name

    @property
    def version(self) -> str:
        """The code version that the rule gave it; empty where it is only among the rule's parameters."""
        return self.words[self.words.index("--code-version") + 1] if "--code-version" in self.words else ""

    @cached_property
    def files(self) -> set[str]:
        """Files of the study that it reads or writes."""
        paths = {word.rpartition("=")[2] for word in self.words}
        return {path for path in paths if path.startswith("results/") and Path(path).suffix}


@dataclass(frozen=True)
class Ran:
    """A job that ran: what it imported, and the lists of files that its code version may be made from."""

    job: Job
    modules: frozenset[str]
    sources: tuple[tuple[str, ...], ...]


def folder_of_images(folder: Path) -> Path:
    """Three classes of coloured noise."""
    generator = np.random.default_rng(0)
    for split, count in (("train", 12), ("test", 4)):
        for name in ("a", "b", "c"):
            place = folder / split / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(0, 256, (12, 12, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(place / f"{number}.png")
    return folder


def everything(images: Path) -> dict[str, Any]:
    """A study of all regimes, methods, measures, corruptions and views, with their defaults."""
    regimes: dict[str, Any] = dict.fromkeys(registry.names(registry.REGIMES), REGIME)
    views = [name for name in registry.names(registry.VIEWS) if name != NO_VIEW]
    regimes |= {"viewed": {"plugin": "supervised", **REGIME, "views": views}}
    compression = {
        name: {
            "levels": [LEVELS[registry.literal(registry.METHODS, name, "level_kind")]],
            "options": small_options(registry.load(registry.METHODS, name).Options),
            "regimes": ["supervised"],
        }
        for name in registry.names(registry.METHODS)
    }
    return {
        "study": "everything",
        "dataset": {"name": "image_folder", "root": str(images), "options": {"size": 12}},
        **SMALL,
        "seeds": {"count": 2, "block": 1},  # most jobs are then of one network
        "regimes": regimes,
        "compression": compression,
        "evaluation": {"splits": ["test", "test@*-1"]},
        "generalisation": {"label_noise": [0.3]},
        "measures": dict.fromkeys(registry.names(registry.MEASURES), True),
    }


def reported() -> dict[str, Any]:
    """A study that has every table and figure, of as few cells as it takes."""
    return {
        "study": "reported",
        "dataset": {"name": "toy", "options": {"train": 24, "test": 12}},
        **SMALL,
        "regimes": {"supervised": REGIME},
        "compression": {"magnitude_global": {"levels": [0.5]}, "random": {"levels": [0.5]}},
        "evaluation": {"splits": ["test", "test@fog-1"]},
        "generalisation": {"label_noise": [0.3], "train_sizes": [12]},
        "measures": {"latency": {"batches": [1], "rounds": 5}},
    }


class Traced:
    """A workspace in which jobs of studies are planned by Snakemake and run one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_workspace(folder / "lethe", shares_checks=False)  # every code version is computed
        (folder / "site").mkdir()
        (folder / "site/sitecustomize.py").write_text(RECORDER)
        self.sources = folder / "sources"
        self.sources.touch()
        self.environment = environment(PYTHONPATH=str(folder / "site"), LETHE_SOURCES=str(self.sources))

    def planned(self, study: dict[str, Any]) -> list[Job]:
        """Jobs in an order in which they can run."""
        (self.folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        command = [sys.executable, "-m", "snakemake", "-n", "-p", "--configfile", "study.yaml"]
        printed = self._run(command, self.environment)
        shown = re.findall(
            r"^\s*(?:Shell command: )?(?:\w+=1 )*python (workflow/scripts/\w+\.py .*?) +&> ", printed, re.M
        )
        expand = "\n".join(f'printf "%s\\0" {command}; printf "\\n\\0"' for command in shown)
        (self.folder / "expand.sh").write_text(expand)
        words = self._run(["bash", "expand.sh"], self.environment).split("\n\0")[:-1]
        return [Job(tuple(job.split("\0")[:-1])) for job in words]

    def run(self, jobs: Sequence[Job]) -> list[Ran]:
        """What jobs imported.

        Each must end well.
        """
        asked, found = self.folder / "jobs.json", self.folder / "found.json"
        asked.write_text(json.dumps([job.words for job in jobs]))
        self._run([sys.executable, str(ROOT / "tests/support/traced.py"), str(asked), str(found)], environment())
        results = json.loads(found.read_text())
        failed = [
            (job.words, result["code"], result["printed"][-2000:])
            for job, result in zip(jobs, results, strict=True)
            if result["code"] != 0
        ]
        assert not failed, failed[0]
        return [
            Ran(job, frozenset(result["modules"]), self.sources_of(job))
            for job, result in zip(jobs, results, strict=True)
        ]

    def sources_of(self, job: Job) -> tuple[tuple[str, ...], ...]:
        """The files of a job's code version; of a rule that keeps it to itself, those of any job of its script."""
        return tuple(
            tuple(files)
            for version, *files in self._recorded
            if files[0] == job.script and job.version in ("", version)
        )

    @cached_property
    def _recorded(self) -> list[list[str]]:
        lines = dict.fromkeys(self.sources.read_text().splitlines())
        return [json.loads(line) for line in lines]

    def _run(self, command: list[str], variables: dict[str, str]) -> str:
        ended = subprocess.run(
            command, cwd=self.folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=900, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout[-4000:]
        return ended.stdout


def one_of_each(traced: Traced, jobs: list[Job]) -> list[Job]:
    """The first job of every code version, and the jobs that make what these read."""
    producer: dict[str, Job] = {}
    for job in jobs:
        for path in job.files:
            producer.setdefault(path, job)
    first: dict[tuple[tuple[str, ...], ...], Job] = {}
    for job in jobs:
        # Of rules that keep their code version to themselves every job counts.
        first.setdefault(traced.sources_of(job) if job.version else ((" ".join(job.words),),), job)
    wanted, waiting = set(), list(first.values())
    while waiting:
        job = waiting.pop()
        if job not in wanted:
            wanted.add(job)
            waiting.extend(producer[path] for path in job.files)
    return [job for job in jobs if job in wanted]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    """Jobs of both studies, the report's of the small one alone."""
    folder = tmp_path_factory.mktemp("traced")
    traced = Traced(folder)
    of_all = [
        job for job in traced.planned(everything(folder_of_images(folder / "images"))) if job.script not in REPORT
    ]
    of_report = traced.planned(reported())
    return traced.run([*one_of_each(traced, of_all), *one_of_each(traced, of_report)])


def test_every_module_that_a_job_imported_decides_or_is_known_not_to(ran: list[Ran]) -> None:
    missed = {}
    for one in ran:
        files = {SCRIPTS / f"{name.replace('.', '/')}.py" for name in one.modules}
        imported = {file for file in files if file.exists()} - not_deciding()  # a package has no file of that name
        if not any(imported <= deciding_modules(*_python(sources)) for sources in one.sources):
            left = min(
                (imported - deciding_modules(*_python(sources)) for sources in one.sources), key=len, default=imported
            )
            missed[" ".join(one.job.words)[:200]] = sorted(file.relative_to(SCRIPTS).as_posix() for file in left)
    assert missed == {}


def _python(files: tuple[str, ...]) -> list[str]:
    return [file for file in files if file.endswith(".py")]


@pytest.mark.parametrize(
    "room",
    [
        *(registry.REGIMES, registry.METHODS, registry.MEASURES, registry.VIEWS, registry.CORRUPTIONS),
        *(registry.TABLES, registry.FIGURES),
    ],
)
def test_the_studies_use_every_plug_in(room: str, ran: list[Ran]) -> None:
    used = set().union(*(one.modules for one in ran))
    missing = {name for name in registry.names(room) if f"lethe.{room.replace('/', '.')}.{name}" not in used}
    assert missing <= {NO_VIEW}


def test_jobs_of_every_script_ran(ran: list[Ran]) -> None:
    scripts = {file.name for file in SCRIPTS.glob("*.py")} - {"check_config.py", "check_device.py", "export_network.py"}
    assert {one.job.script for one in ran} == scripts
