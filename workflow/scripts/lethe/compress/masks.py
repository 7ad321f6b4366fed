"""Which weights may be pruned, and masks that remove the lowest scores: exact counts, nested over levels."""

from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lethe.compress.spec import ActsOn, Compressed
from lethe.networks.products import multiplying_layers
from lethe.networks.spec import Classifier, Masks

WeightScores = dict[str, Float[Tensor, "..."]]


def prunable_weights(model: nn.Module) -> dict[str, Tensor]:
    """Weights of all convolutions and linear layers, head included, by parameter name. Biases and batch-norm stay.

    Raises: CompressionError: a layer that does not multiply by the weight that it stores, by name.
    """
    weights = {f"{name}.weight": layer.weight for name, layer in multiplying_layers(model).items()}
    return {name: weight.detach() for name, weight in weights.items() if isinstance(weight, Tensor)}


def keep_highest(scores: WeightScores, sparsity: float) -> Masks:
    """Masks that remove round(sparsity * n) weights with the lowest scores, ranked over all layers at once.

    Equal scores are removed in the order of layers and positions, so that masks are nested over levels.
    """
    flat = torch.cat([score.flatten() for score in scores.values()])
    removed = torch.argsort(flat, stable=True)[: round(sparsity * flat.numel())]
    kept = torch.ones_like(flat, dtype=torch.bool)
    kept[removed] = False
    pieces = torch.split(kept, [score.numel() for score in scores.values()])
    return {name: piece.view_as(scores[name]) for name, piece in zip(scores, pieces, strict=True)}


def keep_highest_in_each_layer(scores: WeightScores, sparsity: float) -> Masks:
    """The same within every layer: each loses the same share of its weights."""
    return {name: mask for layer in scores for name, mask in keep_highest({layer: scores[layer]}, sparsity).items()}


@torch.no_grad()
def masked(model: Classifier, masks: Masks) -> Compressed:
    """A copy of the model with masked weights set to 0."""
    copy = deepcopy(model)
    parameters = dict(copy.named_parameters())
    for name, mask in masks.items():
        parameters[name].mul_(mask)
    return Compressed(copy, masks)


def channels_gone(model: nn.Module, dense: nn.Module) -> float:
    """Share of the dense network's channels that are gone: of the outputs of all its layers but the head's classes."""
    left, there = (
        sum(len(weight) for name, weight in prunable_weights(network).items() if name != "head.weight")
        for network in (model, dense)
    )
    return 1 - left / there


def sparsity_of(model: nn.Module, dense: nn.Module, *, acts_on: ActsOn = "weights") -> float:
    """Share of the dense network's prunable weights that are gone: removed with their channel, or exactly 0.

    Args: acts_on: of the method; a weight that rounding to few bits (`bits`) made 0 is stored and was not removed.
    """
    weights = prunable_weights(model).values()
    left = sum(weight.numel() if acts_on == "bits" else int(weight.count_nonzero()) for weight in weights)
    return 1 - left / sum(weight.numel() for weight in prunable_weights(dense).values())
