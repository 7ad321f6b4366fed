"""Networks from their description: with fresh weights, or as a shape that waits for the weights of a checkpoint."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.store import FAINT, Stored
from lethe.networks.spec import Classifier

# What a channel is divided by that is to be seen as 0: finite, because a network that holds infinity is refused.
_NOTHING = 1e12


@dataclass(frozen=True)
class Architecture:
    """What decides a network's shape: a family, its options, the data's channels and classes."""

    name: str
    options: dict[str, Any]
    channels: int
    classes: int

    @classmethod
    def of(cls, model: str, split: Stored) -> "Architecture":
        """A study's network for images like those of a split.

        Args: model: family and its options as JSON, `{"name": ..., "options": {...}}`.
        """
        return cls(**json.loads(model), channels=split.channels, classes=len(split.class_names))

    def as_json(self) -> dict[str, Any]:
        """As it stands in a checkpoint's header."""
        return asdict(self)


def fresh_classifier(
    architecture: Architecture, replicate: Replicate, images: UInt8[Tensor, "examples channels height width"]
) -> Classifier:
    """The network with which a replicate's training starts, on the CPU, with the pixel statistics of these images.

    Raises: ConfigError: images that the network cannot take.
    """
    model = build_classifier(architecture, init_seed=replicate.integer("init"))
    require_fitting_images(model, *images.shape[1:])
    model.set_pixel_statistics(*pixel_statistics(images))
    return model


def pixel_statistics(
    images: UInt8[Tensor, "examples channels height width"],
) -> tuple[Float[Tensor, " channels"], Float[Tensor, " channels"]]:
    """What every channel is shifted and divided by, on the scale 0..1, in float64 from exact histograms, on the CPU.

    Its mean and its standard deviation, but that nothing is blown up that training had no use for: a channel that has
    one value throughout is divided by so much that networks see nothing there whatever it is later; one that varies
    faintly is divided by no less than FAINT times the largest deviation.
    """
    values = torch.arange(256, dtype=torch.float64) / 255
    counts = torch.stack([torch.bincount(images[:, c].flatten().long(), minlength=256) for c in range(images.shape[1])])
    weights = counts.cpu().double() / counts.sum(dim=1, keepdim=True).cpu()
    mean = weights @ values
    variance = weights @ values.square() - mean.square()
    spread = variance.clamp_min(0).sqrt()
    is_empty = (counts > 0).sum(dim=1).cpu() == 1
    divisor = torch.where(is_empty, _NOTHING, spread.clamp_min(FAINT * float(spread.max())))
    return mean.float(), divisor.float()


def build_classifier(architecture: Architecture, *, init_seed: int) -> Classifier:
    """A network with fresh weights; the same seed gives the same weights, the global generator is left as it was."""
    return _built(architecture, registry.load(registry.FAMILIES, architecture.name).build, init_seed)


def empty_classifier(architecture: Architecture) -> Classifier:
    """A network of the same shape, for the weights of a checkpoint to be loaded into; it reads no file of its own."""
    spec = registry.load(registry.FAMILIES, architecture.name)
    return _built(architecture, spec.rebuild or spec.build, 0)


def _built(architecture: Architecture, build: Callable[[Any, int, int], Classifier], seed: int) -> Classifier:
    """A network made by one of a family's functions, its initial weights drawn from the seed."""
    options = registry.load(registry.FAMILIES, architecture.name).Options.model_validate(architecture.options)
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also seed every accelerator, which this fork does not restore.
        torch.default_generator.manual_seed(seed)
        return build(options, architecture.channels, architecture.classes)


def require_fitting_images(model: Classifier, channels: int, height: int, width: int) -> None:
    """Refuse images that a network cannot take, before any of them is loaded; two black ones are tried.

    Raises: ConfigError: with the size given and what the network said.
    """
    parameter = next(model.parameters())
    images = torch.zeros(2, channels, height, width, device=parameter.device, dtype=parameter.dtype)
    was_training = model.training
    try:
        with torch.no_grad():
            shape = tuple(model.eval().features(images).shape)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise _misfit(channels, height, width, str(error)) from error
    finally:
        model.train(was_training)
    if shape != (2, model.head.in_features):
        raise _misfit(channels, height, width, f"features of shape {shape}, not (2, {model.head.in_features})")


def _misfit(channels: int, height: int, width: int, reason: str) -> ConfigError:
    """The error for images that a network cannot take, with the first line of what it said."""
    first = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
    return ConfigError(
        f"images of {channels} x {height} x {width} (channels x height x width) do not fit this network: {first}; "
        "choose another model, options that shrink images less, or larger images"
    )
