"""Which measure finds examples that are hard for a known reason, and which of them compression forgets.

For everything that was planted, examples that carry it against examples in which nothing was planted: how well they are
found by each measure of difficulty, by being a PIE, and by the share of the networks that lose them, of every method at
one level (see `measures.losses`).

Source: the question: Seedat et al. 2024, arXiv:2403.04551 (H-CAT); scores: `pies.ranking`.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Bool

from lethe.core.errors import PopulationError
from lethe.core.options import NoOptions
from lethe.core.splits import YES
from lethe.measures.given import Given
from lethe.measures.losses import looked_at, read_losses
from lethe.measures.spec import MeasureSpec
from lethe.pies.ranking import Ranking, rank

DIFFICULTY, PIE, LOST = "difficulty", "pie", "lost"


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (plant, what finds it); none of a split in which nothing is planted.

    Raises: PopulationError: difficulties or attributes are of other examples than the predictions.
    """
    losses, ids = read_losses(given)
    plants = _plants(given, ids)
    (table,) = given.tables("difficulty")
    wide = table.astype({"kind": str}).pivot(index="example_id", columns="kind", values="difficulty").reindex(ids)
    if wide.isna().all(axis=1).any():
        raise PopulationError("difficulties lack examples that were predicted; measure them again")
    clean = ~np.any([np.zeros(len(ids), dtype=bool), *plants.values()], axis=0)
    rows = []
    for name, is_planted in plants.items():
        compared = clean | is_planted
        for kind in wide:
            found = rank(wide[kind].to_numpy()[compared], is_planted[compared])
            rows.append(_row(name, DIFFICULTY, str(kind), ("", "", ""), is_planted, found))
        for cell in looked_at(losses):
            own = losses[cell]
            share = own.lost / np.where(own.right == 0, np.nan, own.right)
            for by, numbers in ((PIE, own.is_pie.astype(np.float64)), (LOST, share)):
                found = rank(numbers[compared], is_planted[compared])
                rows.append(_row(name, by, "", (cell[1], cell[2], own.role), is_planted, found))
    columns = [name for name, _, _ in SPEC.columns]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: of_type for name, of_type, _ in SPEC.columns if of_type in ("float64", "int64")})


def _plants(given: Given, ids: np.ndarray) -> dict[str, Bool[np.ndarray, " examples"]]:
    """By plant, which of the examples carry it.

    Raises: PopulationError: an example is not among the attributes.
    """
    return dict(_marks(given.attributes(), set(given.planted()), ids))


def _marks(attributes: pd.DataFrame, names: set[str], ids: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Every plant that the split has, in the order in which they were planted."""
    for attribute, own in attributes.groupby("attribute", sort=False):
        name = str(attribute)
        if name not in names:
            continue
        values = own.set_index("example_id")["value"].reindex(ids)
        if values.isna().any():
            raise PopulationError(f"attribute '{name}' lacks examples that were predicted; prepare the data again")
        yield name, (values == YES).to_numpy()


def _row(
    plant: str, by: str, kind: str, of: tuple[str, str, str], is_planted: np.ndarray, found: Ranking
) -> dict[str, str | float | int]:
    """One row; `of` are method, level and role, where it is of a method."""
    return {
        "plant": plant,
        "by": by,
        "kind": kind,
        "by_method": of[0],
        "by_level": of[1],
        "role": of[2],
        "planted": int(is_planted.sum()),
        **found.auroc.columns("auroc"),
        "average_precision": found.average_precision,
        "precision": found.precision,
        "prevalence": found.prevalence,
    }


SPEC = MeasureSpec(
    name="planted",
    summary="which measure of difficulty, and which method's losses, find examples that are hard for a known reason",
    source="Seedat et al. 2024, arXiv:2403.04551",
    of="regime",
    cells="all",
    treated=True,
    splits="clean",
    needs=("predictions", "tests", "difficulty", "attributes"),
    columns=(
        ("plant", "category", ""),  # its name in the config
        ("by", "category", ""),  # difficulty, pie, lost
        ("kind", "category", ""),  # file of difficulty/kinds
        ("by_method", "category", ""),
        ("by_level", "category", ""),
        ("role", "category", ""),  # of the method
        ("planted", "int64", "count"),  # examples that carry it
        ("auroc", "float64", "number"),
        ("auroc_low", "float64", "number"),  # DeLong's interval over examples
        ("auroc_high", "float64", "number"),
        ("average_precision", "float64", "share"),
        ("precision", "float64", "share"),  # among as many examples as were planted
        ("prevalence", "float64", "share"),  # what the two are by chance
    ),
    key=("plant", "by", "kind", "by_method", "by_level"),
    resources={"mem_mb": 4000, "runtime": 30},
    default="planted",
    measure=measure,
)
