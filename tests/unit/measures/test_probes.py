"""Probes of encoders and their baselines: who is probed, with whose randomness, and what digits give."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lethe.core.options import NoOptions
from lethe.core.seeding import Replicate
from lethe.data.augment import to_float
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.data.store import BothSplits
from lethe.measures.given import Given
from lethe.measures.job import measure
from lethe.measures.probing import untrained_network
from lethe.measures.results import pixels, probes, untrained
from lethe.measures.results.pixels import NO_SEED
from lethe.networks.build import build_classifier
from lethe.networks.checkpoint import Block, write_block
from lethe.networks.knn import knn_predictions
from lethe.networks.predict import extract_features
from lethe.networks.probe import fit_linear_probe
from lethe.store.tables import read_record, read_table
from lethe.study.grid import Cell
from lethe.study.results import result
from support.measured import checkpoint_record
from support.near import assert_near
from support.small import CPU, RESNET, small_model, toy_data

MODEL = json.dumps({"name": RESNET.name, "options": RESNET.options})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    toy_data(folder)
    return folder


@pytest.fixture(scope="module")
def splits(folder: Path) -> BothSplits:
    return BothSplits(*toy_data(folder))


def block(seeds: tuple[int, ...] = (5, 3)) -> Block:
    """Networks that were never trained, called a dense block."""
    record = checkpoint_record(Cell.dense("supervised"), seeds, study_seed=7)
    return Block(record, tuple(small_model(seed).state_dict() for seed in seeds))


def given_of(folder: Path, networks: Block | None = None, **about: str | int) -> Given:
    """What a job is given: the images of a folder, and networks unless the measure builds its own."""
    files = {split: [folder / f"{split}.npy", folder / f"{split}.parquet"] for split in ("train", "test")}
    if networks is not None:
        files["checkpoint"] = [folder / "networks.safetensors"]
        write_block(files["checkpoint"][0], networks.states, networks.record)
    return Given(files, device="cpu", **about)


def probe_block(networks: Block, folder: Path) -> pd.DataFrame:
    return probes.measure(given_of(folder, networks), NoOptions())


def probe_untrained(block: str, folder: Path, model: str = MODEL) -> pd.DataFrame:
    return untrained.measure(given_of(folder, block=block, model=model), NoOptions())


@pytest.mark.slow
def test_every_seed_is_probed_with_its_own_draw_whatever_the_block(folder: Path, splits: BothSplits) -> None:
    rows = probe_block(block(), folder)
    assert rows["seed"].tolist() == [3, 3, 5, 5] and rows["probe"].tolist() == ["linear", "knn"] * 2
    alone = probe_block(block((5,)), folder)
    pd.testing.assert_frame_equal(rows[rows["seed"] == 5].reset_index(drop=True), alone)
    features, others = (extract_features(block((5,)).model(0), torch.from_numpy(s.images[:])) for s in
                        (splits.train, splits.test))  # fmt: skip
    labels = torch.from_numpy(splits.train.labels)
    probe = fit_linear_probe(features, labels, num_classes=3, generator=Replicate(7, 5).numpy("probe"))
    expected = [probe.predictions(others), knn_predictions(features, labels, others)]
    assert alone["accuracy"].tolist() == [float((p.numpy() == splits.test.labels).mean()) for p in expected]
    assert alone["penalty"].tolist()[0] == probe.penalty and np.isnan(alone["penalty"].tolist()[1])


def test_the_untrained_network_is_the_one_that_training_starts_from_with_all_its_layers_at_work(
    splits: BothSplits,
) -> None:
    replicate = Replicate(0, 4)
    model = untrained_network(RESNET, replicate, splits.train, CPU)
    fresh = build_classifier(RESNET, init_seed=replicate.integer("init"))
    silent = {name for name, p in fresh.named_parameters() if name.endswith("bn2.weight") and not p.any()}
    assert len(silent) == 2  # one a residual branch
    for name, parameter in fresh.named_parameters():
        if name in silent:
            torch.nn.init.ones_(parameter)
        assert torch.equal(parameter, model.get_parameter(name))
    images = torch.from_numpy(splits.train.images[:])
    assert_near(model.pixel_mean, to_float(images).mean((0, 2, 3)), rtol=1e-4, atol=1e-5)
    # In training mode a fresh network normalises by the batch itself: with all images in it, by the same statistics.
    fresh.set_pixel_statistics(model.pixel_mean, model.pixel_std)
    one_batch = fresh.train().features(to_float(images)).detach()
    assert_near(extract_features(model, images), one_batch, rtol=0.01, atol=0.01)


def test_pixels_belong_to_no_seed_and_are_probed_as_they_are(folder: Path, splits: BothSplits) -> None:
    rows = pixels.measure(given_of(folder), NoOptions())
    assert rows["seed"].tolist() == [NO_SEED] * 2 and set(rows["on"]) == {"pixels"}
    train, test = (torch.from_numpy(s.images[:]).flatten(1).float() / 255 for s in (splits.train, splits.test))
    expected = knn_predictions(train, torch.from_numpy(splits.train.labels), test).numpy() == splits.test.labels
    assert rows["accuracy"].tolist()[1] == expected.mean()


@pytest.mark.slow
def test_baselines_do_not_depend_on_the_block(folder: Path) -> None:
    together, alone = probe_untrained("0-1", folder), probe_untrained("1-1", folder)
    pd.testing.assert_frame_equal(together[together["seed"] == 1].reset_index(drop=True), alone)


@pytest.mark.slow
def test_files_hold_what_the_report_reads(folder: Path, tmp_path: Path) -> None:
    given = {
        "probes": given_of(folder, block()),
        "untrained": given_of(folder, block="0-1", model=MODEL),
        "pixels": given_of(folder),
    }
    for name, files in given.items():
        measure(name, "{}", files, tmp_path / f"{name}.parquet", "code")
    columns = {name: result(name).base for name in given}
    read = {name: read_table(tmp_path / f"{name}.parquet", columns[name]) for name in given}
    pd.testing.assert_frame_equal(read["probes"], probe_block(block(), folder)[columns["probes"].names])
    assert [sorted(set(frame["seed"])) for frame in read.values()] == [[3, 5], [0, 1], [NO_SEED]]
    assert [set(frame["on"]) for frame in read.values()] == [{"encoder"}, {"untrained"}, {"pixels"}]
    records = [read_record(tmp_path / f"{name}.parquet") for name in given]
    assert [record["cell"] for record in records] == [{"regime": "supervised", "method": "dense", "level": "0"}, {}, {}]
    assert [record["seeds"] for record in records] == [[3, 5], [0, 1], []]


@pytest.mark.slow
def test_baselines_on_digits(tmp_path: Path) -> None:
    files = [SplitFiles(tmp_path / f"{split}.npy", tmp_path / f"{split}.parquet") for split in ("train", "test")]
    prepare(Source("digits", "{}", None, None, 0), *files)
    of_pixels = pixels.measure(given_of(tmp_path), NoOptions()).set_index("probe")["accuracy"]
    assert 0.955 < of_pixels["linear"] < 0.975  # a tuned logistic regression: 0.962
    for width, low, high in ((8, 0.62, 0.84), (16, 0.76, 0.90), (32, 0.88, 0.96)):
        model = {"name": "resnet", "options": {"blocks": [1, 1, 1], "width": width}}
        rows = probe_untrained("0-1", tmp_path, json.dumps(model))
        assert rows.loc[rows["probe"] == "linear", "accuracy"].between(low, high).all()
