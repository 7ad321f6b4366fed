"""The Slurm profile without a Slurm: a dry run accepts it, and its settings fit the rules."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from lethe.core import registry
from lethe.study.requests import gpu_rules, request_of
from support.workspace import ROOT, make_workspace, planned_jobs

SETTINGS = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
MEASURES = registry.names(registry.MEASURES)
SOURCE = "".join(file.read_text() + "\n" for file in sorted((ROOT / "rules").glob("*.smk")))
RULES = dict(re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", SOURCE, re.MULTILINE | re.DOTALL))
RULES |= {name: RULES[other] for other, name in re.findall(r"^use rule (\w+) as (\w+) with:", SOURCE, re.MULTILINE)}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("profile") / "lethe")


@pytest.mark.slow
def test_a_dry_run_plans_the_jobs_of_a_local_run(workspace: Path) -> None:
    jobs = planned_jobs(workspace, "--profile", "profiles/slurm")
    assert jobs["train"] > 0
    assert jobs == planned_jobs(workspace)


def test_it_leaves_requests_to_the_rules() -> None:
    assert "set-resources" not in SETTINGS
    assert "gpu=local" in SETTINGS["set-resource-scopes"]  # counted per job, not over the run


def test_exactly_the_rules_that_compute_on_a_device_ask_for_a_gpu() -> None:
    computing = {rule for rule, text in RULES.items() if "--device" in text}
    asking = {rule for rule in gpu_rules("auto") if not rule.startswith("measure_")}
    assert asking == computing and gpu_rules("cpu") == frozenset()


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_that_computes_on_a_device_asks_for_a_gpu_itself(name: str) -> None:
    files = [ROOT / "workflow/scripts/lethe/measures" / part for part in (f"results/{name}.py", "probing.py")]
    uses_probing = "lethe.measures.probing" in files[0].read_text()
    text = "".join(file.read_text() for file in files[: 1 + uses_probing])
    request = request_of(f"measure_{name}", "auto")
    assert ("gpu" in request) == (".compute" in text)
    # A job that loads CUDA needs more memory than the default of a rule.
    assert request["mem_mb"] >= (8000 if "gpu" in request else 1000)


@pytest.mark.parametrize("rule", ["train", "train_compressed", "compress", "measure_predictions", "find_pies"])
def test_a_job_asks_for_what_its_rule_asks_and_for_more_memory_at_every_attempt(rule: str) -> None:
    others = {
        other for other, name in re.findall(r"^use rule (\w+) as (\w+) with:", SOURCE, re.MULTILINE) if name == rule
    }
    assert any(f'asked("{name}")' in SOURCE for name in {rule, *others}) or rule.startswith("measure_")
    lines = re.search(r"^def asked\(.*?(?=^\S)", SOURCE, re.MULTILINE | re.DOTALL)
    assert lines is not None and SETTINGS["retries"] >= 1
    for device in ("auto", "cpu"):
        found: dict[str, Any] = {"STUDY": SimpleNamespace(device=device), "request_of": request_of}
        exec(lines.group(0), found)
        asked, request = found["asked"](rule), request_of(rule, device)
        assert {name: amount for name, amount in asked.items() if name != "mem_mb"} == {
            name: amount for name, amount in request.items() if name != "mem_mb"
        }
        assert [asked["mem_mb"](None, attempt) for attempt in (1, 3)] == [request["mem_mb"], 3 * request["mem_mb"]]


def test_it_names_nothing_that_belongs_to_one_site() -> None:
    text = " ".join(line.split("#")[0] for line in (ROOT / "profiles/slurm/config.yaml").read_text().splitlines())
    assert not re.search(r"partition|account|qos|clusters?\b", text)
    assert not (ROOT / "profiles/default").exists()  # would override any profile that is named


def test_jobs_are_asked_for_by_squeue_for_as_long_as_slurm_remembers_them() -> None:
    default_min_job_age = 300
    assert SETTINGS["slurm-status-command"] == "squeue"
    # Below three times the interval the plugin falls back to sacct, which waits for cancelled jobs for ever.
    assert 3 * SETTINGS["slurm-init-seconds-before-status-checks"] <= default_min_job_age
