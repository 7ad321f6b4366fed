"""Made-up studies, built once."""

import pandas as pd
import pytest

from lethe.core import registry
from unit.report.synthetic_cells import Made, frames

SMALL = Made(levels=(("magnitude_global", ("0.50", "0.70", "0.80", "0.95")), ("random", ("0.20", "0.60"))))


@pytest.fixture(scope="session")
def cells() -> dict[str, pd.DataFrame]:
    return frames(SMALL)


@pytest.fixture(scope="session")
def tables(cells: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: registry.load(registry.TABLES, name).build(cells) for name in registry.names(registry.TABLES)}
