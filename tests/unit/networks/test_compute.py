"""Devices compute exactly; models lie channels last, but where oneDNN would corrupt the memory of the process."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from lethe.networks.compute import choose_compute, training_layout

TRAINED = """
import torch
from torch import nn
from lethe.networks.compute import training_layout
torch.set_num_threads(1)
for channels, stride in {shapes}:
    print(channels, stride, flush=True)
    for _ in range(40):
        layer = nn.Conv2d(channels, 8, 1, stride=stride).to(memory_format=torch.channels_last)
        layout = training_layout(layer)
        layer.to(memory_format=layout)
        images = torch.randn(32, channels, 8, 8).contiguous(memory_format=layout).requires_grad_(True)
        layer(images).sum().backward()
print("trained")
"""


@pytest.mark.slow
def test_narrow_convolutions_are_trained_without_corrupting_memory() -> None:
    shapes = [(2, 2), (3, 2), (4, 2), (4, 3), (6, 2), (7, 2), (4, 1), (8, 2), (12, 2)]
    program = TRAINED.format(shapes=shapes)
    path = ":".join(part for part in sys.path if part)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "MALLOC_CHECK_": "3", "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0 and result.stdout.endswith("trained\n"), result.stdout + result.stderr


@pytest.mark.parametrize(
    ("layer", "layout"),
    [
        (nn.Conv2d(4, 8, 1, stride=2), torch.contiguous_format),
        (nn.Conv2d(16, 32, 1, stride=2, groups=4), torch.contiguous_format),
        (nn.Conv2d(8, 8, 1, stride=2), torch.channels_last),
        (nn.Conv2d(4, 8, 1), torch.channels_last),
        (nn.Conv2d(4, 8, 3, stride=2), torch.channels_last),
    ],
)
def test_only_fragile_layers_change_the_layout(layer: nn.Module, layout: torch.memory_format) -> None:
    assert training_layout(nn.Sequential(nn.ReLU(), layer)) == layout


@pytest.mark.parametrize("precision", ["fp32", "bf16", "auto"])
def test_float32_on_cuda_is_not_rounded_and_is_summed_in_one_order(
    monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    """What torch does by itself is the other way around; `tests/contract/test_accelerator.py` computes there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    before = torch.get_float32_matmul_precision()
    with torch.backends.cudnn.flags(enabled=True, benchmark=True, deterministic=False, allow_tf32=True):
        torch.set_float32_matmul_precision("high")
        try:
            assert choose_compute("cuda", precision).device.type == "cuda"
            cudnn = torch.backends.cudnn
            assert (cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark) == (False, True, False)
            assert torch.get_float32_matmul_precision() == "highest"
        finally:
            torch.set_float32_matmul_precision(before)
