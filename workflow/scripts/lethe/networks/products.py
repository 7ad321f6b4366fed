"""What a network multiplies: which weights, in which layers, how often. The one place that says so.

Masks, quantisers, channels and costs all speak of weights that are multiplied. That a layer is a convolution does not
say that it multiplies with the weight that it stores: one may standardise it first, another be parametrised, a third
mix several kernels. So two things are asked of a network before it is compressed.

* Every convolution and linear layer is of a known form: it multiplies what it is given by its own `weight` as it is.
* In a forward pass of one image, watched operator by operator, nothing is multiplied by other weights than those, and
  each of those is multiplied.

An operand is known by the memory that it lies in: that of a parameter is this parameter or a part of it. What operators
make of parameters alone is computed from weights; what they make of the image is an activation.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lethe.core.errors import CompressionError
from lethe.networks.spec import Classifier

# Whose `forward` multiplies by `weight` as it is; those of timm by name, since most networks need no timm.
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_SAME_AS_TORCH = ("timm.layers.conv2d_same.Conv2dSame", "timm.layers.linear.Linear")
KNOWN = "Conv1d, Conv2d, Conv3d and Linear of torch as they are"
# Layers that hold weights to multiply with, whatever they do to them first.
_WEIGHTED = (nn.modules.conv._ConvNd, nn.Linear, nn.Bilinear, nn.RNNBase)

_ATEN = torch.ops.aten
# Positions of the two factors among an operator's arguments.
_MATRIX_PRODUCTS = {
    **dict.fromkeys((_ATEN.mm, _ATEN.bmm, _ATEN.mv, _ATEN.dot), (0, 1)),
    **dict.fromkeys((_ATEN.addmm, _ATEN.baddbmm, _ATEN.addbmm, _ATEN.addmv), (1, 2)),
}
_ATTENTION = "_scaled_dot_product_"


@dataclass(frozen=True)
class Product:
    """One operator that multiplies matrices or convolves.

    Attributes:
        macs: multiply-accumulates, those with zeros included.
        layer: the innermost layer that was at work; empty outside of all.
        weights: the parameters among the factors.
        computed: whether an activation is multiplied by something computed from parameters.
    """

    macs: int
    layer: str
    weights: tuple[str, ...] = ()
    computed: bool = False


def multiplying_layers(model: nn.Module) -> dict[str, nn.Module]:
    """All convolutions and linear layers by name, each of which multiplies by its own `weight` as it is.

    Of layers that share a weight the first stands for all.

    Raises: CompressionError: a layer of another form, by name.
    """
    found: dict[str, nn.Module] = {}
    seen: set[int] = set()
    for name, layer in model.named_modules():
        if not isinstance(layer, _WEIGHTED):
            continue
        if reason := _unknown_form(layer):
            raise _unfit(name, layer, reason)
        if id(layer.weight) not in seen:
            found[name] = layer
            seen.add(id(layer.weight))
    return found


def multiplies_by_its_weight(layer: nn.Module) -> bool:
    """Whether a layer is a convolution or linear layer of a known form."""
    return isinstance(layer, _WEIGHTED) and not _unknown_form(layer)


def _unknown_form(layer: nn.Module) -> str:
    """Why a layer's weight may not be what it multiplies by; empty for known forms."""
    kind = type(layer)
    if is_parametrized(layer) or "weight" not in layer._parameters:
        return "its weight is computed from others before every pass (a parametrisation, weight or spectral norm)"
    known = [base for base in (*_CONVOLUTIONS, nn.Linear) if isinstance(layer, base)]
    if not known or "forward" in vars(layer):
        return f"a {kind.__name__} computes in a way of its own"
    steps = [step for step in ("forward", "_conv_forward") if hasattr(known[0], step)]
    is_torchs = all(getattr(kind, step) is getattr(known[0], step) for step in steps)
    if not is_torchs and f"{kind.__module__}.{kind.__qualname__}" not in _SAME_AS_TORCH:
        return f"a {kind.__name__} computes in a way of its own"
    return ""


def _unfit(name: str, layer: nn.Module, reason: str) -> CompressionError:
    """The error for a layer whose stored weights are not known to be those that are multiplied."""
    return CompressionError(
        f"layer '{name}' ({type(layer).__name__}) cannot be compressed, because what is removed or rounded might not "
        f"be what is multiplied: {reason}; known: {KNOWN}; choose another model"
    )


def require_known_products(model: Classifier, image_shape: Sequence[int], *, by_call: bool = False) -> None:
    """Refuse a network that multiplies by other weights than `multiplying_layers` names, or not by all of them.

    Args:
        image_shape: channels, height, width of the images it takes.
        by_call: whether every weight must also be multiplied in a call of its layer, where hooks see it.
    Raises: CompressionError: the first such layer or parameter, by name.
    """
    layers = multiplying_layers(model)
    first = {id(layer.weight): f"{name}.weight" for name, layer in layers.items()}
    parameters = dict(model.named_parameters(remove_duplicate=False))
    known = {name: first[id(parameters[name])] for name in parameters if id(parameters[name]) in first}
    modules = dict(model.named_modules())
    unused = set(first.values())
    for product in traced_products(model, image_shape):
        if product.computed:
            raise _unfit(product.layer, modules[product.layer], "it multiplies by something computed from parameters")
        strange = [weight for weight in product.weights if weight not in known]
        # A learned query that a layer reads is no weight of a layer, and its product none with the image.
        if strange and len(product.weights) == 1:
            holder = strange[0].rpartition(".")[0]
            raise _unfit(holder, modules[holder], f"it multiplies by its parameter '{strange[0]}' itself")
        unused -= {known[weight] for weight in product.weights if weight in known}
        if by_call and product.weights and f"{product.layer}.weight" not in known:
            holder = product.weights[0].removesuffix(".weight")
            raise _unfit(holder, modules[holder], f"'{product.layer}' multiplies by its weight without calling it")
    if unused:
        holder = next(name for name in layers if f"{name}.weight" in unused)
        raise _unfit(holder, modules[holder], "it takes no part in the forward pass")


def traced_products(model: Classifier, image_shape: Sequence[int]) -> tuple[Product, ...]:
    """Every product of a forward pass of one image in evaluation mode; the network is left as it was.

    Args: image_shape: channels, height, width of the images it takes.
    """
    with _evaluating(model), _Watch(model) as watch:
        image = torch.zeros(1, *image_shape, device=next(model.parameters()).device)
        watch.mark_image(image)
        model(image)
    return tuple(watch.products)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; attention that torch would fuse into one operator is taken apart."""
    was_training, was_fused = [layer.training for layer in model.modules()], torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            model.eval()
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was_fused)
        for layer, mode in zip(model.modules(), was_training, strict=True):
            layer.training = mode


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps every product of a pass, and by the memory of tensors what they are made of."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.products: list[Product] = []
        self._parameters = {_memory(tensor): name for name, tensor in model.named_parameters()}
        self._made_of_image: dict[int, bool] = {}  # everything else is constant
        self._at_work: list[str] = []
        self._hooks = [
            hook
            for name, layer in model.named_modules()
            for hook in (
                layer.register_forward_pre_hook(lambda *_, name=name: self._at_work.append(name)),
                layer.register_forward_hook(lambda *_: self._leave(), always_call=True),
            )
        ]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nobody compiles here; torch would import its compiler at the first operator, for seconds."""
        return False

    def _leave(self) -> None:
        self._at_work.pop()

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call]
        for hook in self._hooks:
            hook.remove()

    def mark_image(self, image: Tensor) -> None:
        """Name the tensor that activations are made of."""
        self._made_of_image[_memory(image)] = True

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call an operator, and say of its results what they are made of."""
        output = func(*args, **(kwargs or {}))
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        self._watch_product(func, args, output)
        is_image = any(self._made_of_image.get(_memory(tensor), False) for tensor in given)
        is_weight = any(self._is_weight(tensor) for tensor in given)
        for result in tree_leaves(output):
            if isinstance(result, Tensor) and _memory(result) not in self._parameters:
                self._mark(_memory(result), is_image, is_weight)
        return output

    def _mark(self, memory: int, is_image: bool, is_weight: bool) -> None:
        """Memory is used again and again, so that every result says anew what it holds."""
        self._made_of_image.pop(memory, None)
        if is_image or is_weight:
            self._made_of_image[memory] = is_image

    def _is_weight(self, tensor: Tensor) -> bool:
        """Whether a tensor is a parameter, or computed from parameters alone."""
        memory = _memory(tensor)
        return memory in self._parameters or self._made_of_image.get(memory) is False

    def _watch_product(self, func: Any, args: tuple[Any, ...], output: Any) -> None:
        """Keep an operator that convolves or multiplies matrices; let all others pass."""
        operator = func.overloadpacket
        if operator is _ATEN.convolution:
            factors, macs = tuple(args[:2]), _convolved(args[0], args[1], output, is_transposed=args[6])
        elif operator in _MATRIX_PRODUCTS:
            first, second = (args[position] for position in _MATRIX_PRODUCTS[operator])
            factors, macs = (first, second), first.numel() * (second.shape[-1] if second.dim() > 1 else 1)
        elif operator.__name__.startswith(_ATTENTION) and "backward" not in operator.__name__:
            # Queries, keys and values are what layers made of the image; attention holds no weights.
            factors, macs = (), _attended(*args[:3])
        else:
            return
        memories = [_memory(tensor) for tensor in factors]
        weights = tuple(self._parameters[memory] for memory in memories if memory in self._parameters)
        # What is computed from parameters and multiplied by such again may still become a weight.
        is_computed = {self._made_of_image.get(memory) for memory in memories} == {True, False}
        self.products.append(Product(macs, self._at_work[-1] if self._at_work else "", weights, is_computed))


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _convolved(images: Tensor, weight: Tensor, output: Tensor, *, is_transposed: bool) -> int:
    """Every value of the output is a sum of as many products as its filter has weights; transposed, every input's."""
    return (images if is_transposed else output).numel() * weight[0].numel()


def _attended(queries: Tensor, keys: Tensor, values: Tensor) -> int:
    """Products of queries with keys, and of the result with values."""
    pairs = prod(queries.shape[:-1]) * keys.shape[-2]
    return int(pairs * (queries.shape[-1] + values.shape[-1]))
