"""The archived study and its tables, built once."""

import pandas as pd
import pytest

from lethe.core import registry
from support.archive import archive, frames


@pytest.fixture(scope="session")
def cells() -> dict[str, pd.DataFrame]:
    return frames(archive())


@pytest.fixture(scope="session")
def tables(cells: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: registry.load(registry.TABLES, name).build(cells) for name in registry.names(registry.TABLES)}
