"""The words in which records say what a method is, and what follows from them."""

import pandas as pd

from lethe.compare.frames import REGIME_TRAITS

PAIRED, INDEPENDENT = "paired", "independent"
# Roles: what is compared, and what it is compared with.
METHOD, RANDOM_CONTROL, CAPACITY_CONTROL = "method", "random control", "capacity control"
# Of which nothing is claimed: they are there to be compared with.
CONTROLS = (RANDOM_CONTROL, CAPACITY_CONTROL)
# Networks from which nothing was removed, treated like compressed ones.
REFERENCE = "reference"
WEIGHTS, CHANNELS, CLUSTERS = "weights", "channels", "clusters"
# Treatments of networks to which nothing happened after compression.
UNTREATED = ("raw", "trained")
# Methods that act on these leave a network with fewer parameters to store.
MAKES_SMALLER = (CHANNELS, CLUSTERS)


def is_control(rows: pd.DataFrame) -> pd.Series:
    """Whether a row's method is there to be compared with."""
    return rows["role"].isin(CONTROLS)


def regime_traits(results: pd.DataFrame) -> pd.DataFrame:
    """One row per regime: `regime`, `regime_plugin`, `is_stopped`: it was stopped before its training ended."""
    found = results[["regime", *REGIME_TRAITS]].drop_duplicates("regime")
    return found[["regime", "regime_plugin"]].assign(is_stopped=found["stop_after"] != "").reset_index(drop=True)
