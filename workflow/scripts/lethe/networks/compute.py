"""Where and how exactly numbers are computed: device, precision, one thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from lethe.core.errors import ConfigError

_FEWEST_CHANNELS = 8


@dataclass(frozen=True)
class Compute:
    """A device, and the type that training uses there; recorded predictions are always float32."""

    device: torch.device
    dtype: torch.dtype

    @contextmanager
    def autocast(self) -> Iterator[None]:
        """Training's precision; does nothing for float32."""
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            yield

    @contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        """Dropout layers draw from torch's global generators: seed those here, put them back afterwards."""
        on_accelerator = self.device.type == "cuda"
        with torch.random.fork_rng(devices=[self.device] if on_accelerator else []):
            torch.default_generator.manual_seed(seed)
            if on_accelerator:
                torch.cuda.manual_seed(seed)
            yield

    def place(self, model: nn.Module) -> nn.Module:
        """The model on the device, in the memory layout that convolutions prefer."""
        model.to(self.device)
        return model.to(memory_format=torch.channels_last)

    def record(self) -> dict[str, str]:
        """As it stands in a checkpoint's header."""
        return {"device": self.device.type, "precision": str(self.dtype).removeprefix("torch.")}


def training_layout(model: nn.Module) -> torch.memory_format:
    """The memory layout in which gradients are taken, of weights and images: channels last wherever that works."""
    is_fragile = any(_reads_few_channels_in_strides(layer) for layer in model.modules())
    on_cpu = next(model.parameters()).device.type == "cpu"
    return torch.contiguous_format if on_cpu and is_fragile else torch.channels_last


def _reads_few_channels_in_strides(layer: nn.Module) -> bool:
    """Whether oneDNN would write beyond its buffers: a strided 1x1 convolution that reads fewer than 8 channels.

    In the backward pass, channels last, on processors with AVX2 and without AVX-512 the process is killed or its memory
    is corrupted (torch 2.14.1 with oneDNN 3.12.0); `tests/unit/networks/test_compute.py` trains such layers.
    """
    return (
        isinstance(layer, nn.Conv2d)
        and layer.kernel_size == (1, 1)
        and max(layer.stride) > 1
        and layer.in_channels // layer.groups < _FEWEST_CHANNELS
    )


def choose_compute(device: str, precision: str) -> Compute:
    """Resolve `auto`: CUDA with bf16 where there is a GPU, otherwise the CPU with fp32 and one thread.

    One thread per process: two processes of one thread on two cores beat torch's default by up to 60 times, and a
    fixed number of threads keeps sums in one order, so that results do not depend on the machine's cores.

    Raises: ConfigError: the device is not there.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available[device]:
        usable = ", ".join(name for name, there in available.items() if there)
        raise ConfigError(f"device: '{device}' given, but this machine has none; usable here: auto, {usable}")
    if device == "cpu":
        torch.set_num_threads(1)
    if device == "cuda":
        _compute_exactly()
    half = precision == "bf16" or (precision == "auto" and device == "cuda")
    return Compute(torch.device(device), torch.bfloat16 if half else torch.float32)


def _compute_exactly() -> None:
    """Float32 on CUDA is float32, and cuDNN takes the same algorithm in every run, one that adds in a fixed order.

    By torch's own choice cuDNN rounds the inputs of a float32 convolution to ten bits (TF32), which moves logits in the
    third digit and flips near ties, and takes whichever of its algorithms is fast, some of which add in any order.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
