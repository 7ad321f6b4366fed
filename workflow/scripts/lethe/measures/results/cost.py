"""What the networks of a block cost to keep and to run: parameters, multiply-accumulates, bytes.

Multiply-accumulates are counted in every operator that convolves or multiplies matrices while one image passes, those
of attention and of functions without a layer among them; see `networks/products.py`. (torch's own counter finds the
same, but for attention that is fused on the CPU, and imports sympy, a second per job.) A weight that is zero is
multiplied like any other and stored like any other, so it lowers neither; it shows in the number of non-zero parameters
and in the size after zlib. What a method only simulates is stored in float32, so its size in bits stands in a column of
its own.
"""

import zlib
from collections.abc import Mapping, Sequence
from math import ceil

import pandas as pd
import safetensors.torch
from torch import Tensor

from lethe.core.options import NoOptions
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.networks.checkpoint import Block
from lethe.networks.products import traced_products
from lethe.networks.spec import Classifier

_SCALE_BYTES = 4  # one float32 for every row of a quantised weight


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per network of the cell, by rising seed."""
    shape = given.images("test").images.shape[1:]
    rows = pd.concat([cost_rows(block, shape) for block in given.blocks()])
    return rows.sort_values("seed", ignore_index=True)


def cost_rows(block: Block, image_shape: Sequence[int]) -> pd.DataFrame:
    """One row per network of a block.

    Args: image_shape: channels, height, width of the images it takes.
    """
    macs = multiply_accumulates(block.model(0), image_shape)  # networks of a block have the same shapes
    named = {"simulated": bool(block.record.get("simulated", False)), "macs": macs}
    return pd.DataFrame([{"seed": seed, **named, **_sizes(block, k)} for k, seed in enumerate(block.seeds)])


def multiply_accumulates(model: Classifier, image_shape: Sequence[int]) -> int:
    """Multiply-accumulates of one image in convolutions and products of matrices, zeros included."""
    return sum(product.macs for product in traced_products(model, image_shape))


def packed_bytes(stored: int, state: Mapping[str, Tensor], bits: Mapping[str, int]) -> int:
    """Bytes of a state dict whose quantised weights lie side by side in their bits, with a scale a row.

    Args:
        stored: bytes of the state dict as it is.
        bits: of every quantised weight, by name.
    """
    saved = sum(state[name].nbytes - _packed(state[name], number) for name, number in bits.items())
    return stored - saved


def _packed(weight: Tensor, bits: int) -> int:
    return ceil(weight.numel() * bits / 8) + _SCALE_BYTES * weight.shape[0]


def _sizes(block: Block, position: int) -> dict[str, int]:
    """Parameters and bytes of one network."""
    state = {name: tensor.contiguous() for name, tensor in block.states[position].items()}
    weights = [parameter.detach() for parameter in block.model(position).parameters()]
    file = safetensors.torch.save(state)
    return {
        "parameters": sum(weight.numel() for weight in weights),
        "nonzero_parameters": sum(int(weight.count_nonzero()) for weight in weights),
        "bytes": len(file),
        "deflated_bytes": len(zlib.compress(file)),
        "packed_bytes": packed_bytes(len(file), state, block.record.get("quantized", {})),
    }


SPEC = MeasureSpec(
    name="cost",
    summary="parameters, multiply-accumulates and bytes of every network",
    source="definitions of the field",
    of="cell",
    needs=("checkpoint", "test"),
    columns=(
        ("seed", "int64", "seed"),
        ("simulated", "bool", ""),  # stored and computed in float32 whatever the method's arithmetic would be
        ("parameters", "int64", "size"),
        ("nonzero_parameters", "int64", "size"),
        ("macs", "int64", "operations"),  # of one image in convolutions and products of matrices, zeros included
        ("bytes", "int64", "bytes"),  # of a plain safetensors state dict
        ("deflated_bytes", "int64", "bytes"),  # of the same file after zlib
        ("packed_bytes", "int64", "bytes"),  # if quantised weights were stored in their bits; otherwise as `bytes`
    ),
    key=("seed",),
    resources={"mem_mb": 2000, "runtime": 30},
    default=True,
    measure=measure,
)
