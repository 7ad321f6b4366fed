"""How hard every image is for the dense networks of a regime, by every measure of difficulty that can be taken.

Each is a file of `difficulty/kinds`; higher = harder. Those of `inspection` are means over the networks.
"""

import pandas as pd

from lethe.core.options import NoOptions
from lethe.measures.difficulties import read_difficulties
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (measure of difficulty, image)."""
    known = read_difficulties(given)
    examined = known.examined
    parts = [
        pd.DataFrame(
            {
                "kind": kind,
                "example_id": examined.example_ids,
                "label": examined.evidence.labels,
                "difficulty": known.of(kind),
            }
        )
        for kind in known.kinds
    ]
    return pd.concat(parts, ignore_index=True)


SPEC = MeasureSpec(
    name="difficulty",
    summary="how hard every image is for the dense networks, by every measure of difficulty",
    source="see the files of difficulty/kinds",
    of="regime",
    cells="dense",
    splits="clean",
    needs=("predictions", "inspection", "trajectories", "parts"),
    columns=(
        ("kind", "category", ""),  # file of difficulty/kinds
        ("example_id", "int64", "id"),
        ("label", "int64", "class"),
        ("difficulty", "float64", "number"),  # higher = harder; NaN where it is not defined
    ),
    difficulties="population",
    key=("kind", "example_id"),
    resources={"mem_mb": 8000, "runtime": 30},
    measure=measure,
)
