"""The Slurm profile without a Slurm: a dry run accepts it, and its settings fit the rules."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from lethe.core import registry
from lethe.study.sources import on_device
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


def test_its_resources_are_those_of_rules_that_exist() -> None:
    assert set(SETTINGS["set-resources"]) <= {*RULES, *(f"measure_{name}" for name in MEASURES)}


def test_exactly_the_rules_that_compute_on_a_device_ask_for_a_gpu() -> None:
    computing = {rule for rule, text in RULES.items() if "--device" in text}
    assert {rule for rule, requests in SETTINGS["set-resources"].items() if requests.get("gpu") == 1} == computing
    assert "gpu=local" in SETTINGS["set-resource-scopes"]  # counted per job, not over the run


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_that_computes_on_a_device_asks_for_a_gpu_itself(name: str) -> None:
    """And gets it without a line in the profile."""
    files = [ROOT / "workflow/scripts/lethe/measures" / part for part in (f"results/{name}.py", "probing.py")]
    uses_probing = "lethe.measures.probing" in files[0].read_text()
    text = "".join(file.read_text() for file in files[: 1 + uses_probing])
    assert on_device(name) == (".compute" in text)
    assert "gpu" not in SETTINGS["set-resources"].get(f"measure_{name}", {})
    # A job that loads CUDA needs more memory than the default of a rule.
    assert not on_device(name) or f"measure_{name}" in SETTINGS["set-resources"]


def test_a_gpu_of_a_measure_is_asked_for_unless_the_study_computes_on_the_cpu(workspace: Path) -> None:
    text = (ROOT / "rules/common.smk").read_text()
    lines = re.search(r"^def asked\(.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    assert lines is not None and "asked(**" in (ROOT / "rules/measure.smk").read_text()
    for device, gpus in (("auto", {"gpu": 1}), ("cuda", {"gpu": 1}), ("cpu", {})):
        found: dict[str, Any] = {"STUDY": SimpleNamespace(device=device)}
        exec(lines.group(0), found)
        assert found["asked"](mem_mb=5, runtime=7, gpu=1) == {"mem_mb": 5, "runtime": 7, **gpus}
        assert found["asked"]() == {"mem_mb": 2000, "runtime": 30}


def test_it_names_nothing_that_belongs_to_one_site() -> None:
    text = " ".join(line.split("#")[0] for line in (ROOT / "profiles/slurm/config.yaml").read_text().splitlines())
    assert not re.search(r"partition|account|qos|clusters?\b", text)
    assert not (ROOT / "profiles/default").exists()  # would override any profile that is named


def test_jobs_are_asked_for_by_squeue_for_as_long_as_slurm_remembers_them() -> None:
    default_min_job_age = 300
    assert SETTINGS["slurm-status-command"] == "squeue"
    # Below three times the interval the plugin falls back to sacct, which waits for cancelled jobs for ever.
    assert 3 * SETTINGS["slurm-init-seconds-before-status-checks"] <= default_min_job_age


@pytest.mark.parametrize("rule", ["train", "train_compressed", "compress", "measure_predictions", "measure_latency"])
def test_a_retry_may_use_more_memory(rule: str) -> None:
    request = SETTINGS["set-resources"][rule]["mem_mb"]
    assert re.fullmatch(r"attempt \* \d+", request)
    assert SETTINGS["retries"] >= 1
