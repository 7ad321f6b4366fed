"""Probes of encoders and their baselines: who is probed, with whose randomness, and what digits give."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lethe.core.seeding import Replicate
from lethe.data.augment import to_float
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.data.store import Splits, open_split
from lethe.measures.results.probes import NO_SEED, probe_block, probe_pixels, probe_record, probe_untrained, untrained
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.checkpoint import Block, write_block
from lethe.networks.knn import knn_predictions
from lethe.networks.predict import extract_features
from lethe.networks.probe import fit_linear_probe
from lethe.store.schema import PROBES
from lethe.store.tables import read_record, read_table
from measure_baselines import main as measure_baselines
from measure_probes import main as measure_probes
from support.small import CPU, RESNET, small_model, toy_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    toy_data(folder)
    return folder


@pytest.fixture(scope="module")
def splits(folder: Path) -> Splits:
    return Splits(*toy_data(folder))


def block(seeds: tuple[int, ...] = (5, 3)) -> Block:
    """Networks that were never trained, called a dense block."""
    record = {"architecture": RESNET.as_json(), "seeds": list(seeds), "study_seed": 7, "regime": "supervised"}
    return Block(record, tuple(small_model(seed).state_dict() for seed in seeds))


def test_every_seed_is_probed_with_its_own_draw_whatever_the_block(splits: Splits) -> None:
    rows = probe_block(block(), splits, CPU)
    assert rows["seed"].tolist() == [3, 3, 5, 5] and rows["probe"].tolist() == ["linear", "knn"] * 2
    alone = probe_block(block((5,)), splits, CPU)
    pd.testing.assert_frame_equal(rows[rows["seed"] == 5].reset_index(drop=True), alone)
    features, others = (extract_features(block((5,)).model(0), torch.from_numpy(s.images[:])) for s in
                        (splits.train, splits.test))  # fmt: skip
    labels = torch.from_numpy(splits.train.labels)
    probe = fit_linear_probe(features, labels, num_classes=3, generator=Replicate(7, 5).numpy("probe"))
    expected = [probe.predictions(others), knn_predictions(features, labels, others)]
    assert alone["accuracy"].tolist() == [float((p.numpy() == splits.test.labels).mean()) for p in expected]
    assert alone["penalty"].tolist()[0] == probe.penalty and np.isnan(alone["penalty"].tolist()[1])


def test_the_untrained_network_is_the_one_that_training_starts_from_with_all_its_layers_at_work(
    splits: Splits,
) -> None:
    replicate = Replicate(0, 4)
    model = untrained(RESNET, replicate, splits.train, CPU)
    fresh = build_classifier(RESNET, init_seed=replicate.integer("init"))
    silent = {name for name, p in fresh.named_parameters() if name.endswith("bn2.weight") and not p.any()}
    assert len(silent) == 2  # one a residual branch
    for name, parameter in fresh.named_parameters():
        if name in silent:
            torch.nn.init.ones_(parameter)
        assert torch.equal(parameter, model.get_parameter(name))
    images = torch.from_numpy(splits.train.images[:])
    torch.testing.assert_close(model.pixel_mean, to_float(images).mean((0, 2, 3)), rtol=1e-4, atol=1e-5)
    # In training mode a fresh network normalises by the batch itself: with all images in it, by the same statistics.
    fresh.set_pixel_statistics(model.pixel_mean, model.pixel_std)
    one_batch = fresh.train().features(to_float(images)).detach()
    torch.testing.assert_close(extract_features(model, images), one_batch, rtol=0.01, atol=0.01)


def test_pixels_belong_to_no_seed_and_are_probed_as_they_are(splits: Splits) -> None:
    rows = probe_pixels(0, splits, CPU)
    assert rows["seed"].tolist() == [NO_SEED] * 2 and set(rows["on"]) == {"pixels"}
    train, test = (torch.from_numpy(s.images[:]).flatten(1).float() / 255 for s in (splits.train, splits.test))
    expected = knn_predictions(train, torch.from_numpy(splits.train.labels), test).numpy() == splits.test.labels
    assert rows["accuracy"].tolist()[1] == expected.mean()


def test_baselines_do_not_depend_on_the_block(splits: Splits) -> None:
    together = probe_untrained(RESNET, 0, (0, 1), splits, CPU)
    alone = probe_untrained(RESNET, 0, (1,), splits, CPU)
    pd.testing.assert_frame_equal(together[together["seed"] == 1].reset_index(drop=True), alone)


def test_scripts_write_what_the_report_reads(folder: Path, splits: Splits) -> None:
    write_block(folder / "dense.safetensors", block().states, block().record)
    measure_probes(folder / "dense.safetensors", folder / "probes.parquet", data=folder, device="cpu")
    model = json.dumps({"name": RESNET.name, "options": RESNET.options})
    measure_baselines(folder / "untrained.parquet", data=folder, study_seed=0, seeds="0-1", model=model, device="cpu")
    measure_baselines(folder / "pixels.parquet", data=folder, study_seed=0, device="cpu")
    names = ("probes", "untrained", "pixels")
    read = {name: read_table(folder / f"{name}.parquet", PROBES) for name in names}
    pd.testing.assert_frame_equal(read["probes"], probe_block(block(), splits, CPU)[PROBES.names])
    assert [sorted(set(frame["seed"])) for frame in read.values()] == [[3, 5], [0, 1], [NO_SEED]]
    cells = [read_record(folder / f"{name}.parquet")["cell"] for name in names]
    assert cells == [{"regime": "supervised"}, {"regime": ""}, {"regime": ""}]


def test_the_record_holds_no_seed_for_pixels(splits: Splits) -> None:
    assert probe_record("", (), splits.train, "code")["seeds"] == []


@pytest.mark.slow
def test_baselines_on_digits(tmp_path: Path) -> None:
    files = [SplitFiles(tmp_path / f"{split}.npy", tmp_path / f"{split}.parquet") for split in ("train", "test")]
    prepare(Source("digits", "{}", None, None, 0), *files)
    splits = Splits(*(open_split(file.images, file.examples) for file in files))
    pixels = probe_pixels(0, splits, CPU).set_index("probe")["accuracy"]
    assert 0.955 < pixels["linear"] < 0.975  # a tuned logistic regression: 0.962
    for width, low, high in ((8, 0.62, 0.84), (16, 0.76, 0.90), (32, 0.88, 0.96)):
        architecture = Architecture("resnet", {"blocks": [1, 1, 1], "width": width}, 1, 10)
        rows = probe_untrained(architecture, 0, (0, 1), splits, CPU)
        assert rows.loc[rows["probe"] == "linear", "accuracy"].between(low, high).all()
