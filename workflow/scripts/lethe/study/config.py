"""A study's config as pydantic models: what `config.yaml` and `studies/*.yaml` say, checked against the plug-ins.

Its sections stand in `study.sections`. Options of plug-ins are checked by `study.options`, because their classes
live beside code that imports torch.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from lethe.core import registry
from lethe.core.allowed import shown
from lethe.core.errors import ConfigError
from lethe.core.explain import explain, told
from lethe.core.levels import DENSE, canonical_levels
from lethe.core.options import Strict, read_options
from lethe.core.splits import TRUE_CLASS, VALIDATION, color_only, expand_all
from lethe.core.suggest import known_names
from lethe.study.older_keys import with_older_keys
from lethe.study.plain_values import plain_value_mistakes
from lethe.study.results import NEEDED_BY_PIES, needed_results
from lethe.study.sections import (
    Compression,
    Dataset,
    Evaluation,
    Generalisation,
    Labels,
    Model,
    Seeds,
    Statistics,
)
from lethe.study.treatments import TREATED, is_treated

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
LONGEST_NAME = 100  # a file's name may have 255 bytes, and results lie beside files with longer ones
MOST_CELLS = 100_000


def _path_name(name: str) -> str:
    """Refuse what cannot be a folder on every file system, a command's word and a wildcard."""
    if not NAME.fullmatch(name):
        raise ValueError("allowed: a letter, then letters, digits and underscores (it becomes a folder)")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"allowed: at most {LONGEST_NAME} characters (it becomes a folder)")
    return name


PathName = Annotated[str, AfterValidator(_path_name)]


def _asked(value: Any) -> bool | dict[str, Any]:
    if not isinstance(value, bool | dict):
        raise ValueError("allowed: true, false, or options of the measure such as {rounds: 15}")
    return value


class Study(Strict):
    """One study: everything it makes lies under results/{study}/."""

    study: PathName = Field(description="name of the study, and of its folder below `results/`")
    dataset: Dataset = Field(description="which images")
    model: Model = Field(description="which architecture")
    seeds: Seeds = Field(description="how many networks, and how they are shared among jobs")
    regimes: dict[PathName, dict[str, Any]] = Field(
        min_length=1,
        description="how networks are trained: a regime's name, or any name with `plugin`, and its options",
    )
    labels: Labels | None = Field(
        default=None, description="how many labels the regimes see that use some; exactly one of its keys"
    )
    compression: dict[PathName, Compression] = Field(
        min_length=1, description="how they are compressed: a method's name, or any name with `plugin`"
    )
    evaluation: Evaluation = Field(default=Evaluation(), description="which images are predicted")
    measures: dict[str, Annotated[bool | dict[str, Any], BeforeValidator(_asked)]] = Field(
        default={}, description="what is measured: `true`, `false` or options, by the measure's name"
    )
    generalisation: Generalisation = Field(
        default=Generalisation(), description="further trainings of every regime with one thing changed"
    )
    statistics: Statistics = Field(default=Statistics(), description="how populations are compared")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        default="auto", description="where networks are trained and run; `auto` takes an accelerator if there is one"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="of training; `auto` is bf16 on CUDA and fp32 elsewhere; predictions are float32"
    )

    @property
    def has_color(self) -> bool:
        """Whether the images have three channels; the data set's file says it, or an option where it cannot."""
        stated = registry.literal(registry.SETS, self.dataset.name, "channels", default=None)
        return (stated or self.dataset.options.get("channels", 3)) == 3

    @property
    def has_attributes(self) -> bool:
        """Whether it is written down of every example to which groups it belongs."""
        of_set = registry.literal(registry.SETS, self.dataset.name, "attributes", default=False)
        return bool(self.dataset.planted or self.dataset.attributes is not None or of_set)

    def has_any(self, key: str) -> bool:
        """Whether the config gives anything under a dotted key, such as `generalisation.train_sizes`."""
        value: Any = self
        for part in key.split("."):
            value = getattr(value, part)
        return bool(value)

    @property
    def asked_measures(self) -> tuple[str, ...]:
        """Measures that are taken: those that the config asks for, those taken by default, and what these are made
        from.

        None for which the config says false.
        """
        known = [name for name in registry.names(registry.MEASURES) if self.measures.get(name) is not False]
        by_default = {True, *["attributes"] * self.has_attributes, *["planted"] * bool(self.dataset.planted)}
        taken = {
            name
            for name in known
            if name in self.measures
            or registry.literal(registry.MEASURES, name, "default", default=False) in by_default
        }
        fresh = taken
        while fresh:
            fresh = {need for name in fresh for need in needed_results(name) if need in known} - taken
            taken |= fresh
        return tuple(name for name in known if name in taken)

    def measure_options(self, name: str) -> dict[str, Any]:
        """Options of a measure, as the config gives them."""
        options = self.measures.get(name)
        return options if isinstance(options, dict) else {}

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits that are predicted, each `*` replaced by what it stands for."""
        return expand_all(self.evaluation.splits, color=self.has_color)

    def plugin(self, method: str) -> str:
        """File in `compress/methods/` that a configured method uses."""
        return self.compression[method].plugin or method

    def method_options(self, method: str, regime: str) -> dict[str, Any]:
        """Options of a configured method for the networks of a regime."""
        compression = self.compression[method]
        return {**compression.options, **compression.by_regime.get(regime, {})}

    def regime_plugin(self, regime: str) -> str:
        """File in `regimes/kinds/` that a configured regime uses."""
        return str(self.regimes[regime].get("plugin") or regime)

    def regime_options(self, regime: str) -> dict[str, Any]:
        """Options of a configured regime, without its `plugin`."""
        return {key: value for key, value in self.regimes[regime].items() if key != "plugin"}


def read_study(values: dict[str, Any], *, where: str) -> Study:
    """Check a study's values: keys, types, names of plug-ins, levels.

    Args:
        values: the parsed YAML.
        where: the file it came from, for messages.
    Raises: ConfigError: every mistake found, one per line.
    """
    strange = plain_value_mistakes(values)
    if strange:
        raise ConfigError(told(f"{where}: {mistake}" for mistake in strange))
    try:
        study = read_options(Study, with_older_keys(values))
    except ValidationError as error:
        raise ConfigError(told(explain(error, Study, where=where))) from None
    mistakes = list(_mistakes(study))
    if mistakes:
        raise ConfigError(told(f"{where}: {mistake}" for mistake in mistakes))
    return study


def _mistakes(study: Study) -> list[str]:
    """Names that no file carries, and levels that their method does not take."""
    found = [
        _unknown("dataset.name", registry.SETS, study.dataset.name),
        *(_wrong_plant(study, name) for name in study.dataset.planted),
        _unknown("model.name", registry.FAMILIES, study.model.name),
        *(_wrong_regime(study, regime) for regime in study.regimes),
        *(_wrong_method(study, method) for method in study.compression),
        *(_wrong_measure(study, name) for name in study.measures),
        _too_many_blocks(study),
        _too_large_population(study),
        _too_many_cells(study),
        _colorless(study),
        _without_validation(study),
    ]
    return [mistake for mistake in found if mistake]


def _unknown(key: str, room: str, name: str) -> str | None:
    """A name that no file of a folder carries."""
    try:
        registry.require(room, name)
    except ConfigError as error:
        return f"{key}: {error}"
    return None


def _colorless(study: Study) -> str | None:
    """Corruptions that only change colours, of images without any."""
    named = color_only(study.evaluation.splits)
    if not named or study.dataset.name not in registry.names(registry.SETS) or study.has_color:
        return None
    return (
        f"evaluation.splits: {', '.join(named)} given, which only changes colours, but the images of "
        f"{study.dataset.name} are grey; remove it"
    )


def _without_validation(study: Study) -> str | None:
    """A split of images that nothing sets aside."""
    if VALIDATION not in study.evaluation.splits or study.dataset.validation_size is not None:
        return None
    return (
        f"evaluation.splits: '{VALIDATION}' given, but no image is set aside; write how many under dataset: "
        "{validation_size: 200}"
    )


def _wrong_regime(study: Study, regime: str) -> str | None:
    """A regime that no file carries, or that lacks the labels it would use."""
    named = study.regimes[regime].get("plugin", regime)
    if not isinstance(named, str):
        return f"regimes.{regime}.plugin: {shown(named)} given; allowed: the name of a regime, such as supervised"
    plugin = study.regime_plugin(regime)
    unknown = _unknown(f"regimes.{regime}" + ("" if plugin == regime else ".plugin"), registry.REGIMES, plugin)
    if unknown:
        return unknown
    if registry.literal(registry.REGIMES, plugin, "labels") == "some" and study.labels is None:
        return (
            f"regimes.{regime}: uses some of the labels, but the study does not say how many; add "
            "'labels: {per_class: 4}' or 'labels: {share: 0.1}'"
        )
    return None


def _wrong_plant(study: Study, name: str) -> str | None:
    """A plant with a name that cannot stand in a table, that no file carries, or in images that are not set aside."""
    key = f"dataset.planted.{name}"
    if not NAME.fullmatch(name) or name == TRUE_CLASS:
        return f"{key}: allowed: a letter, then letters, digits and underscores, and not {TRUE_CLASS}"
    given = study.dataset.planted[name]
    plugin = given.get("plugin", name)
    if not isinstance(plugin, str):
        return f"{key}.plugin: {shown(plugin)} given; allowed: the name of a plant, such as uniform_noise"
    unknown = _unknown(key if plugin == name else f"{key}.plugin", registry.PLANTS, plugin)
    asked = given.get("splits") or ()
    if not unknown and VALIDATION in asked and study.dataset.validation_size is None:
        return (
            f"{key}.splits: '{VALIDATION}' given, but no image is set aside; add dataset.validation_size or remove it"
        )
    return unknown


def _wrong_measure(study: Study, name: str) -> str | None:
    """A measure that no file carries, or one that is left out although another needs it."""
    unknown = _unknown(f"measures.{name}", registry.MEASURES, name)
    if unknown or name in study.asked_measures:
        return unknown
    needy = [other for other in study.asked_measures if name in needed_results(other)]
    if name == NEEDED_BY_PIES or needy:
        whom = "PIE sets are" if name == NEEDED_BY_PIES else f"measure '{needy[0]}' is"
        return f"measures.{name}: false given, but {whom} made from it; leave the line out"
    return None


def _too_many_blocks(study: Study) -> str | None:
    """More blocks with further trainings than the seeds form."""
    there = study.seeds.count // study.seeds.block
    asked = study.generalisation.blocks
    if asked > there:
        return f"generalisation.blocks: {asked} given, but the seeds form {there} blocks; lower it"
    return None


def _too_large_population(study: Study) -> str | None:
    """Populations of which no two are left when a seed is left out."""
    asked, count = study.statistics.population, study.seeds.count
    if asked is None or 2 * asked < count:
        return None
    return (
        f"statistics.population: {asked} given, but of {count} seeds less one two populations have at most "
        f"{(count - 1) // 2} each; lower it or raise seeds.count"
    )


def _too_many_cells(study: Study) -> str | None:
    """More jobs than Snakemake can plan."""
    levels = 1 + sum(len(compression.levels) for compression in study.compression.values())
    blocks = study.seeds.count // study.seeds.block
    networks = len(study.regimes) * levels * blocks
    if networks <= MOST_CELLS:
        return None
    return (
        f"{len(study.regimes)} regimes, {levels} levels with the uncompressed one and {blocks} blocks of seeds make "
        f"{networks} jobs of training and compressing; allowed: at most {MOST_CELLS}; raise seeds.block or split the "
        "study"
    )


def _wrong_method(study: Study, method: str) -> str | None:
    """A method with a reserved or unknown name, for regimes that there are not, or at levels that it does not take."""
    key = f"compression.{method}"
    if method == DENSE:
        return f"{key}: '{DENSE}' is the name of the uncompressed networks; choose another name"
    if is_treated(method):
        return f"{key}: names of networks from which nothing is removed begin with '{TREATED}_'; choose another name"
    plugin = study.plugin(method)
    unknown = _unknown(key if plugin == method else f"{key}.plugin", registry.METHODS, plugin)
    if unknown:
        return unknown
    for name in ("regimes", "by_regime"):
        stranger = next((r for r in getattr(study.compression[method], name) or () if r not in study.regimes), None)
        if stranger:
            return f"{key}.{name}: unknown regime '{stranger}'; {known_names(stranger, study.regimes)}"
    try:
        canonical_levels(study.compression[method].levels, registry.literal(registry.METHODS, plugin, "level_kind"))
    except ConfigError as error:
        return f"{key}.levels: {error}"
    return None
