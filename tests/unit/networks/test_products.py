"""What is masked is what is multiplied: observed in a way that the library does not use."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm
from torch.overrides import TorchFunctionMode

from lethe.compress.masks import keep_highest, keep_highest_in_each_layer, masked, prunable_weights
from lethe.core.code_version import SCRIPTS
from lethe.core.errors import CompressionError
from lethe.measures.results.cost import multiply_accumulates
from lethe.networks.build import Architecture, empty_classifier
from lethe.networks.products import multiplying_layers, require_known_products, traced_products
from lethe.networks.spec import Classifier
from support.small import small_model

SMALL_VIT = {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 2}
# Families of timm whose weights are multiplied as they are stored, with a fitting size of images.
PLAIN: dict[str, tuple[dict[str, Any], int]] = {
    "resnet10t": ({}, 32),
    "resnetblur18": ({}, 32),
    "seresnet18": ({}, 32),
    "eca_resnet33ts": ({}, 32),
    "mobilenetv3_small_050": ({}, 32),
    "tf_efficientnet_lite0": ({}, 32),
    "convnext_atto": ({}, 32),
    "regnetx_002": ({}, 32),
    "densenet121": ({}, 32),
    "dpn68": ({}, 32),
    "ghostnet_050": ({}, 32),
    "repvgg_a0": ({}, 32),
    "vit_tiny_patch16_224": (SMALL_VIT, 32),
    "beit_base_patch16_224": (SMALL_VIT, 32),
    "mixer_s32_224": ({"img_size": 32}, 32),
    "cait_xxs24_224": ({"img_size": 32}, 32),
    "mobilevit_xxs": ({}, 32),
}
# Those that multiply by something else too, and what is said of them.
OTHERS = {
    "resnetv2_50x1_bit": "'encoder.stem.conv' (StdConv2d)",
    "nf_resnet26": "'encoder.stem.conv' (ScaledStdConv2d)",
    "eca_nfnet_l0": "'encoder.stem.conv1' (ScaledStdConv2d)",
    "tf_efficientnet_cc_b0_4e": "'encoder.blocks.4.0.conv_pw' (CondConv2d)",
    "botnet26t_256": "'encoder.stages.2.1.self_attn.pos_embed' (PosEmbedRel)",
}


def network(model: str, channels: int = 3) -> Classifier:
    """A network of timm whose weights all differ from 0."""
    arguments = PLAIN.get(model, ({}, 0))[0]
    made = empty_classifier(Architecture("timm", {"model": model, "arguments": arguments}, channels, 3)).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(1e-3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)))
    return made


FUNCTIONS = {functional.linear, functional.conv1d, functional.conv2d, functional.conv3d, torch.conv1d, torch.conv2d}


class Operands(TorchFunctionMode):
    """Weights that convolutions and linear functions are called with, once per tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, Tensor] = {}

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in FUNCTIONS:
            weight = args[1] if len(args) > 1 else kwargs["weight"]
            self.seen[weight.data_ptr()] = weight.detach()
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def multiplied(model: Classifier, size: int) -> list[Tensor]:
    """The weights that one image is multiplied by; fixed filters are none."""
    fixed = {buffer.data_ptr() for buffer in model.buffers()}
    with Operands() as operands:
        model(torch.rand(1, len(model.pixel_mean), size, size))
    return [weight for place, weight in operands.seen.items() if place not in fixed]


# Those that take seconds to build and to run; their weights are looked at in the long tests.
LARGE = ("dpn68", "eca_resnet33ts", "mixer_s32_224", "cait_xxs24_224", "seresnet18", "resnetblur18")


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [pytest.param(name, marks=[pytest.mark.long] if name in LARGE else []) for name in PLAIN]
)
def test_of_the_weights_that_are_multiplied_the_asked_share_is_zero(model: str) -> None:
    dense, size = network(model), PLAIN[model][1]
    require_known_products(dense, (3, size, size))
    scores = {name: weight.abs() for name, weight in prunable_weights(dense).items()}
    for keep in (keep_highest, keep_highest_in_each_layer):
        weights = multiplied(masked(dense, keep(scores, 0.9)).model, size)
        zeros = sum(int((weight == 0).sum()) for weight in weights)
        assert zeros / sum(weight.numel() for weight in weights) == pytest.approx(0.9, abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("model", OTHERS)
def test_a_network_that_multiplies_by_other_weights_is_refused_by_name(model: str) -> None:
    size = 256 if model.endswith("256") else 32
    with pytest.raises(CompressionError) as caught:
        require_known_products(network(model), (3, size, size))
    assert f"layer {OTHERS[model]} cannot be compressed" in str(caught.value)
    assert str(caught.value).endswith("choose another model")


@pytest.mark.slow
@pytest.mark.parametrize("model", [*PLAIN, *OTHERS])
def test_multiply_accumulates_are_those_of_torchs_own_counter(model: str) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    made, size = network(model), 256 if model.endswith("256") else 32
    made.requires_grad_(False)  # its counter follows gradients, and fails at class tokens
    # It does not count attention that is fused on the CPU.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        made(torch.zeros(1, 3, size, size))
    assert multiply_accumulates(made, (3, size, size)) == counter.get_total_flops() // 2 > 0


class Of(nn.Module):
    """A network of one layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images).flatten(1)


def classifier(layer: nn.Module, features: int = 4 * 64) -> Classifier:
    return Classifier(Of(layer), nn.Linear(features, 3), 2).eval()


class Scaled(nn.Conv2d):
    """A convolution with another weight than the one that it stores."""

    def forward(self, images: Tensor) -> Tensor:
        return functional.conv2d(images, self.weight - self.weight.mean(), self.bias, padding=1)


class Quietly(nn.Conv2d):
    """The same where only the inner step is another."""

    def _conv_forward(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return super()._conv_forward(images, weight / weight.norm(), bias)


def convolution() -> nn.Conv2d:
    return nn.Conv2d(2, 4, 3, padding=1)


def patched() -> nn.Conv2d:
    """A convolution whose object, not class, computes in another way."""
    layer = convolution()
    layer.forward = lambda images: functional.conv2d(images, layer.weight * 2, padding=1)
    return layer


class Sine(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight.sin()


def parametrized() -> nn.Module:
    layer = convolution()
    nn.utils.parametrize.register_parametrization(layer, "weight", Sine())
    return layer


# Layers that the library's list of forms does not know.
STRANGE: dict[str, Callable[[], nn.Module]] = {
    "own forward": lambda: Scaled(2, 4, 3),
    "own inner step": lambda: Quietly(2, 4, 3, padding=1),
    "patched": patched,
    "parametrised": parametrized,
    "weight norm": lambda: parametrizations.weight_norm(convolution()),
    "spectral norm": lambda: parametrizations.spectral_norm(convolution()),
    "old weight norm": lambda: weight_norm(convolution()),
    "old spectral norm": lambda: spectral_norm(convolution()),
    "torch's pruning": lambda: prune.l1_unstructured(convolution(), "weight", 0.5),
    "transposed": lambda: nn.ConvTranspose2d(2, 4, 3, padding=1),
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated", "ignore:.*spectral_norm.*deprecated")
@pytest.mark.parametrize("kind", STRANGE)
def test_a_layer_of_another_form_is_refused_by_name(kind: str) -> None:
    model = classifier(STRANGE[kind]())
    for refuses in (multiplying_layers, prunable_weights, lambda m: require_known_products(m, (2, 8, 8))):
        with pytest.raises(CompressionError, match=r"layer 'encoder\.layer' .* cannot be compressed"):
            refuses(model)


class Functional(nn.Module):
    """Weights without a layer."""

    def __init__(self, act: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(4, 2, 3, 3))
        self.act = act

    def forward(self, images: Tensor) -> Tensor:
        return self.act(images, self.kernels)


def mixed(images: Tensor, kernels: Tensor) -> Tensor:
    """Kernels in a mixture that every image chooses."""
    shares = images.mean(dim=(2, 3)).softmax(1)[:, :1]
    return functional.conv2d(images, (shares @ kernels.reshape(1, -1)).reshape(kernels.shape), padding=1)


PART = "its parameter 'encoder.layer.kernels'"
# (what is done with the kernels, part of the message)
ACTS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "function": (lambda x, w: functional.conv2d(x, w, padding=1), PART),
    "computed": (lambda x, w: functional.conv2d(x, w.tanh(), padding=1), "something computed from parameters"),
    "mixture": (mixed, PART),
    "in einsum": (
        lambda x, w: torch.einsum("bchw,oc->bohw", x, w[:, :, 0, 0]),
        PART,
    ),
    "low rank": (
        lambda x, w: functional.conv2d(x, (w.flatten(1) @ w.flatten(1).T @ w.flatten(1)).view_as(w), padding=1),
        PART,
    ),
}


@pytest.mark.parametrize("kind", ACTS)
def test_weights_without_a_layer_are_refused_by_the_name_of_what_holds_them(kind: str) -> None:
    act, part = ACTS[kind]
    with pytest.raises(CompressionError, match=r"layer 'encoder\.layer' \(Functional\)") as caught:
        require_known_products(classifier(Functional(act)), (2, 8, 8))
    assert part in str(caught.value)


class SelfAttention(nn.Module):
    """Torch's own attention, which multiplies by a weight of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(2, 1, batch_first=True)

    def forward(self, images: Tensor) -> Tensor:
        tokens = images.flatten(2).transpose(1, 2)
        return self.attention(tokens, tokens, tokens)[0]


def test_torchs_attention_is_refused_and_counted() -> None:
    model = classifier(SelfAttention(), features=2 * 64)
    with pytest.raises(CompressionError, match=r"'encoder\.layer\.attention' .*attention\.in_proj_weight'"):
        require_known_products(model, (2, 8, 8))
    tokens, width = 64, 2
    # Queries, keys, values and the output; pairs of tokens twice; the head.
    assert multiply_accumulates(model, (2, 8, 8)) == 4 * tokens * width**2 + 2 * tokens**2 * width + 2 * tokens * 3
    assert torch.backends.mha.get_fastpath_enabled()


class Unused(nn.Module):
    """A layer beside the one that is used."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.spare = convolution(), convolution()

    def forward(self, images: Tensor) -> Tensor:
        return self.used(images)


def test_a_layer_that_takes_no_part_is_refused() -> None:
    with pytest.raises(CompressionError, match=r"'encoder\.layer\.spare' .*takes no part"):
        require_known_products(classifier(Unused()), (2, 8, 8))


class Borrowed(nn.Module):
    """A layer's weight, used without calling the layer, or by two layers."""

    def __init__(self, *, is_called: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 2, 3, padding=1)
        self.second = nn.Conv2d(2, 2, 3, padding=1)
        self.is_called = is_called
        if is_called:
            self.second.weight = self.first.weight

    def forward(self, images: Tensor) -> Tensor:
        if self.is_called:
            return self.second(self.first(images))
        return functional.conv2d(self.first(images), self.second.weight, padding=1)


def test_a_weight_that_is_used_without_its_layer_can_be_zeroed_but_no_hook_sees_it() -> None:
    model = classifier(Borrowed(is_called=False), features=2 * 64)
    require_known_products(model, (2, 8, 8))
    with pytest.raises(CompressionError, match=r"'encoder\.layer\.second' .*without calling it"):
        require_known_products(model, (2, 8, 8), by_call=True)


def test_a_shared_weight_counts_once() -> None:
    model = classifier(Borrowed(is_called=True), features=2 * 64)
    require_known_products(model, (2, 8, 8), by_call=True)
    assert list(prunable_weights(model)) == ["encoder.layer.first.weight", "head.weight"]
    scores = {name: weight.abs() for name, weight in prunable_weights(model).items()}
    half = masked(model, keep_highest(scores, 0.5)).model
    assert sum(int((w == 0).sum()) for w in multiplied(half, 8)) == round(0.5 * (36 + 3 * 128))


@contextmanager
def unchanged(model: Classifier):
    """Whatever a look at a network must leave as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes, hooks = [m.training for m in model.modules()], [len(m._forward_pre_hooks) for m in model.modules()]
    drawn = torch.get_rng_state()
    yield
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert modes == [m.training for m in model.modules()]
    assert hooks == [len(m._forward_pre_hooks) for m in model.modules()]
    assert torch.equal(drawn, torch.get_rng_state())


def test_a_look_leaves_the_network_as_it_was() -> None:
    model = small_model().train()
    model.encoder.layer1.eval()
    with unchanged(model):
        products = traced_products(model, (1, 8, 8))
    assert {weight for product in products for weight in product.weights} == set(prunable_weights(model))
    with unchanged(model), pytest.raises(RuntimeError):
        traced_products(model, (2, 8, 8))


@pytest.mark.slow
def test_a_look_at_products_imports_no_compiler() -> None:
    """It takes seconds, before every first run of a study."""
    look = (
        "import sys, torch\n"
        "from lethe.networks.build import Architecture, empty_classifier\n"
        "from lethe.networks.products import require_known_products\n"
        "options = {'blocks': [1], 'width': 4}\n"
        "require_known_products(empty_classifier(Architecture('resnet', options, 3, 3)), (3, 8, 8))\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", look], check=True, env={**os.environ, "PYTHONPATH": str(SCRIPTS)})
