"""Parameters, multiply-accumulates and bytes against literal counts; zeros cost what other weights cost."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from lethe.measures.given import Given
from lethe.measures.job import measure
from lethe.measures.results.cost import cost_rows, multiply_accumulates, packed_bytes
from lethe.networks.build import Architecture, empty_classifier
from lethe.networks.checkpoint import Block, write_block
from lethe.networks.shapes import take_shapes
from lethe.networks.spec import Classifier
from lethe.store.tables import read_record, read_table
from lethe.study.grid import Cell
from lethe.study.results import result
from support.measured import checkpoint_record
from support.small import RESNET, small_model, toy_data

IMAGE = (1, 8, 8)
RESNET18 = Architecture("resnet", {"blocks": [2, 2, 2, 2], "width": 64}, channels=3, classes=10)


def block_of(*models: Classifier, architecture: Architecture = RESNET, **record: object) -> Block:
    values = checkpoint_record(Cell.dense("supervised"), range(len(models)), architecture=architecture.as_json())
    values |= record
    return Block(values, tuple(model.state_dict() for model in models))


def counted(model: nn.Module, image: torch.Tensor) -> int:
    """Half of the operations that torch's own counter finds."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(image)
    return int(counter.get_total_flops()) // 2


@pytest.mark.slow
def test_a_resnet18_has_the_published_parameters_and_a_literal_sum_of_multiplications() -> None:
    model = empty_classifier(RESNET18).eval()
    row = cost_rows(block_of(model, architecture=RESNET18), (3, 32, 32)).iloc[0]
    assert row.parameters == 11_173_962
    # (output pixels, inputs, outputs, filter size): stem, then stages of two blocks, the first of which may project.
    stages = [(32, 64, 64), (16, 64, 128), (8, 128, 256), (4, 256, 512)]
    expected = 32 * 32 * 3 * 64 * 9 + 512 * 10
    for size, before, after in stages:
        expected += size**2 * 9 * after * (before + 3 * after) + (size**2 * before * after if before != after else 0)
    assert row.macs == expected == 555_422_720


class Depthwise(nn.Module):
    """Depthwise, grouped and strided convolutions with biases."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1),
            nn.Conv2d(6, 6, 3, padding=1, groups=6),
            nn.Conv2d(6, 12, 1, groups=3, stride=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


@pytest.mark.parametrize("encoder", [Depthwise(), small_model().encoder], ids=["depthwise", "residual"])
def test_multiplications_are_those_of_every_layer(encoder: nn.Module) -> None:
    model = Classifier(encoder, nn.Linear(12 if isinstance(encoder, Depthwise) else 8, 3), 1).eval()
    assert multiply_accumulates(model, IMAGE) == counted(model, torch.zeros(1, *IMAGE)) > 0


def test_zeros_are_multiplied_and_stored_like_other_weights() -> None:
    dense, zeroed = small_model(), small_model()
    removed = 0
    with torch.no_grad():
        for layer in zeroed.modules():
            if isinstance(layer, nn.Conv2d):
                removed += layer.weight[::2].numel()
                layer.weight[::2] = 0
    before, after = cost_rows(block_of(dense, zeroed), IMAGE).itertuples()
    for name in ("macs", "parameters", "bytes", "packed_bytes"):
        assert getattr(before, name) == getattr(after, name)
    assert before.nonzero_parameters - after.nonzero_parameters == removed > 0
    assert after.deflated_bytes < 0.8 * before.deflated_bytes


def test_removed_channels_lower_everything() -> None:
    dense, narrow = small_model(), small_model()
    state = narrow.state_dict()
    for name in ("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"):
        state[f"encoder.layer1.0.{name}"] = state[f"encoder.layer1.0.{name}"][:2]
    state["encoder.layer1.0.conv2.weight"] = state["encoder.layer1.0.conv2.weight"][:, :2]
    take_shapes(narrow, state).load_state_dict(state)
    (before,), (after,) = (list(cost_rows(block_of(model), IMAGE).itertuples()) for model in (dense, narrow))
    for name in ("macs", "parameters", "nonzero_parameters", "bytes", "deflated_bytes", "packed_bytes"):
        assert getattr(after, name) < getattr(before, name), name
    assert before.parameters - after.parameters == 2 * (4 * 9) * 2 + 2 * 2


def test_bytes_are_those_of_the_file(tmp_path) -> None:
    model = small_model()
    save_file(model.state_dict(), tmp_path / "state.safetensors")
    assert cost_rows(block_of(model), IMAGE).bytes[0] == (tmp_path / "state.safetensors").stat().st_size


@given(bits=st.integers(2, 16), rows=st.integers(1, 5), columns=st.integers(1, 7))
def test_packed_weights_are_their_bits_and_a_scale_a_row(bits: int, rows: int, columns: int) -> None:
    state = {"layer.weight": torch.zeros(rows, columns), "layer.bias": torch.zeros(rows)}
    stored = 1000
    expected = stored - rows * columns * 4 + math.ceil(rows * columns * bits / 8) + 4 * rows
    assert packed_bytes(stored, state, {"layer.weight": bits}) == expected
    assert packed_bytes(stored, state, {}) == stored


def test_packed_bytes_by_hand() -> None:
    """Five rows of seven weights: 105 bits are 14 bytes, and five scales are 20; they were 140 bytes before."""
    state = {"layer.weight": torch.zeros(5, 7), "layer.bias": torch.zeros(5)}
    assert packed_bytes(1000, state, {"layer.weight": 3}) == 894


def test_what_is_simulated_is_called_simulated() -> None:
    names = {name: 4 for name, parameter in small_model().named_parameters() if parameter.dim() > 1}
    record = {"simulated": True, "quantized": names}
    quantized, dense = block_of(small_model(), **record), block_of(small_model())
    row, plain = (next(cost_rows(block, IMAGE).itertuples()) for block in (quantized, dense))
    assert (row.simulated, plain.simulated) == (True, False)
    assert (row.bytes, row.macs, row.parameters) == (plain.bytes, plain.macs, plain.parameters)
    assert (
        row.packed_bytes
        < row.bytes
        == row.packed_bytes
        + sum(
            4 * weight.numel() - math.ceil(weight.numel() / 2) - 4 * len(weight)
            for name, weight in small_model().state_dict().items()
            if name in names
        )
    )


def test_blocks_of_a_cell_make_one_table_with_their_record(tmp_path: Path) -> None:
    toy_data(tmp_path)
    blocks = {"late": [5, 4], "early": [1, 0]}
    for name, seeds in blocks.items():
        block = block_of(*map(small_model, seeds), seeds=seeds, traits={"plugin": "mine"}, code_version="abc")
        write_block(tmp_path / f"{name}.safetensors", block.states, block.record)
    files = {
        "checkpoint": [tmp_path / f"{name}.safetensors" for name in blocks],
        "test": [tmp_path / "test.npy", tmp_path / "test.parquet"],
    }
    output = tmp_path / "cost.parquet"
    measure("cost", "{}", Given(files), output, "def")
    rows = read_table(output, result("cost").base)
    assert rows.seed.tolist() == [0, 1, 4, 5]
    for row in rows.itertuples(index=False):
        alone = cost_rows(block_of(small_model(row.seed)), IMAGE).iloc[0]
        assert all(getattr(row, name) == alone[name] for name in rows.columns if name != "seed")
    record = read_record(output)
    assert record["cell"] == {"regime": "supervised", "method": "dense", "level": "0"}
    assert (record["seeds"], record["code_version"], record["traits"]) == ([0, 1, 4, 5], "def", {"plugin": "mine"})
    assert record["made_from"]["checkpoint"] == ["abc"] and len(record["made_from"]["test"]) == 1
