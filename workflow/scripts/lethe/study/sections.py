"""The sections of a study's config: what `dataset`, `model`, `seeds`, `labels`, `compression` and others may say.

`study.config` makes the whole of them.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from lethe.core.errors import ConfigError
from lethe.core.options import Count, Strict
from lethe.core.splits import TEST, TRAIN, VALIDATION, expand, expand_all

MOST_SEEDS = 10_000


def _example(**keys: Any) -> ConfigDict:
    """What a model shows to somebody who wrote something else in its place."""
    return ConfigDict(json_schema_extra={"examples": [keys]})


class Dataset(Strict):
    """Which images; `root` is where their files lie, if the data set has files."""

    model_config = _example(name="digits")
    name: str = Field(description="which data set")
    root: str | None = Field(
        default=None, description="folder that holds its files, or into which they are downloaded; `~` is the home"
    )
    train_size: int | None = Field(
        default=None, ge=1, le=10**9, description="train on so many images, drawn once for the study; by default on all"
    )
    validation_size: int | None = Field(
        default=None,
        ge=1,
        le=10**9,
        description="set so many training images aside, drawn once for the study, on which no network is trained: the "
        "split `validation`; by default none",
    )
    options: dict[str, Any] = Field(default={}, description="options of this data set")
    planted: dict[str, dict[str, Any]] = Field(
        default={},
        description="what makes some examples hard for a known reason: a plant's name, or any name with `plugin`, and "
        "its options; it is written down per example",
    )
    attributes: str | None = Field(
        default=None,
        description="a CSV of attributes, whose values are groups: a column example_id or path, and one per attribute; "
        "`~` is the home",
    )

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits that are prepared."""
        return (TRAIN, TEST) if self.validation_size is None else (TRAIN, VALIDATION, TEST)


class Model(Strict):
    """Which architecture, with the options of its file in `networks/families/`."""

    model_config = _example(name="resnet")
    name: str = Field(description="which family of networks")
    options: dict[str, Any] = Field(default={}, description="options of this family")


class Seeds(Strict):
    """How many replicates, how many of them one job handles, and the study seed that all draws derive from."""

    model_config = _example(count=4, block=2)
    count: int = Field(ge=2, le=MOST_SEEDS, description="networks per cell, seeds 0 to count - 1")
    block: int = Field(ge=1, le=MOST_SEEDS, description="networks that one job handles; divides the count")
    study: int = Field(default=0, ge=0, lt=2**63, description="what all random draws of the study derive from")
    share: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="every seed is trained on so large a part of the training images, drawn for it alone, classes in "
        "proportion: what memorisation and influence are estimated from; by default all are trained on all",
    )

    @model_validator(mode="after")
    def _whole_blocks(self) -> "Seeds":
        """Refuse a block that does not divide the seeds."""
        if self.count % self.block:
            raise ValueError(
                f"count {self.count} is not a multiple of block {self.block}; choose a block that divides it"
            )
        return self


class Labels(Strict):
    """How many training images keep their label for regimes that use some: so many per class, or a share of all."""

    model_config = _example(per_class=4)
    per_class: Count | None = Field(default=None, description="so many images of every class")
    share: float | None = Field(default=None, gt=0, le=1, description="or this share of all training images")
    draw: Literal["seed", "study"] = Field(
        default="seed",
        description="every `seed` draws its own, so that the draw is a part of seed noise, or one draw for the `study`",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> "Labels":
        if (self.per_class is None) == (self.share is None):
            raise ValueError("give exactly one of per_class and share")
        return self

    @property
    def quotas(self) -> dict[str, Any]:
        """How many, as `class_quotas` takes it."""
        return {"per_class": self.per_class, "share": self.share}


class Compression(Strict):
    """One configured compression method.

    `plugin` is its file in `compress/methods/`, by default its own name; `regimes` those it is applied to, by default
    all; `by_regime` has options that differ for one regime, such as the steps of a schedule in a longer training.
    """

    model_config = _example(levels=[0.5, 0.9])
    plugin: str | None = Field(default=None, description="which method, where the entry goes by another name")
    regimes: list[str] | None = Field(
        default=None, min_length=1, description="regimes whose networks are compressed; by default all"
    )
    levels: list[float | int | str] = Field(
        description="how far: shares of weights or channels that are removed, or numbers of bits, as the method says"
    )
    options: dict[str, Any] = Field(default={}, description="options of this method")
    by_regime: dict[str, dict[str, Any]] = Field(
        default={}, description="options that differ for one regime, by its name"
    )


def _known_split(written: str) -> str:
    """Refuse an entry of the splits that names none."""
    try:
        expand(written)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return written


def _fitting_splits(written: list[str]) -> list[str]:
    """Refuse splits that are asked for twice, and corrupted ones without the clean ones."""
    try:
        expand_all(written)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return written


class Evaluation(Strict):
    """Which splits are predicted.

    `test@fog-3` are the test images in fog of severity 3; `*` stands for every corruption or every severity.
    """

    model_config = _example(splits=["test"])
    splits: Annotated[list[Annotated[str, AfterValidator(_known_split)]], AfterValidator(_fitting_splits)] = Field(
        default=["test"],
        min_length=1,
        description="`test`, `validation`, `train`, or corrupted test images such as `test@fog-3`; `*` for all kinds "
        "or severities",
    )


def _distinct(values: list[Any]) -> list[Any]:
    """Refuse two values that a path would write alike."""
    written = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    if len(set(written)) < len(written):
        raise ValueError(f"[{', '.join(written)}] given, two of them the same; give each once")
    return values


def _odd(size: int) -> int:
    """Refuse an even number: two networks tie wherever they disagree."""
    if size % 2 == 0:
        raise ValueError("allowed: an odd number of networks, such as 1 or 3")
    return size


class Statistics(Strict):
    """How populations are compared."""

    model_config = _example(population=3)
    population: Annotated[int, Field(ge=1, le=MOST_SEEDS), AfterValidator(_odd)] | None = Field(
        default=None,
        description="networks in each of the populations whose disagreement is measured, odd and at most (seeds - 1) "
        "/ 2; "
        "by default 3 with at least 10 seeds, else 1",
    )
    equivalence_margin: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="two regimes are called equivalent where the 95 % interval of their difference in shift lies "
        "within "
        "so much of 0 (0.01: one point); by default none are",
    )


class Generalisation(Strict):
    """Further trainings of every regime, with wrong labels or with fewer images, for the first blocks of seeds."""

    model_config = _example(label_noise=[0.1])
    label_noise: Annotated[list[Annotated[float, Field(gt=0, le=1)]], AfterValidator(_distinct)] = Field(
        default=[], description="shares of labels that are replaced by random ones, one further training each"
    )
    train_sizes: Annotated[list[Annotated[int, Field(ge=1, le=10**9)]], AfterValidator(_distinct)] = Field(
        default=[], description="numbers of training images, one further training each"
    )
    blocks: Count = Field(default=1, description="blocks of seeds that are trained so, from the first on")
