"""Networks are timed in turns; zeros bring no speed, removed channels do."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from lethe.data.store import Stored
from lethe.measures.results.latency import Timing, latency_record, measure_latency, time_in_turns
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.checkpoint import Block
from lethe.store.schema import LATENCY
from lethe.store.tables import read_record, read_table, write_table
from support.small import CPU, RESNET, small_images, small_model

WIDE = {"blocks": [1, 1], "width": 64}
NARROW = {"blocks": [1, 1], "width": 32}


def block_of(architecture: Architecture, level: str, *states: dict[str, torch.Tensor], **record: object) -> Block:
    values = {"regime": "supervised", "method": "fold", "level": level, "code_version": "abc", **record}
    seeds = list(range(len(states)))
    return Block({**values, "architecture": architecture.as_json(), "seeds": seeds}, states)


def split_of(count: int, size: int = 8) -> Stored:
    images = small_images(count, size=size).numpy()
    return Stored(images, np.zeros(count, np.int64), np.arange(count), {})


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
    assert clock.order.count("a") == clock.order.count("b") == 2 + 5 * 25


def test_a_table_has_a_row_a_level_and_batch_size(tmp_path) -> None:
    dense = block_of(RESNET, "0", small_model(0).state_dict(), small_model(1).state_dict(), method="dense")
    compressed = [block_of(RESNET, level, small_model(2).state_dict()) for level in ("0.50", "0.90")]
    rows = measure_latency(dense, compressed, split_of(3), Timing((1, 5), 5, CPU))
    assert list(zip(rows.batch, rows.level, strict=True)) == [(1, "0.50"), (1, "0.90"), (5, "0.50"), (5, "0.90")]
    assert (rows.threads == 1).all() and (rows.rounds == 5).all()
    assert (rows.milliseconds_low <= rows.milliseconds).all() and (rows.milliseconds <= rows.milliseconds_high).all()
    assert (rows.speedup_low <= rows.speedup).all() and (rows.speedup <= rows.speedup_high).all()
    assert rows.groupby("batch").dense_milliseconds.nunique().eq(1).all()
    record = latency_record(dense, compressed, CPU, "def")
    write_table(tmp_path / "times.parquet", rows, LATENCY, record)
    assert len(read_table(tmp_path / "times.parquet", LATENCY)) == 4
    assert read_record(tmp_path / "times.parquet")["cell"] == {"regime": "supervised", "method": "fold"}


def test_a_speedup_is_the_median_of_ratios_within_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = np.array([[1.0, 0.5], [10.0, 2.0], [4.0, 4.0], [3.0, 1.0], [6.0, 1.5]])
    monkeypatch.setattr("lethe.measures.results.latency.time_in_turns", lambda *given: seconds)
    model = small_model().state_dict()
    row = measure_latency(
        block_of(RESNET, "0", model), [block_of(RESNET, "0.50", model)], split_of(2), Timing((1,), 5, CPU)
    )
    found = row.iloc[0]
    assert (found.speedup_low, found.speedup, found.speedup_high) == (2.0, 3.0, 4.0)  # of 2, 5, 1, 3, 4
    assert (found.dense_milliseconds, found.milliseconds) == (4000.0, 1500.0)


@pytest.fixture(scope="module")
def speedups() -> dict[str, float]:
    """Of a network with half of its weights zero, and of one with half of the channels."""
    wide, narrow = (Architecture("resnet", options, 1, 3) for options in (WIDE, NARROW))
    state = build_classifier(wide, init_seed=0).state_dict()
    zeroed = {name: tensor.clone() for name, tensor in state.items()}
    for tensor in zeroed.values():
        if tensor.dim() == 4:
            tensor[: len(tensor) // 2] = 0
    removed = build_classifier(narrow, init_seed=0).state_dict()
    compressed = [block_of(wide, "zeroed", zeroed), block_of(narrow, "removed", removed)]
    rows = measure_latency(block_of(wide, "0", state), compressed, split_of(32, size=16), Timing((32,), 15, CPU))
    return dict(zip(rows.level, rows.speedup, strict=True))


@pytest.mark.slow
def test_zeroed_weights_give_no_speed(speedups: dict[str, float]) -> None:
    assert 0.75 < speedups["zeroed"] < 1.33


@pytest.mark.slow
def test_removed_channels_are_clearly_faster(speedups: dict[str, float]) -> None:
    assert speedups["removed"] > 1.6
