"""All measures of difficulty of a regime on one split, with all seeds or with some of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from lethe.core import registry
from lethe.core.errors import PopulationError
from lethe.difficulty.evidence import Examined
from lethe.difficulty.spec import DifficultySpec
from lethe.study.difficulties import of_populations


@dataclass(frozen=True)
class Difficulties:
    """What every measure says of the examples of a split.

    Attributes:
        examined: predictions and trajectories of all networks.
        inspected: by measure, what looking into each network said.
    """

    examined: Examined
    inspected: Mapping[str, Float[np.ndarray, "seeds examples"]]

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Measures that can be taken of what is known, sorted."""
        known = self.examined.evidence.known
        return tuple(sorted([*(kind for kind in of_populations() if _needs(kind) <= known), *self.inspected]))

    def of(self, kind: str, seeds: Int[np.ndarray, " chosen"] | None = None) -> Float[np.ndarray, " examples"]:
        """One measure, of all seeds or of some, by their positions.

        NaN where it is not defined; of a measure of networks the mean is over those for which it is.
        """
        if kind in self.inspected:
            values = self.inspected[kind] if seeds is None else self.inspected[kind][seeds]
            known = np.isfinite(values)
            with np.errstate(invalid="ignore"):
                return np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)
        spec: DifficultySpec = registry.load(registry.DIFFICULTIES, kind)
        evidence = self.examined.evidence
        return np.asarray(spec.measure(evidence if seeds is None else evidence.of(seeds)), dtype=np.float64)


def read_inspected(tables: list[pd.DataFrame], examined: Examined) -> dict[str, Float[np.ndarray, "seeds examples"]]:
    """By measure, one row per seed in the order of what was examined.

    Raises: PopulationError: blocks were looked into for different measures, seeds or images.
    """
    if not tables:
        return {}
    rows = pd.concat([table.astype({"kind": str}) for table in tables], ignore_index=True)
    shape = (len(examined.seeds), len(examined.example_ids))
    found = {}
    for kind, own in rows.groupby("kind", sort=True):
        wide = own.sort_values(["seed", "example_id"], kind="stable")
        if len(wide) != shape[0] * shape[1]:
            raise PopulationError(
                f"inspections of {own['seed'].nunique()} seeds and {own['example_id'].nunique()} examples for "
                f"'{kind}' and predictions of {shape[0]} seeds and {shape[1]} examples given; both must be of the same"
            )
        found[str(kind)] = wide["difficulty"].to_numpy().reshape(shape)
    return found


def _needs(kind: str) -> set[str]:
    return set(registry.literal(registry.DIFFICULTIES, kind, "needs"))
