"""Three signed gaps add up to train - test, exactly; their positive parts bound it; the table says so of means too."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from lethe.compare.gaps import GAPS, Gaps, signed_gaps
from lethe.core.errors import EmptyReport
from lethe.report.tables import generalisation as module
from support.archive import archive, frames
from support.near import assert_near

# Shares of 1024 images are exact in binary, and so are their differences.
ACCURACIES = arrays(np.float64, (4, 3), elements=st.integers(0, 1024).map(lambda count: count / 1024))


def gaps_of(accuracies: np.ndarray) -> Gaps:
    clean_train, noisy_train, mislabelled, clean_test = accuracies
    return signed_gaps(clean_train=clean_train, noisy_train=noisy_train, mislabelled=mislabelled, clean_test=clean_test)


@settings(max_examples=50)
@given(accuracies=ACCURACIES)
def test_signed_gaps_telescope_exactly_and_positive_parts_bound(accuracies: np.ndarray) -> None:
    gaps, distance = gaps_of(accuracies), accuracies[0] - accuracies[3]
    assert np.array_equal(gaps.total, distance)
    bound = np.maximum(gaps.signed, 0).sum(axis=0)
    assert (bound >= distance).all()
    falls = (np.diff(accuracies, axis=0) <= 0).all(axis=0)
    assert np.array_equal(bound[falls], distance[falls])  # tight where no gap is negative


def test_a_network_that_memorises_wrong_labels_has_the_gaps_of_its_definition() -> None:
    gaps = gaps_of(np.array([[1.0], [0.75], [0.25], [0.5]]))
    assert [gap.tolist() for gap in gaps.signed] == [[0.25], [0.5], [-0.25]]
    assert gaps.total.tolist() == [0.5]


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    """Six real networks, and three twins of each kind."""
    found = frames(archive(regimes=["supervised"]))["generalisation"]
    return found.assign(corrupted_test_accuracy=found["test_accuracy"].where(found["twin"] == "none") * 0.9)


def row(measured: pd.DataFrame, twin: str) -> pd.Series:
    table = module.build({"generalisation": measured})
    return table[table["twin"] == twin].iloc[0]


def test_rows_are_means_with_t_intervals(measured: pd.DataFrame) -> None:
    own, found = measured[measured["twin"] == "none"], row(measured, "none")
    for name, values in {
        "test_accuracy": own["test_accuracy"],
        "corrupted_test_accuracy": own["corrupted_test_accuracy"],
        "generalisation_gap": own["train_accuracy"] - own["test_accuracy"],
    }.items():
        low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        assert_near(found[[name, f"{name}_low", f"{name}_high"]], [values.mean(), low, high])
    assert found[[*GAPS, "mislabelled_accuracy", "gap_bound"]].isna().all() and found["networks"] == 6


def test_gaps_of_means_add_up_over_the_seeds_of_the_twins(measured: pd.DataFrame) -> None:
    found = row(measured, "noise0.2")
    own = measured[(measured["twin"] == "none") & (measured["seed"] < 3)]
    distance = (own["train_accuracy"] - own["test_accuracy"]).mean()
    assert found["networks"] == 3 and sum(found[list(GAPS)]) == pytest.approx(distance, abs=1e-12)
    assert found["gap_bound"] >= distance
    assert found["gap_bound"] == pytest.approx(sum(max(gap, 0) for gap in found[list(GAPS)]))


def test_a_seed_without_a_wrong_label_leaves_all_three_gaps(measured: pd.DataFrame) -> None:
    is_lucky = (measured["twin"] == "noise0.2") & (measured["seed"] == 2)
    lucky = measured.assign(mislabelled_accuracy=measured["mislabelled_accuracy"].mask(is_lucky))
    without = measured[~is_lucky]
    assert row(lucky, "noise0.2")[list(GAPS)].tolist() == row(without, "noise0.2")[list(GAPS)].tolist()
    none = measured.assign(mislabelled_accuracy=np.nan)
    assert row(none, "noise0.2")[list(GAPS)].isna().all() and row(none, "noise0.2")["train_accuracy"] > 0


def test_twins_without_the_networks_beside_them_are_refused(measured: pd.DataFrame) -> None:
    alone = measured[(measured["twin"] != "none") | (measured["seed"] != 1)]
    with pytest.raises(EmptyReport, match=r"'noise0.2'.* is given with the seeds \[1\], but not the networks"):
        module.build({"generalisation": alone})
