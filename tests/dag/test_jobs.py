"""Only what a change decides runs again: each test makes one change to a finished study and counts the jobs."""

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from lethe.core import registry
from support.workspace import ROOT, lethe, planned_jobs, snakemake

pytestmark = pytest.mark.slow
BLOCKS = 2
# Cells from which nothing is removed: all methods recalibrate with as many images.
TREATED = 1
# The smoke study has no latency, no probes, no corrupted split.
NO_TABLES = {"latency", "corruptions", "probes"}
STATISTICS = {"pies", "shares", "image_tests", "tests", "classes", "recalls", "by_size", "seeds"}
CELLS = STATISTICS | {"predictions", "cost"}
DENSE = {"probes", "curves", "generalisation"}  # of dense networks alone


def report(kinds: set[str]) -> dict[str, int]:
    """Jobs of the report that follow when per-cell files of these kinds are made anew."""
    tables = {name for name in registry.names(registry.TABLES) if kinds & reads("tables", name)} - NO_TABLES
    return {"make_table": len(tables), "make_figures": 1, "make_page": 1}


def reads(room: str, name: str) -> set[str]:
    return set(registry.literal(f"report/{room}", name, "reads"))


REPORT = report(CELLS)
# What one compressed cell takes.
ONE_CELL = {"compress": BLOCKS, "measure_predictions": BLOCKS, "measure_cost": 1, "find_pies": 1}


def edit(file: Path, pattern: str, replacement: str) -> None:
    text = file.read_text()
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1 and changed != text, f"{pattern} not found in {file}"
    file.write_text(changed)


def test_a_finished_study_has_nothing_to_do(study: Path) -> None:
    assert planned_jobs(study) == {}


def test_a_new_level_compresses_and_measures_its_cell_and_trains_nothing(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"levels: \[0.30\]", "levels: [0.30, 0.60]")
    assert planned_jobs(study) == {**ONE_CELL, **REPORT}


def test_a_new_level_is_seen_even_when_snakemakes_memory_is_gone(study: Path) -> None:
    shutil.rmtree(study / ".snakemake")
    edit(study / "studies/smoke.yaml", r"levels: \[0.30\]", "levels: [0.30, 0.60]")
    jobs = planned_jobs(study)
    assert {rule: jobs.get(rule) for rule in (*ONE_CELL, "train")} == {**ONE_CELL, "train": None}


def test_a_new_block_of_seeds_trains_alone(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"count: 4", "count: 6")
    assert planned_jobs(study) == {
        "train": 1,
        "compress": 3 + TREATED,
        "measure_predictions": 4 + TREATED,
        "measure_cost": 4,  # of cells: a file has all seeds
        "find_pies": 3 + TREATED,
        "measure_generalisation": 1,
        **report(CELLS | DENSE),
    }


def test_a_share_of_noise_trains_twins_of_the_asked_blocks_and_no_network_of_the_study(study: Path) -> None:
    again = "  again: {plugin: supervised, epochs: 6, batch_size: 16, learning_rate: 0.1}\n"
    edit(study / "studies/smoke.yaml", r"compression:", again + "compression:")
    before = planned_jobs(study)
    edit(study / "studies/smoke.yaml", r"measures:", "generalisation: {label_noise: [0.2], blocks: 1}\nmeasures:")
    jobs = planned_jobs(study)
    assert jobs.pop("train_twin") == 2 and before["train"] == BLOCKS == jobs["train"]
    assert jobs == {**before, "measure_generalisation": before["measure_generalisation"] + 1}


def test_a_share_of_noise_is_measured_and_reported_and_nothing_else(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"measures:", "generalisation: {label_noise: [0.2], blocks: 2}\nmeasures:")
    expected = {"train_twin": BLOCKS, "measure_generalisation": BLOCKS, **report({"generalisation"})}
    assert planned_jobs(study) == expected
    edit(study / "studies/smoke.yaml", r"label_noise", "train_sizes: [48], label_noise")
    assert planned_jobs(study) == expected | {"train_twin": 2 * BLOCKS}


def test_a_new_method_under_another_name_runs_alone(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"  random:", "  again: {plugin: random, levels: [0.30]}\n  random:")
    assert planned_jobs(study) == {**ONE_CELL, **REPORT}


def test_comments_and_times_of_source_files_do_not_count(study: Path) -> None:
    later = time.time() + 10
    for file in [*study.rglob("workflow/**/*"), *study.glob("rules/*"), *study.glob("studies/*"), study / "Snakefile"]:
        if file.suffix == ".py":
            file.write_text(file.read_text() + "\n# a comment\n")
        if file.is_file():
            os.utime(file, (later, later))
    assert planned_jobs(study) == {}


def test_reordering_the_config_does_not_count(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"levels: \[0.50, 0.90\]", "levels: ['0.9', 0.5]")
    assert planned_jobs(study) == {}


def test_the_logic_of_a_method_reruns_its_cells_alone(study: Path) -> None:
    edit(study / "workflow/scripts/lethe/compress/methods/random.py", r"torch\.rand\(", "1 - torch.rand(")
    assert planned_jobs(study) == {**ONE_CELL, **REPORT}


def test_options_of_a_method_rerun_its_cells_alone(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"(random: .*)recalibrate: 48", r"\1recalibrate: 40")
    of_its_reference = {"compress": 2 * BLOCKS, "measure_predictions": 2 * BLOCKS, "find_pies": 2}
    assert planned_jobs(study) == {**ONE_CELL, **of_its_reference, **REPORT}


def test_the_logic_of_the_statistics_trains_and_compresses_nothing(study: Path) -> None:
    edit(study / "workflow/scripts/lethe/pies/summary.py", r"(\n\ndef )", r"\n\nNEW = 1\1")
    assert planned_jobs(study) == {"find_pies": 3 + TREATED, **report(STATISTICS)}


def test_the_logic_of_a_figure_draws_all_of_them_and_makes_no_table(study: Path) -> None:
    edit(study / "workflow/scripts/lethe/report/figures/accuracy.py", r"(\n\ndef )", r"\n\nNEW = 1\1")
    assert planned_jobs(study) == {"make_figures": 1, "make_page": 1}


def test_the_logic_of_a_measure_takes_it_anew_and_makes_its_tables(study: Path) -> None:
    edit(study / "workflow/scripts/lethe/measures/results/cost.py", r"(\n\ndef )", r"\n\nNEW = 1\1")
    assert planned_jobs(study) == {"measure_cost": 4, **report({"cost"})}


def test_a_measure_that_is_asked_for_is_taken_with_its_tables_and_nothing_else(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"latency: false", "latency: {batches: [1], rounds: 5}")
    tables = {name for name in NO_TABLES if "latency" in reads("tables", name)}
    report = {"make_table": len(tables), "make_figures": 1, "make_page": 1}
    assert planned_jobs(study) == {"measure_latency": 3, **report}


def test_options_of_a_measure_take_it_anew(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"measures: \{", "measures: {predictions: {logits: false}, ")
    assert planned_jobs(study) == {
        "measure_predictions": (4 + TREATED) * BLOCKS,
        "find_pies": 3 + TREATED,
        **report(STATISTICS | {"predictions"}),
    }


def test_a_measure_that_is_left_out_costs_the_figures_and_the_page_only(study: Path) -> None:
    """Those figures that stay are drawn again, in one job; no table is made, and the measure's files stay."""
    edit(study / "studies/smoke.yaml", r"measures: \{", "measures: {cost: false, ")
    assert planned_jobs(study) == {"make_figures": 1, "make_page": 1}
    assert list((study / "results/smoke/measures/cost").rglob("*.parquet"))


def test_a_module_that_moves_changes_nothing(study: Path) -> None:
    library = study / "workflow/scripts/lethe"
    (library / "pies/pairs.py").rename(library / "store/pairs.py")
    moved = [file for file in library.rglob("*.py") if "lethe.pies.pairs" in file.read_text()]
    assert len(moved) >= 3
    for file in moved:
        file.write_text(file.read_text().replace("lethe.pies.pairs", "lethe.store.pairs"))
    assert planned_jobs(study) == {}
    edit(library / "store/pairs.py", r"(\n\ndef )", r"\n\nNEW = 1\1")
    assert planned_jobs(study)["find_pies"] == 3 + TREATED


def test_a_removed_level_costs_the_report_only_and_is_shown_as_orphaned(study: Path) -> None:
    edit(study / "studies/smoke.yaml", r"levels: \[0.50, 0.90\]", "levels: [0.50]")
    assert planned_jobs(study) == REPORT
    status = lethe(study, "status", "--config", "studies/smoke.yaml")
    assert status.returncode == 0, status.stdout
    row = next(line for line in status.stdout.splitlines() if "magnitude_global" in line and "0.90" in line)
    assert "orphaned" in row


def test_another_study_has_none_of_the_defaults_methods(study: Path) -> None:
    result = snakemake(study, "-n", "--configfile", "studies/smoke.yaml", "--forceall")
    assert "magnitude_global" in result.stdout
    assert "channel_l2" not in result.stdout  # config.yaml has it, the smoke study has not
    assert "results/digits" not in result.stdout


def test_the_default_study_has_the_jobs_of_its_grid(study: Path) -> None:
    result = snakemake(study, "-n")
    rules = r"train|train_compressed|couple_channels|compress|find_pies|measure_\w+"
    counts = {rule: int(n) for rule, n in re.findall(rf"^({rules})\s+(\d+)$", result.stdout, re.M)}
    assert counts == {
        "train": 10,
        "train_compressed": 6,
        "couple_channels": 1,
        "compress": 106,
        "measure_predictions": 244,
        "find_pies": 112,
        "measure_cost": 54,
        "measure_latency": 49,
        "measure_probes": 10,
        "measure_untrained": 2,
        "measure_pixels": 1,
        "measure_generalisation": 10,
        "measure_inspection": 20,
        "measure_difficulty": 10,
        "measure_reliability": 10,
        "measure_sensitivity": 49,
        "measure_explanation": 2,
        "measure_overlap": 2,
    }


def test_the_readme_shows_the_rule_graph_as_it_is(study: Path) -> None:
    graph = snakemake(study, "--forceall", "--rulegraph", "mermaid-js", "--quiet", "all").stdout
    shown = re.search(r"^```mermaid\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown is not None
    # Snakemake draws the arrows in no fixed order.
    assert set(shown.group(1).splitlines()) <= set(graph.splitlines()), "run `make dag`"
    assert {line for line in graph.splitlines() if "-->" in line} <= set(shown.group(1).splitlines())
