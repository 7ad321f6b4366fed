"""What every seed of a compressed cell does, and what the cell is without it: for differences between cells."""

import pandas as pd

from lethe.pies.population import Population, require_pair
from lethe.pies.shares import Variants

WITHOUT = ("pie_share", "excess_share")


def per_seed(dense: Population, compressed: Population, variants: Variants) -> pd.DataFrame:
    """One row a seed, the columns of `schema.SEEDS`.

    The mean of `dense_accuracy`, `compressed_accuracy` and `flip_rate` is the cell's quantity of that name. PIEs belong
    to no single seed: `{quantity}_without` is the quantity of both populations less this seed.

    Args: variants: each quantity of WITHOUT with all seeds, then without each.
    Raises: EmptyPopulation, PopulationError: see `require_pair`.
    """
    require_pair(dense, compressed)
    return pd.DataFrame(
        {
            "seed": dense.seeds,
            "dense_accuracy": dense.is_right.mean(axis=1),
            "compressed_accuracy": compressed.is_right.mean(axis=1),
            "flip_rate": (dense.predictions != compressed.predictions).mean(axis=1),
            **{f"{name}_without": variants[name][1:] for name in WITHOUT},
        }
    )
