"""Adjustment of many p-values at once: Benjamini and Hochberg's false discovery rate."""

import numpy as np
from jaxtyping import Float


def adjust(p: Float[np.ndarray, " tests"]) -> Float[np.ndarray, " tests"]:
    """q-values: the false discovery rate at which each test would just count.

    A NaN stays NaN and is no test. Apply it once to all tests of one table.

    Source: Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57.
    """
    from scipy.stats import false_discovery_control  # Half a second to import.

    q = np.full(p.shape, np.nan)
    is_test = ~np.isnan(p)
    if is_test.any():
        q[is_test] = false_discovery_control(p[is_test])
    return q
