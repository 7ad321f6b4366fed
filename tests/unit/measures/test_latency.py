"""Networks are timed in turns; zeros bring no speed, removed channels do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lethe.data.prepare import SplitFiles, write_split
from lethe.data.spec import in_memory
from lethe.measures.given import Given
from lethe.measures.job import measure as take
from lethe.measures.results.latency import Options, measure, time_in_turns
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.checkpoint import Block, write_block
from lethe.store.tables import read_record, read_table
from lethe.study.grid import Cell
from lethe.study.results import result
from support.measured import checkpoint_record
from support.near import assert_near
from support.small import CPU, RESNET, small_images, small_model

WIDE = {"blocks": [1, 1], "width": 64}
NARROW = {"blocks": [1, 1], "width": 32}


def block_of(architecture: Architecture, level: str, *states: dict[str, torch.Tensor]) -> Block:
    cell = Cell("supervised", "fold", level) if level != "0" else Cell.dense("supervised")
    record = checkpoint_record(cell, range(len(states)), architecture=architecture.as_json(), code_version="abc")
    return Block(record, states)


def given_of(folder: Path, dense: Block, compressed: Block, *, images: int, size: int = 8) -> Given:
    """What a job is given: networks of both cells, and so many test images of noise."""
    pixels = small_images(images, size=size).numpy()
    split = in_memory(pixels, np.zeros(images, np.int64), np.arange(images), ("noise",))
    write_split(split, SplitFiles(folder / "test.npy", folder / "test.parquet"), {"class_names": ["noise"]})
    files = {"checkpoint": [folder / "after.safetensors"], "dense": [folder / "before.safetensors"]}
    for block, need in ((dense, "dense"), (compressed, "checkpoint")):
        write_block(files[need][0], block.states, block.record)
    return Given({**files, "test": [folder / "test.npy", folder / "test.parquet"]}, device="cpu")


class Stopwatch:
    """A clock that only forward passes move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def pass_of(self, name: str, seconds: float) -> Callable[[], None]:
        def run() -> None:
            self.order.append(name)
            self.now += seconds

        return run


@pytest.mark.parametrize("rounds", [5, 6])
def test_every_network_takes_its_turn_and_starts_as_often(rounds: int) -> None:
    clock = Stopwatch()
    lengths = {"a": 1.0, "b": 2.0, "c": 4.0}
    passes = [clock.pass_of(name, seconds) for name, seconds in lengths.items()]
    seconds = time_in_turns(passes, rounds, CPU, lambda: clock.now)
    assert seconds == pytest.approx(np.tile([1.0, 2.0, 4.0], (rounds, 1)))
    turns = ["".join(clock.order[start : start + 3]) for start in range(0, len(clock.order), 3)]
    assert turns == ["abc", "abc", *(["abc", "bca", "cab"] * 2)[:rounds]]  # two that warm up


def test_short_passes_are_repeated_until_the_clock_can_tell() -> None:
    clock = Stopwatch()
    seconds = time_in_turns([clock.pass_of("a", 0.001), clock.pass_of("b", 0.002)], 5, CPU, lambda: clock.now)
    assert seconds == pytest.approx(np.tile([0.001, 0.002], (5, 1)))
    assert clock.order.count("a") == clock.order.count("b") == 2 + 5 * 5


@pytest.mark.slow
def test_a_table_has_a_row_per_batch_size(tmp_path: Path) -> None:
    dense = block_of(RESNET, "0", small_model(0).state_dict(), small_model(1).state_dict())
    given = given_of(tmp_path, dense, block_of(RESNET, "0.50", small_model(2).state_dict()), images=3)
    take("latency", '{"batches": [1, 5], "rounds": 5}', given, tmp_path / "times.parquet", "def")
    rows = read_table(tmp_path / "times.parquet", result("latency").base)
    assert rows.batch.tolist() == [1, 5]
    assert (rows.threads == 1).all() and (rows.rounds == 5).all() and (rows.device == "cpu").all()
    assert (rows.milliseconds_low <= rows.milliseconds).all() and (rows.milliseconds <= rows.milliseconds_high).all()
    assert (rows.speedup_low <= rows.speedup).all() and (rows.speedup <= rows.speedup_high).all()
    record = read_record(tmp_path / "times.parquet")
    assert record["cell"] == {"regime": "supervised", "method": "fold", "level": "0.50"}
    assert record["options"] == {"batches": [1, 5], "rounds": 5}
    assert record["made_from"]["dense"] == record["made_from"]["checkpoint"] == ["abc"]


def test_a_speedup_is_the_median_of_ratios_within_rounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seconds = np.array([[1.0, 0.5], [10.0, 2.0], [4.0, 4.0], [3.0, 1.0], [6.0, 1.5]])
    monkeypatch.setattr("lethe.measures.results.latency.time_in_turns", lambda *given: seconds)
    model = small_model().state_dict()
    given = given_of(tmp_path, block_of(RESNET, "0", model), block_of(RESNET, "0.50", model), images=2)
    found = measure(given, Options(batches=(1,), rounds=5)).iloc[0]
    assert (found.speedup_low, found.speedup, found.speedup_high) == (2.0, 3.0, 4.0)  # of 2, 5, 1, 3, 4
    assert (found.dense_milliseconds, found.milliseconds) == (4000.0, 1500.0)


@pytest.mark.slow
def test_the_network_of_the_first_seed_is_timed_on_both_sides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the order in which a block holds its seeds."""
    placed: list[torch.Tensor] = []
    states = [small_model(seed).state_dict() for seed in (7, 3)]
    first = states[1]["head.bias"]
    blocks = [
        Block({**block.record, "seeds": [7, 3]}, block.states)
        for block in (block_of(RESNET, "0", *states), block_of(RESNET, "0.50", *states))
    ]
    place = "lethe.networks.compute.Compute.place"
    monkeypatch.setattr(place, lambda _, model: placed.append(model.head.bias))
    measure(given_of(tmp_path, *blocks, images=2), Options(batches=(1,), rounds=5))
    assert_near(placed, [first, first])


@pytest.fixture(scope="module")
def speedups(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Of a network with half of its weights zero, and of one with half of the channels."""
    wide, narrow = (Architecture("resnet", options, 1, 3) for options in (WIDE, NARROW))
    state = build_classifier(wide, init_seed=0).state_dict()
    zeroed = {name: tensor.clone() for name, tensor in state.items()}
    for tensor in zeroed.values():
        if tensor.dim() == 4:
            tensor[: len(tensor) // 2] = 0
    removed = build_classifier(narrow, init_seed=0).state_dict()
    found = {}
    for name, block in (("zeroed", block_of(wide, "0.50", zeroed)), ("removed", block_of(narrow, "0.50", removed))):
        folder = tmp_path_factory.mktemp(name)
        given = given_of(folder, block_of(wide, "0", state), block, images=32, size=16)
        found[name] = float(measure(given, Options(batches=(32,), rounds=15))["speedup"].iloc[0])
    return found


@pytest.mark.slow
def test_zeroed_weights_give_no_speed(speedups: dict[str, float]) -> None:
    assert 0.75 < speedups["zeroed"] < 1.33


@pytest.mark.slow
def test_removed_channels_are_clearly_faster(speedups: dict[str, float]) -> None:
    assert speedups["removed"] > 1.6
