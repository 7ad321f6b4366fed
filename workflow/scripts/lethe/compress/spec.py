"""What a file in `compress/methods` promises, and the options that every post-hoc method shares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from pydantic import AfterValidator, Field, PositiveFloat
from torch import Tensor

from lethe.compress.channels import ChannelGroup, coupled_channels
from lethe.core.errors import ConfigError
from lethe.core.options import CountOrNone, Strict
from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.networks.spec import Classifier, Masks
from lethe.training.plan import MaskSchedule

LevelKind = Literal["sparsity", "channel_sparsity", "bits", "none"]
# Random controls choose at random what their method chooses; the capacity control was small from the start; a reference
# removes nothing.
Role = Literal["method", "random control", "capacity control", "reference"]
ActsOn = Literal["weights", "channels", "clusters", "bits", "none"]


def _not_one(count: int) -> int:
    """Refuse a single image: batch-norm would divide by a spread that one image does not have."""
    if count == 1:
        raise ValueError("allowed: 0 for none, or at least 2 images, because batch-norm needs more than one")
    return count


class PostHocOptions(Strict):
    """What happens to a network after it was compressed, in this order: fine-tuning, recalibration, a new head."""

    finetune_epochs: CountOrNone = Field(default=0, description="epochs of training after compression, masks held")
    finetune_learning_rate: PositiveFloat = Field(default=0.01, description="peak rate of the fine-tuning")
    recalibrate: Annotated[CountOrNone, AfterValidator(_not_one)] = Field(
        default=0, description="training images from which all batch-norm statistics are estimated anew; 0 = none"
    )

    head: Literal["stale", "refit"] = Field(
        default="stale",
        description="linear classifier on the features: as it is, or fitted anew, in float32, to the features that the "
        "compressed encoder gives the training images whose labels may be used",
    )

    @property
    def images_asked(self) -> dict[str, int]:
        """How many training images an option asks for, by its name; options that are looked at only."""
        return {"recalibrate": self.recalibrate}

    @property
    def labelled_images_asked(self) -> dict[str, int]:
        """How many training images whose labels may be used an option asks for, by its name."""
        return {}

    @property
    def by_layer(self) -> bool:
        """Whether every layer by itself loses the level's share of weights, which is rounded to whole ones there."""
        return False

    @property
    def repairs(self) -> list[str]:
        """What is done about the statistics of batch-norm, in words."""
        return ["recalibrated"] * bool(self.recalibrate)

    @property
    def treatment(self) -> str:
        """What is done to a compressed network, in a few words; `raw` for nothing."""
        before, after = ["fine-tuned"] * bool(self.finetune_epochs), ["head refit"] * (self.head == "refit")
        return ", ".join(before + self.repairs + after) or "raw"


class InTrainingOptions(Strict):
    """Options of a method that acts during training; a method's own are added in its file."""

    @property
    def by_layer(self) -> bool:
        """As of methods that act after training."""
        return False


@dataclass(frozen=True)
class Inputs:
    """What a method may look at beside the network: training images, some with labels, and which channels are coupled.

    Attributes:
        pool: all training images, uint8 (examples, channels, height, width).
        order: a random order of the pool, the same for every method and level of a seed.
        device: where images are wanted.
        groups: coupled channels, if they are known already; otherwise the network is traced.
        labels: of the pool, -1 where a label may not be used; none for methods whose SPEC does not ask for labels.
    """

    pool: np.ndarray
    order: np.ndarray
    device: torch.device
    groups: tuple[ChannelGroup, ...] | None = None
    labels: Int64[np.ndarray, " examples"] | None = None

    def images(self, count: int, *, purpose: str) -> UInt8[Tensor, "examples channels height width"]:
        """The first images of the random order; more images include fewer.

        Args: purpose: the option that asks for them, for the message.
        Raises: ConfigError: more asked for than there are.
        """
        rows = _first(self.order, count, f"{purpose}: {count} training images")
        return torch.from_numpy(self.pool[rows]).to(self.device)

    def labelled_images(
        self, count: int, *, purpose: str
    ) -> tuple[UInt8[Tensor, "examples channels height width"], Int64[Tensor, " examples"]]:
        """The first images of the random order whose labels may be used, with them; more images include fewer.

        For a regime of few labels these are its labelled images, for all others all training images.

        Args: purpose: the option that asks for them, for the message.
        Raises: ConfigError: more asked for than there are.
        """
        assert self.labels is not None, "a method that looks at labels says so: labels=True in its SPEC"
        usable = self.order[self.labels[self.order] >= 0]
        rows = _first(usable, count, f"{purpose}: {count} labelled training images")
        return torch.from_numpy(self.pool[rows]).to(self.device), torch.from_numpy(self.labels[rows]).to(self.device)

    def channel_groups(self, model: Classifier) -> tuple[ChannelGroup, ...]:
        """Groups of coupled channels of the network.

        Raises: CompressionError: a layer whose channels cannot be removed or merged.
        """
        return self.groups if self.groups is not None else coupled_channels(model, self.pool.shape[1:])


def _first(rows: np.ndarray, count: int, asked: str) -> np.ndarray:
    """The first rows of an order, ascending.

    Raises: ConfigError: more asked for than there are.
    """
    if count > len(rows):
        raise ConfigError(f"{asked} asked for, but there are {len(rows)}; lower it")
    return np.sort(rows[:count])


def seeded_inputs(
    train: Stored,
    replicate: Replicate,
    device: torch.device,
    groups: tuple[ChannelGroup, ...] | None,
    usable: Stored | None = None,
) -> tuple[Inputs, torch.Generator]:
    """What a method is given of one seed: images in that seed's random order, and its generator.

    Args: usable: the part of the training images whose labels may be used, for a method that asks for labels.
    """
    order = replicate.numpy("calibration").permutation(len(train))
    generator = torch.Generator().manual_seed(replicate.integer("compression"))
    labels = None
    if usable is not None:
        may_be_used = np.isin(train.example_ids, usable.example_ids)
        labels = np.where(may_be_used, train.labels, -1).astype(np.int64)
    return Inputs(train.images, order, device, groups, labels), generator


@dataclass(frozen=True)
class Compressed:
    """A compressed network.

    Attributes:
        masks: held if it is fine-tuned; 1 = kept, by parameter name.
        notes: what the method adds to the block's record, the same for every seed.
    """

    model: Classifier
    masks: Masks
    notes: dict[str, Any] = field(default_factory=dict)


def one_shot(level: float, options: PostHocOptions) -> tuple[float, ...]:
    """The levels that are reached one after the other, each followed by fine-tuning: here the asked one alone."""
    return (level,)


@dataclass(frozen=True)
class CompressSpec:
    """One method that compresses trained networks: `SPEC = CompressSpec(...)`, all but functions as literals.

    Attributes:
        level_kind: what the level says: `sparsity`, `channel_sparsity` or `bits`.
        pairing: seed k is made from dense seed k.
        role: what the method is for.
        control: plug-in that does the same but chooses at random; empty for controls, and where there is none.
        acts_on: what is removed, merged (`clusters` of channels) or rounded (`bits`).
        compress: (model, level, options, inputs, generator) -> Compressed; leaves its input untouched.
        channels: whether it needs the coupled channels.
        labels: whether it looks at labels of training images, `Inputs.labelled_images`.
        finetunes: whether it fine-tunes by its default options.
        after: defaults of options that act after compression where they differ from those of `treatments.NOTHING`.
        rounds: (level, options) -> the levels that are reached one after the other, the asked one last.
    """

    name: str
    summary: str
    source: str
    level_kind: LevelKind
    pairing: Literal["post_hoc"]
    role: Role
    control: str
    acts_on: ActsOn
    Options: type[PostHocOptions]
    compress: Callable[[Classifier, float, Any, Inputs, torch.Generator], Compressed]
    channels: bool = False
    labels: bool = False
    finetunes: bool = False
    after: Mapping[str, Any] = field(default_factory=dict)
    rounds: Callable[[float, Any], tuple[float, ...]] = one_shot


@dataclass(frozen=True)
class InTrainingSpec:
    """One method that acts while a network trains: `SPEC = InTrainingSpec(...)`, all but functions as literals.

    Attributes:
        pairing: seed k comes from a training run of its own, independent of dense seed k.
        role, control, acts_on: as in `CompressSpec`.
        start: (fresh model, level, options, inputs, generator) -> the network that is trained.
        masks: (level, options, steps of the whole training) -> what is held at 0 at every step.
        channels: whether it needs the coupled channels.
        labels: whether `start` looks at labels of training images; then it is for regimes that use labels.
    """

    name: str
    summary: str
    source: str
    level_kind: LevelKind
    pairing: Literal["in_training"]
    role: Role
    control: str
    acts_on: ActsOn
    Options: type[InTrainingOptions]
    start: Callable[[Classifier, float, Any, Inputs, torch.Generator], Classifier]
    masks: Callable[[float, Any, int], MaskSchedule]
    channels: bool = False
    labels: bool = False
