"""What networks get right, by the true and by the given labels, against counting by hand, image by image."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lethe.core.errors import ConfigError, PopulationError
from lethe.core.options import NoOptions
from lethe.core.seeding import Replicate
from lethe.data.augment import to_float
from lethe.data.labelled import labelled_frame
from lethe.data.store import BothSplits
from lethe.data.twins import Twin, changed_split
from lethe.measures.given import Given
from lethe.measures.job import measure as take
from lethe.measures.results.generalisation import corrupted_accuracy, measure
from lethe.networks.checkpoint import Block, write_block
from lethe.store.schema import LABELLED
from lethe.store.tables import read_record, read_table, write_table
from lethe.study.results import result
from lethe.training.block import train_block
from lethe.training.plan import TrainingPlan
from support.near import assert_near
from support.small import small_plan, toy_data

EVALUATIONS = result("predictions").base
TWINS = (Twin(), Twin(label_noise=0.5), Twin(train_size=48))


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> BothSplits:
    return BothSplits(*toy_data(tmp_path_factory.mktemp("data")))


def trained(plan: TrainingPlan, splits: BothSplits, folder: Path) -> Block:
    block = train_block(plan, splits, folder / "x.safetensors", lambda step: None)
    return Block({"schema_version": 1, **plan.record()}, block.states)


@pytest.fixture(scope="module")
def blocks(splits: BothSplits, tmp_path_factory: pytest.TempPathFactory) -> list[Block]:
    plan = small_plan((5, 2), epochs=3, learning_rate=0.2)
    return [trained(replace(plan, twin=v), splits, tmp_path_factory.mktemp("x")) for v in TWINS]


def given_of(blocks: list[Block], folder: Path, labelled: pd.DataFrame | None = None) -> Given:
    """What a job is given: the first block as the study's own networks, the others as their twins."""
    toy_data(folder)
    checkpoints = [folder / f"{number}.safetensors" for number in range(len(blocks))]
    for block, path in zip(blocks, checkpoints, strict=True):
        write_block(path, block.states, block.record)
    images = {split: [folder / f"{split}.npy", folder / f"{split}.parquet"] for split in ("train", "test")}
    files = {"checkpoint": checkpoints[:1], "twins": checkpoints[1:], "predictions:corrupted": [], **images}
    if labelled is not None:
        write_table(folder / "labelled.parquet", labelled, LABELLED, {})
        files["labelled"] = [folder / "labelled.parquet"]
    return Given(files, device="cpu")


def measured(blocks: list[Block], folder: Path, labelled: pd.DataFrame | None = None) -> pd.DataFrame:
    return measure(given_of(blocks, folder, labelled), NoOptions())


@pytest.fixture(scope="module")
def rows(blocks: list[Block], tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return measured([blocks[1], blocks[0], blocks[2]], tmp_path_factory.mktemp("rows"))


@pytest.mark.slow
def test_rows_are_those_of_counting_image_by_image(rows: pd.DataFrame, blocks: list[Block], splits: BothSplits) -> None:
    assert list(zip(rows["twin"], rows["seed"], strict=True))[:2] == [("none", 2), ("none", 5)]
    for block, twin in zip(blocks, TWINS, strict=True):
        for position, seed in enumerate(block.seeds):
            given = changed_split(splits.train, twin, Replicate(0, seed))
            true = dict(zip(splits.train.example_ids.tolist(), splits.train.labels.tolist(), strict=True))
            right, as_given, wrong, soft = [], [], [], []
            with torch.no_grad():
                shares = block.model(position)(to_float(torch.from_numpy(given.images[:]))).softmax(1).numpy()
            for probabilities, label, example in zip(shares, given.labels, given.example_ids, strict=True):
                label_true = true[int(example)]
                right.append(int(probabilities.argmax()) == label_true)
                as_given.append(int(probabilities.argmax()) == label)
                soft.append(1 - float(probabilities[label_true]))
                wrong += [right[-1]] if label != label_true else []
            row = rows[(rows["twin"] == twin.name) & (rows["seed"] == seed)].iloc[0]
            assert (row["images"], row["labels"], row["wrong_labels"]) == (len(right), len(right), len(wrong))
            names = ["train_accuracy", "given_accuracy", "train_soft_error", "label_noise"]
            wanted = [np.mean(right), np.mean(as_given), np.mean(soft), twin.label_noise]
            assert_near(row[names], wanted, atol=1e-5)
            mislabelled = np.mean(wrong) if wrong else np.nan
            assert_near(row["mislabelled_accuracy"], mislabelled, equal_nan=True)


@pytest.mark.slow
def test_accuracies_by_true_and_by_given_labels_differ_on_wrong_labels_alone(rows: pd.DataFrame) -> None:
    noisy = rows[rows["twin"] == "noise0.5"]
    assert (noisy["wrong_labels"] > 15).all()
    learned = noisy["learned_wrong_share"] * noisy["wrong_labels"]
    right_where_wrong = noisy["mislabelled_accuracy"] * noisy["wrong_labels"]
    on_right_labels = noisy["train_accuracy"] * noisy["labels"] - right_where_wrong
    assert_near(noisy["given_accuracy"] * noisy["labels"], on_right_labels + learned)
    assert (learned + right_where_wrong <= noisy["wrong_labels"] + 1e-9).all()
    whole = rows[rows["twin"] == "none"]
    assert (whole["given_accuracy"] == whole["train_accuracy"]).all() and whole["mislabelled_accuracy"].isna().all()


@pytest.mark.slow
def test_of_a_regime_with_some_labels_only_those_count(splits: BothSplits, tmp_path: Path) -> None:
    train = splits.train
    labelled = labelled_frame(train.labels, train.example_ids, (2, 5), study_seed=0, per_class=4, share=None)
    plan = small_plan((2, 5), regime_name="supervised_labelled", batch_size=8, unlabelled_ratio=2)
    twin = Twin(label_noise=0.5, train_size=30)
    plan = replace(plan, labelled=labelled, options=plan.options.model_copy(update={"epochs": 1}))
    pair = [trained(replace(plan, twin=v), splits, tmp_path) for v in (Twin(), twin)]
    rows = measured(pair, tmp_path / "with", labelled)
    assert rows["labels"].tolist() == [12] * 4 and rows["images"].tolist() == [96, 96, 30, 30]
    for row in rows[rows["twin"] == "noise0.5_size30"].itertuples():
        given = changed_split(train, twin, Replicate(0, row.seed), labelled)
        ids = labelled.loc[labelled["seed"] == row.seed, "example_id"]
        true = pd.Series(train.labels, train.example_ids)[ids]
        assert row.wrong_labels == (pd.Series(given.labels, given.example_ids)[ids] != true).sum()
    with pytest.raises(ConfigError, match="not given, but regime 'supervised_labelled' is one that uses some"):
        measured(pair, tmp_path / "without")


def test_blocks_that_are_no_twins_are_refused(blocks: list[Block], tmp_path: Path) -> None:
    with pytest.raises(PopulationError, match=r"\['noise0.5', 'size48'\] given; give the study's own networks"):
        measured(blocks[1:], tmp_path)
    with pytest.raises(PopulationError, match="each twin once"):
        measured([*blocks, blocks[1]], tmp_path)
    stranger = replace(blocks[1], record={**blocks[1].record, "regime": "other"})
    with pytest.raises(PopulationError, match="differ in 'regime'"):
        measured([blocks[0], stranger], tmp_path)
    with pytest.raises(ConfigError, match="is given, but regime 'supervised' is one that uses all labels"):
        measured(blocks, tmp_path, pd.DataFrame({"seed": [2], "example_id": [0]}))


def evaluation(right: dict[int, list[bool]]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"seed": seed, "example_id": range(len(hits)), "label": 1, "prediction": np.array(hits) * 1})
        for seed, hits in right.items()
    ]
    return pd.concat(frames, ignore_index=True).assign(confidence=0.5, margin=0.0, loss=1.0)


def test_corrupted_accuracy_is_a_mean_over_splits_of_every_seed() -> None:
    fog, noise = evaluation({2: [True, False], 5: [True, True]}), evaluation({2: [True, True], 5: [False, False]})
    assert corrupted_accuracy([fog, noise]) == {2: 0.75, 5: 0.5} and corrupted_accuracy([]) == {}


def test_the_file_says_what_the_function_says(rows: pd.DataFrame, blocks: list[Block], tmp_path: Path) -> None:
    given = given_of(blocks, tmp_path)
    fog = evaluation({2: [True, False], 5: [True, True]}).astype({"confidence": "f4", "margin": "f4", "loss": "f4"})
    write_table(tmp_path / "fog.parquet", fog, EVALUATIONS, {"code_version": "fog"})
    files = {**given.files, "predictions:corrupted": [tmp_path / "fog.parquet"]}
    take("generalisation", "{}", replace(given, files=files), tmp_path / "out.parquet", "abc")
    kind = result("generalisation")
    written = read_table(tmp_path / "out.parquet", kind.base)
    assert written["corrupted_test_accuracy"].tolist()[:2] == [0.5, 1.0]
    assert written["corrupted_test_accuracy"][2:].isna().all()
    others = [name for name in kind.base.names if name != "corrupted_test_accuracy"]
    pd.testing.assert_frame_equal(written[others], rows[others], check_dtype=False)
    record = read_record(tmp_path / "out.parquet")
    assert record["cell"] == {"regime": "supervised", "method": "dense", "level": "0"}
    assert (record["seeds"], record["code_version"]) == ([2, 5], "abc")
    assert record["made_from"]["predictions:corrupted"] == ["fog"] and set(record["made_from"]) == set(files)
