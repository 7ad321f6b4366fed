"""Evaluations: one row a (seed, example), in that order, equal to the network's own logits."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lethe.data.augment import to_float
from lethe.data.store import Splits, Stored
from lethe.measures.results.predictions import evaluate_block, evaluation_record, evaluation_schema, keeps_logits
from lethe.networks.checkpoint import Block
from lethe.store.tables import write_table
from lethe.training.block import train_block
from support.small import CPU, small_plan, toy_data


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Block, Stored]:
    folder = tmp_path_factory.mktemp("trained")
    plan, (train, test) = small_plan((3, 5)), toy_data(folder)
    block = train_block(plan, Splits(train, test), folder / "out.safetensors", lambda step: None)
    return Block(plan.record(), block.states), test


def test_rows_are_sorted_and_equal_the_networks_own_logits(trained: tuple[Block, Stored]) -> None:
    block, test = trained
    rows = evaluate_block(block, test, CPU, logits=True).to_pandas()
    assert rows["seed"].tolist() == [3] * 60 + [5] * 60
    assert rows["example_id"].tolist() == [*sorted(test.example_ids)] * 2
    with torch.inference_mode():
        logits = block.model(1)(to_float(torch.from_numpy(np.array(test.images)))).numpy()
    kept = np.stack(rows["logits"][60:].to_list())
    np.testing.assert_allclose(kept, logits, atol=1e-5)
    for row, label in zip(rows[60:].itertuples(), test.labels, strict=True):
        scores = row.logits.astype(np.float64)
        others = np.delete(scores, label)
        probabilities = np.exp(scores) / np.exp(scores).sum()
        assert row.label == label and row.prediction == scores.argmax()
        assert row.margin == pytest.approx(scores[label] - others.max(), abs=1e-5)
        assert row.confidence == pytest.approx(probabilities.max(), abs=1e-5)
        assert row.loss == pytest.approx(-np.log(probabilities[label]), abs=1e-4)


def test_the_file_names_its_cell_and_no_place_or_time(trained: tuple[Block, Stored], tmp_path: Path) -> None:
    block, test = trained
    record = evaluation_record(block, "test", "code")
    assert record["cell"] == {"regime": "supervised", "method": "dense", "level": "0", "split": "test"}
    for name in ("a", "b"):
        rows = evaluate_block(block, test, CPU, logits=False)
        write_table(tmp_path / name, rows, evaluation_schema(3, logits=False), record)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_logits_are_kept_on_up_to_a_hundred_classes_unless_told() -> None:
    assert keeps_logits("auto", 100) and not keeps_logits("auto", 101)
    assert keeps_logits(True, 1000) and not keeps_logits(False, 2)
