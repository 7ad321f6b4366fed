"""A PIE table made by hand from six models, and the same table as schema version 1 wrote it: both are read for ever."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lethe.pies.find import find_pies
from lethe.pies.population import EvaluatedCell, Population
from lethe.store.schema import PIES
from lethe.store.tables import read_record, read_table

GOLDEN = Path(__file__).parent
NUM_MODELS = 6


def read_votes(method: str) -> Population:
    """One of the two populations; the margin of a compressed model is 1 larger than that of its dense parent."""
    rows = pd.read_csv(GOLDEN / "six_models.csv", comment="#", dtype={"dense": str, "compressed": str})
    predictions = np.array([[int(vote) for vote in votes] for votes in rows[method]]).T.copy()
    return Population(
        cell=EvaluatedCell(
            "supervised", "dense" if method == "dense" else "random", "0" if method == "dense" else "0.90", "test"
        ),
        seeds=np.arange(NUM_MODELS),
        example_ids=rows.example_id.to_numpy(),
        labels=rows.label.to_numpy(),
        predictions=predictions,
        margins=np.full(predictions.shape, 0 if method == "dense" else 1, np.float32),
        num_classes=3,
    )


@pytest.fixture
def by_hand() -> pd.DataFrame:
    """The table made by hand, whose agreements and flips are counts of models."""
    table = pd.read_csv(GOLDEN / "six_models_pies.csv", comment="#")
    table["flip_rate"] = table.flips / NUM_MODELS
    for name in ("dense_agreement", "compressed_agreement"):
        table[name] = table[name] / NUM_MODELS
    return table.assign(margin_shift=1.0)[PIES.names]


def test_six_models_give_the_table_made_by_hand(by_hand: pd.DataFrame) -> None:
    found = find_pies(read_votes("dense"), read_votes("compressed"))
    pd.testing.assert_frame_equal(found, by_hand, check_dtype=False, check_categorical=False)


def test_a_table_of_version_1_is_still_read(by_hand: pd.DataFrame) -> None:
    path = GOLDEN / "pies_v1.parquet"
    assert read_record(path)["schema_version"] == 1
    pd.testing.assert_frame_equal(read_table(path, PIES), by_hand, check_dtype=False, check_categorical=False)
