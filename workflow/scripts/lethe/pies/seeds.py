"""What every seed of a compressed cell does by itself: for comparisons of methods that are paired by seed."""

import pandas as pd

from lethe.pies.population import Population, require_pair


def per_seed(dense: Population, compressed: Population) -> pd.DataFrame:
    """One row a seed, the columns of `schema.SEEDS`; each column's mean is the cell's quantity of that name.

    Raises: EmptyPopulation, PopulationError: see `require_pair`.
    """
    require_pair(dense, compressed)
    return pd.DataFrame(
        {
            "seed": dense.seeds,
            "dense_accuracy": dense.is_right.mean(axis=1),
            "compressed_accuracy": compressed.is_right.mean(axis=1),
            "flip_rate": (dense.predictions != compressed.predictions).mean(axis=1),
        }
    )
