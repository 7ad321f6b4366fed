"""The grid of a study: regime x seed block x method x level, as the rules need it."""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from shlex import quote
from typing import Any

from lethe.core import registry
from lethe.core.blocks import seeds_of
from lethe.core.errors import ConfigError
from lethe.core.levels import DENSE, DENSE_LEVEL, canonical_levels
from lethe.core.splits import is_corrupted
from lethe.core.suggest import known_names
from lethe.study.config import Study
from lethe.study.difficulties import NETWORK, asked_of_networks, needs_of
from lethe.study.paths import ATTRIBUTES
from lethe.study.treatments import TREATED, is_treated, treated_name, treatment_options

DECIDES_NO_RESULT = "which jobs there are, not what one does"


@dataclass(frozen=True)
class Cell:
    """One (regime, method, level); the dense cell has method `dense` and level `0`."""

    regime: str
    method: str
    level: str

    @property
    def is_dense(self) -> bool:
        """Whether this is the uncompressed population of its regime."""
        return self.method == DENSE

    @classmethod
    def dense(cls, regime: str) -> "Cell":
        """The uncompressed population of a regime."""
        return cls(regime, DENSE, DENSE_LEVEL)

    def __str__(self) -> str:
        return f"{self.regime}/{self.method}/{self.level}"


@dataclass(frozen=True)
class Grid:
    """What a study asks for; options as canonical JSON, so that reordering a config changes nothing."""

    study: Study

    @property
    def blocks(self) -> list[str]:
        """Blocks of seeds as they stand in paths: `0-4`, `5-9`."""
        size = self.study.seeds.block
        return [f"{first}-{first + size - 1}" for first in range(0, self.study.seeds.count, size)]

    @property
    def cells(self) -> list[Cell]:
        """All cells, dense first in every regime, then methods in the config's order with rising levels."""
        return [
            Cell(regime, method, level)
            for regime in self.study.regimes
            for method, levels in [(DENSE, (DENSE_LEVEL,)), *self._levels().items()]
            if self.is_applied(method, regime)
            for level in levels
        ]

    @property
    def treated_cells(self) -> list[Cell]:
        """Cells in which nothing is removed and a treatment of the regime's compressed networks happens."""
        found = [self.reference(cell) for cell in self.cells]
        return [cell for cell in dict.fromkeys(found) if not cell.is_dense]

    def reference(self, cell: Cell) -> Cell:
        """What a cell is compared with: nothing removed and the same treatment; the dense cell where there is none."""
        if is_treated(cell.method):
            return cell
        options = self._treatment(cell)
        return Cell(cell.regime, treated_name(options), DENSE_LEVEL) if options else Cell.dense(cell.regime)

    def _treatment(self, cell: Cell) -> dict[str, Any]:
        """What happens to a cell's networks after compression; nothing to those that were compressed in training."""
        if cell.is_dense or self._literal(cell.method, "pairing") != "post_hoc":
            return {}
        return treatment_options(self.plugin(cell.method), self.study.method_options(cell.method, cell.regime))

    @property
    def splits(self) -> list[str]:
        """Splits that are predicted."""
        return list(self.study.splits)

    @property
    def ordinary_splits(self) -> list[str]:
        """Splits as the data set has them."""
        return [split for split in self.splits if not is_corrupted(split)]

    @property
    def corrupted_splits(self) -> list[str]:
        """Corrupted copies of the test split."""
        return [split for split in self.splits if is_corrupted(split)]

    def block_of(self, seed: int) -> str:
        """The block that a seed belongs to.

        Raises: ConfigError: the study has no such seed.
        """
        for block in self.blocks:
            if seed in seeds_of(block):
                return block
        last = self.study.seeds.count - 1
        raise ConfigError(
            f"seed {seed} given, but study '{self.study.study}' has seeds 0 to {last}; choose one of them"
        )

    def cell_of(self, text: str) -> Cell:
        """The cell that a text names: `supervised/fold/0.50`, or shorter `supervised/fold/0.5`.

        Raises: ConfigError: the study has no such cell.
        """
        cells = {str(cell): cell for cell in self.cells}
        for name, cell in cells.items():
            if text.rsplit("/", 1)[0] == name.rsplit("/", 1)[0] and _same_number(text, cell.level):
                return cell
        raise ConfigError(
            f"cell '{text}' given, but study '{self.study.study}' has none of that name; a cell is written "
            f"regime/method/level; {known_names(text, cells)}"
        )

    def levels(self, method: str) -> tuple[str, ...]:
        """Rising levels of a configured method."""
        return self._levels()[method]

    def methods(self, pairing: str) -> list[str]:
        """Configured methods of one pairing: `post_hoc` or `in_training`."""
        return [m for m in self.study.compression if self._literal(m, "pairing") == pairing]

    def is_applied(self, method: str, regime: str) -> bool:
        """Whether a method compresses the networks of a regime."""
        if method == DENSE:
            return True
        chosen = self.study.compression[method].regimes
        return chosen is None or regime in chosen

    @property
    def has_attributes(self) -> bool:
        """Whether it is written down of every example to which groups it belongs."""
        return self.study.has_attributes

    @property
    def attribute_files(self) -> list[str]:
        """The tables of attributes, in the order of the splits, `{study}` left; none where there are none."""
        splits = self.study.dataset.splits if self.has_attributes else ()
        return [ATTRIBUTES.replace("{split}", split) for split in splits]

    @property
    def twins(self) -> list[str]:
        """Further trainings of every regime as they stand in paths, such as `size450`; none that is not measured."""
        if not any("twins" in registry.literal(registry.MEASURES, name, "needs") for name in self.study.asked_measures):
            return []
        asked = self.study.generalisation
        return [f"noise{share:g}" for share in asked.label_noise] + [f"size{size}" for size in asked.train_sizes]

    @property
    def keeps_snapshots(self) -> bool:
        """Whether networks are kept along their training, because a measure looks back."""
        return any(
            "snapshots" in needs_of(kind)
            for name in self.study.asked_measures
            if registry.literal(registry.MEASURES, name, "difficulties", default="") == NETWORK
            for kind in asked_of_networks(self.study.measure_options(name))
        )

    def twin_arguments(self, twin: str) -> str:
        """What a twin changes, as an argument of the entry script that trains it."""
        share = twin.removeprefix("noise")
        return f"--train-size {twin.removeprefix('size')}" if share == twin else f"--label-noise {share}"

    def twins_of(self, block: str) -> list[str]:
        """Twins that a block of seeds has: all of them in the first blocks, none in the others."""
        return self.twins if block in self.blocks[: self.study.generalisation.blocks] else []

    def needs_labelled(self, regime: str) -> bool:
        """Whether a regime uses some of the labels."""
        return bool(registry.literal(registry.REGIMES, self.study.regime_plugin(regime), "labels") == "some")

    def regime_plugin(self, regime: str) -> str:
        """File in `regimes/` of a configured regime."""
        return self.study.regime_plugin(regime)

    def plugin(self, method: str) -> str:
        """File in `compress/` of a configured method, or of the cells in which nothing is removed."""
        return TREATED if is_treated(method) else self.study.plugin(method)

    def dataset_options(self) -> str:
        """The data set's options as JSON."""
        return _json(self.study.dataset.options)

    def planted(self) -> str:
        """What is planted in the images, as JSON; the order counts."""
        return json.dumps(self.study.dataset.planted)

    def regime_options(self, regime: str) -> str:
        """A regime's options as JSON."""
        return _json(self.study.regime_options(regime))

    def method_options(self, method: str, regime: str) -> str:
        """A compression method's options for a regime as JSON, or those of a treatment."""
        if not is_treated(method):
            return _json(self.study.method_options(method, regime))
        cells = (cell for cell in self.cells if cell.regime == regime)
        return _json(next(self._treatment(cell) for cell in cells if self.reference(cell).method == method))

    def method_arguments(self, method: str, level: str, regime: str) -> str:
        """A method at a level, as arguments of the entry script that compresses a regime's networks as they train."""
        options = quote(self.method_options(method, regime))
        return f"--method {method} --plugin {self.plugin(method)} --level {level} --method-options {options}"

    def measure_options(self, name: str) -> str:
        """A measure's options as JSON."""
        return _json(self.study.measure_options(name))

    def model(self) -> str:
        """The architecture's name and options as JSON."""
        return _json({"name": self.study.model.name, "options": self.study.model.options})

    def study_json(self) -> str:
        """The whole study as JSON; the same text for configs that ask for the same.

        Regimes and methods keep the config's order, in which tables and figures show them; options have no order.
        """
        values = self.study.model_dump(mode="json")
        for method, levels in self._levels().items():
            values["compression"][method]["levels"] = levels
        values["evaluation"]["splits"] = self.splits
        sorted_values = {key: _sorted(value) for key, value in values.items()}
        for named in ("regimes", "compression"):
            sorted_values[named] = {name: sorted_values[named][name] for name in values[named]}
        return json.dumps(sorted_values)

    def named(self, pattern: str) -> str:
        """A path pattern with the study's name in it, the other wildcards left."""
        return pattern.replace("{study}", self.study.study)

    def paths(self, pattern: str) -> list[str]:
        """A path pattern filled for every cell, block and split that it names; `{study}` too."""
        filled = [
            pattern.format(
                study=self.study.study, regime=c.regime, method=c.method, level=c.level, block=block, split=split
            )
            for c in self.cells
            for split in self.splits
            for block in self.blocks
        ]
        return list(dict.fromkeys(filled))

    def _levels(self) -> dict[str, tuple[str, ...]]:
        """Rising levels of every configured method, as they stand in paths."""
        return {
            method: canonical_levels(compression.levels, self._literal(method, "level_kind"))
            for method, compression in self.study.compression.items()
        }

    def _literal(self, method: str, field: str) -> str:
        return registry.literal(registry.METHODS, self.plugin(method), field)


def _same_number(text: str, level: str) -> bool:
    """Whether a text ends in a level, however many zeros it is written with."""
    try:
        return Decimal(text.rsplit("/", 1)[-1]) == Decimal(level)
    except InvalidOperation:
        return False


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


def _sorted(value: Any) -> Any:
    return json.loads(json.dumps(value, sort_keys=True))
