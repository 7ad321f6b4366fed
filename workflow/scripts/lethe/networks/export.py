"""One network as files that other programs read, each loaded again and held to the network's own logits.

A state dict (safetensors), a program (torch.export) and an ONNX graph, the latter two for any number of images.

A network that rounds its activations is not a continuous function: sums taken in another order, as every engine takes
them, can move an activation to the next value and the logits with it. Its ONNX graph is therefore held to the network
with the rounding left out on both sides; the difference with rounding is recorded beside it.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.torch
import torch
from jaxtyping import Float
from torch import Tensor

from lethe.core.errors import ExportError
from lethe.data.augment import to_float
from lethe.data.store import Stored
from lethe.networks.checkpoint import Block
from lethe.networks.spec import Classifier
from lethe.networks.unrounded import Unrounded
from lethe.store.provenance import made_by

Images = Float[Tensor, "batch channels height width"]
Logits = Float[Tensor, "batch classes"]
Run = Callable[[Images], Logits]

STATE, PROGRAM, ONNX = "network.safetensors", "network.pt2", "network.onnx"
LARGEST_DIFFERENCE = 1e-4
_IMAGES = 64
_PACKAGES = ("safetensors", "onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Exported:
    """The files as bytes, by name, and the largest difference of their logits from the network's own.

    Attributes:
        differences: with everything as it is; what was held to the limit unless `unrounded` is there.
        unrounded: of the ONNX graph with rounding left out on both sides; None for a network that rounds nothing.
        same_predictions: share of the images on which the ONNX graph predicts the network's own class.
    """

    files: Mapping[str, bytes]
    differences: Mapping[str, float]
    unrounded: float | None
    same_predictions: float


def export_seed(block: Block, seed: int, split: Stored) -> Exported:
    """The exported network of one seed of a block, checked on the first images of a split.

    Raises: ExportError: a format cannot hold the network, or gives other logits.
    """
    position = block.seeds.index(seed)
    images = to_float(split.images_on(torch.device("cpu"), slice(_IMAGES)))

    def rebuild(state: Mapping[str, Tensor]) -> Classifier:
        return Block({**block.record, "seeds": [seed]}, (dict(state),)).model(0)

    return export(block.model(position), images, rebuild)


@torch.no_grad()
def export(model: Classifier, images: Images, rebuild: Callable[[Mapping[str, Tensor]], Classifier]) -> Exported:
    """The files of a network, each loaded again and run on these images, on the CPU.

    Args: rebuild: state dict -> the network that it belongs to.
    Raises: ExportError: a format cannot hold the network, or gives other logits.
    """
    state = safetensors.torch.save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    exported = _traced(model, images)
    program, onnx = _program(exported), _onnx(exported)
    expected = model(images)
    graphs: dict[str, Run] = {
        STATE: rebuild(safetensors.torch.load(state)),
        PROGRAM: torch.export.load(io.BytesIO(program)).module(),
        ONNX: _onnx_runner(onnx),
    }
    logits = {name: run(images) for name, run in graphs.items()}
    result = Exported(
        {STATE: state, PROGRAM: program, ONNX: onnx},
        {name: _difference(given, expected) for name, given in logits.items()},
        _unrounded_difference(model, onnx, images),
        float((logits[ONNX].argmax(dim=1) == expected.argmax(dim=1)).double().mean()),
    )
    _require_equal(result)
    return result


def export_record(block: Block, seed: int, split: Stored, exported: Exported, code_version: str) -> dict[str, Any]:
    """What a user of the files needs to know, input, classes, origin, what was checked."""
    record = block.record
    return {
        "cell": {"regime": record["regime"], "method": record["method"], "level": record["level"]},
        "seed": seed,
        "architecture": record["architecture"],
        "input": {
            "name": "images",
            "shape": ["batch", *split.images.shape[1:]],
            "dtype": "float32",
            "range": [0, 1],
            "normalization": "inside the network",
        },
        "output": {"name": "logits", "shape": ["batch", len(split.class_names)]},
        "classes": list(split.class_names),
        "simulated_quantization": bool(record.get("simulated", False)),
        "largest_logit_difference": dict(exported.differences),
        "largest_logit_difference_without_rounding": exported.unrounded,
        "share_of_same_predictions": exported.same_predictions,
        "allowed_difference": LARGEST_DIFFERENCE,
        "images_checked": min(_IMAGES, len(split)),
        "checkpoint_code_version": record["code_version"],
        **made_by(code_version, also=_PACKAGES),
    }


def _traced(model: Classifier, images: Images) -> torch.export.ExportedProgram:
    """The network as a program for any number of images."""
    example = images[:1].repeat(2, 1, 1, 1)  # one image alone would become a constant of the program
    try:
        shapes = {"images": {0: torch.export.Dim("batch", min=1)}}
        exported = torch.export.export(model, (example,), dynamic_shapes=shapes)
    except Exception as error:
        raise _cannot_hold(PROGRAM, error) from error
    for graph in exported.graph_module.modules():
        for node in getattr(getattr(graph, "graph", None), "nodes", ()):
            node.meta.pop("stack_trace", None)  # it names folders of this machine
    return exported


def _program(exported: torch.export.ExportedProgram) -> bytes:
    file = io.BytesIO()
    torch.export.save(exported, file)
    return file.getvalue()


def _onnx(exported: torch.export.ExportedProgram) -> bytes:
    """The program as an ONNX graph, in bytes."""
    try:
        graph = torch.onnx.export(
            exported,
            dynamo=True,
            verbose=False,
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes={"images": {0: "batch"}},
        )
    except Exception as error:
        raise _cannot_hold(ONNX, error) from error
    assert graph is not None
    return graph.model_proto.SerializeToString()


def _onnx_runner(onnx: bytes) -> Run:
    """A function that runs an ONNX graph on the CPU, in one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    return lambda images: torch.from_numpy(np.asarray(session.run(["logits"], {"images": images.numpy()})[0]))


def _unrounded_difference(model: Classifier, onnx: bytes, images: Images) -> float | None:
    """Largest difference of the logits when neither side rounds; None if there is nothing to round."""
    from onnx import load_from_string

    graph = load_from_string(onnx)
    roundings = [node for node in graph.graph.node if node.op_type == "Round"]
    if not roundings:
        return None
    for node in roundings:
        node.op_type = "Identity"
    with Unrounded():
        expected = model(images)
    return _difference(_onnx_runner(graph.SerializeToString())(images), expected)


def _difference(one: Logits, other: Logits) -> float:
    return float((one - other).abs().max())


def _require_equal(exported: Exported) -> None:
    """Refuse files whose logits are not the network's own."""
    checked = dict(exported.differences)
    if exported.unrounded is not None:
        checked[ONNX] = exported.unrounded
    for name, difference in checked.items():
        if not difference <= LARGEST_DIFFERENCE:  # a difference that is not a number is refused too
            raise ExportError(
                f"{name} gives logits that differ from the network's own by {difference:.3g}; allowed: "
                f"{LARGEST_DIFFERENCE:g}; nothing was written; report it with the config and the versions of "
                "torch, onnx and onnxruntime"
            )


def _cannot_hold(name: str, error: Exception) -> ExportError:
    """The error for a format that cannot hold a network, with the line that says why."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    reason = next((line for line in lines if "<class" in line or "Error" in line), lines[0])
    return ExportError(
        f"{name} cannot hold this network: {reason.strip()[:300]}; nothing was written; the checkpoint itself is plain "
        "safetensors, and a network whose layers have a counterpart there can be exported"
    )
