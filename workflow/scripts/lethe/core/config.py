"""A study's config as pydantic models: what stands in `config.yaml` and `studies/*.yaml`, checked against the rooms.

Options of plug-ins are checked by `core.options`, because their classes live beside code that imports torch.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.explain import explain
from lethe.core.levels import DENSE, canonical_levels

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def _path_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("allowed: a letter, then letters, digits and underscores (it becomes a folder)")
    return name


PathName = Annotated[str, AfterValidator(_path_name)]


class Strict(BaseModel):
    """Refuses unknown keys and silent conversions of text to numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dataset(Strict):
    """Which images; `root` is where their files lie, if the data set has files."""

    name: str
    root: str | None = None
    train_size: int | None = Field(default=None, ge=1)
    options: dict[str, Any] = {}


class Model(Strict):
    """Which architecture, with the options of its file in `models/`."""

    name: str
    options: dict[str, Any] = {}


class Seeds(Strict):
    """How many replicates, how many of them one job handles, and the study seed that all draws derive from."""

    count: int = Field(ge=2)
    block: int = Field(ge=1)
    study: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _whole_blocks(self) -> "Seeds":
        if self.count % self.block:
            raise ValueError(
                f"count {self.count} is not a multiple of block {self.block}; choose a block that divides it"
            )
        return self


class Compression(Strict):
    """One configured compression method; `plugin` is its file in `compress/`, by default its own name."""

    plugin: str | None = None
    levels: list[float | int | str]
    options: dict[str, Any] = {}


class Evaluation(Strict):
    """Which splits are predicted, and whether logits are kept (`auto`: on up to 100 classes)."""

    splits: list[Literal["test", "train"]] = Field(default=["test"], min_length=1)
    logits: bool | Literal["auto"] = "auto"


def _each_once(batches: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(batches)) < len(batches):
        raise ValueError("a batch size is given twice; give each once")
    return batches


class Cost(Strict):
    """Whether forward passes are timed, with how many images at once, and in how many rounds."""

    latency: bool = True
    batches: Annotated[tuple[Annotated[int, Field(ge=1, le=65536)], ...], AfterValidator(_each_once)] = Field(
        default=(1, 256), min_length=1
    )
    rounds: int = Field(default=15, ge=5, le=1000)


class Study(Strict):
    """One study: everything it makes lies under results/{study}/."""

    study: PathName
    dataset: Dataset
    model: Model
    seeds: Seeds
    regimes: dict[PathName, dict[str, Any]] = Field(min_length=1)
    compression: dict[PathName, Compression] = Field(min_length=1)
    evaluation: Evaluation = Evaluation()
    cost: Cost = Cost()
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"

    def plugin(self, method: str) -> str:
        """File in `compress/` that a configured method uses."""
        return self.compression[method].plugin or method


def read_study(values: dict[str, Any], *, where: str) -> Study:
    """Check a study's values: keys, types, names of plug-ins, levels.

    Args:
        values: the parsed YAML.
        where: the file it came from, for messages.
    Raises: ConfigError: every mistake found, one a line.
    """
    try:
        study = Study.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(error, Study, where=where))) from None
    mistakes = list(_mistakes(study))
    if mistakes:
        raise ConfigError("\n".join(f"{where}: {mistake}" for mistake in mistakes))
    return study


def _mistakes(study: Study) -> list[str]:
    """Names that no file carries, and levels that their method does not take."""
    found = [
        _unknown("dataset.name", "data", study.dataset.name),
        _unknown("model.name", "models", study.model.name),
        *(_unknown(f"regimes.{name}", "regimes", name) for name in study.regimes),
        *(_wrong_method(study, method) for method in study.compression),
    ]
    return [mistake for mistake in found if mistake]


def _unknown(key: str, room: str, name: str) -> str | None:
    try:
        registry.require(room, name)
    except ConfigError as error:
        return f"{key}: {error}"
    return None


def _wrong_method(study: Study, method: str) -> str | None:
    key = f"compression.{method}"
    if method == DENSE:
        return f"{key}: '{DENSE}' is the name of the uncompressed networks; choose another name"
    plugin = study.plugin(method)
    unknown = _unknown(key if plugin == method else f"{key}.plugin", "compress", plugin)
    if unknown:
        return unknown
    try:
        canonical_levels(study.compression[method].levels, registry.literal("compress", plugin, "level_kind"))
    except ConfigError as error:
        return f"{key}.levels: {error}"
    return None
