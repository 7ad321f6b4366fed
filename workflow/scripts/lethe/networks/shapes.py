"""Give a network the shapes of a state dict: how a network with fewer channels is rebuilt from its checkpoint."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lethe.networks.spec import Classifier


def take_shapes(model: Classifier, state: Mapping[str, Tensor]) -> Classifier:
    """Change the widths of convolutions, linear layers and batch-norms, in place, to those of a state dict.

    The values are left to `load_state_dict`. Layers whose shapes agree are not touched.
    """
    for name, module in model.named_modules():
        wanted = {key: state[f"{name}.{key}"] for key in module.state_dict() if f"{name}.{key}" in state}
        own = {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False))}
        if all(key not in own or own[key].shape == tensor.shape for key, tensor in wanted.items()):
            continue
        for key, tensor in wanted.items():
            if key in own and own[key].shape != tensor.shape:
                _replace(module, key, tensor)
        _name_widths(module, wanted["weight"])
    return model


def _replace(module: nn.Module, key: str, like: Tensor) -> None:
    empty = torch.empty_like(like, device=getattr(module, key).device, memory_format=torch.contiguous_format)
    setattr(module, key, nn.Parameter(empty) if key in module._parameters else empty)


def _name_widths(module: nn.Module, weight: Tensor) -> None:
    """Layers carry their widths beside their weights; forward and export read them."""
    if isinstance(module, nn.Conv2d):
        if module.groups > 1:
            module.groups = weight.shape[0]  # only depthwise convolutions ever change width
        module.out_channels, module.in_channels = weight.shape[0], weight.shape[1] * module.groups
    elif isinstance(module, nn.Linear):
        module.out_features, module.in_features = weight.shape
    elif isinstance(module, nn.BatchNorm2d):
        module.num_features = weight.shape[0]
