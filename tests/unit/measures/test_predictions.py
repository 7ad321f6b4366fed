"""Evaluations: one row per (seed, example), in that order, equal to the network's own logits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from lethe.data.augment import to_float
from lethe.data.store import BothSplits, Stored
from lethe.measures.given import Given
from lethe.measures.job import measure
from lethe.measures.results.predictions import Options, evaluate_block
from lethe.networks.checkpoint import Block, write_block
from lethe.store.tables import read_record, read_table
from lethe.study.results import result
from lethe.training.block import train_block
from support.near import assert_near
from support.small import CPU, small_plan, toy_data


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Block, Stored]:
    folder = tmp_path_factory.mktemp("trained")
    plan, (train, test) = small_plan((3, 5)), toy_data(folder)
    block = train_block(plan, BothSplits(train, test), folder / "out.safetensors", lambda step: None)
    return Block(plan.record(), block.states), test


@pytest.mark.slow
def test_rows_are_sorted_and_equal_the_networks_own_logits(trained: tuple[Block, Stored]) -> None:
    block, test = trained
    rows = evaluate_block(block, test, CPU, logits=True).to_pandas()
    assert rows["seed"].tolist() == [3] * 60 + [5] * 60
    assert rows["example_id"].tolist() == [*sorted(test.example_ids)] * 2
    with torch.inference_mode():
        logits = block.model(1)(to_float(torch.from_numpy(np.array(test.images)))).numpy()
    kept = np.stack(rows["logits"][60:].to_list())
    assert_near(kept, logits, atol=1e-5)
    for row, label in zip(rows[60:].itertuples(), test.labels, strict=True):
        scores = row.logits.astype(np.float64)
        others = np.delete(scores, label)
        probabilities = np.exp(scores) / np.exp(scores).sum()
        assert row.label == label and row.prediction == scores.argmax()
        assert row.margin == pytest.approx(scores[label] - others.max(), abs=1e-5)
        assert row.confidence == pytest.approx(probabilities.max(), abs=1e-5)
        assert row.loss == pytest.approx(-np.log(probabilities[label]), abs=1e-4)


def taken(block: Block, folder: Path, name: str = "out", options: str = "{}") -> Path:
    """The measure's file for these networks on the toy test images."""
    toy_data(folder)
    write_block(folder / "networks.safetensors", block.states, block.record)
    files = {
        "checkpoint": [folder / "networks.safetensors"],
        "split": [folder / "test.npy", folder / "test.parquet"],
    }
    measure("predictions", options, Given(files, split="test", device="cpu"), folder / name, "code")
    return folder / name


def test_the_file_names_its_cell_and_no_place_or_time(trained: tuple[Block, Stored], tmp_path: Path) -> None:
    block, test = trained
    one, other = (taken(block, tmp_path, name, '{"logits": false}') for name in ("a", "b"))
    record = read_record(one)
    assert record["cell"] == {"regime": "supervised", "method": "dense", "level": "0", "split": "test"}
    assert (record["seeds"], record["classes"], record["result"]) == ([3, 5], 3, "predictions")
    assert (record["regime_plugin"], record["traits"]["plugin"]) == ("supervised", "dense")
    assert record["options"] == {"logits": False} and record["code_version"] == "code"
    assert record["made_from"] == {"checkpoint": [block.record["code_version"]], "split": [test.record["sha256"]]}
    assert one.read_bytes() == other.read_bytes()
    rows = evaluate_block(block, test, CPU, logits=False).to_pandas()
    pd.testing.assert_frame_equal(read_table(one, result("predictions").base), rows)


def test_logits_are_kept_on_up_to_a_hundred_classes_unless_told(trained: tuple[Block, Stored], tmp_path: Path) -> None:
    assert Options().keeps_logits(100) and not Options().keeps_logits(101)
    assert Options(logits=True).keeps_logits(1000) and not Options(logits=False).keeps_logits(2)
    kept = read_table(taken(trained[0], tmp_path), result("predictions").schema(logits=3))
    assert kept["logits"].map(len).eq(3).all()
    assert "logits" not in pq.read_schema(taken(trained[0], tmp_path, options='{"logits": false}')).names
