"""Which epochs are watched, and the order of a trajectory's rows."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lethe.training.trajectory import Observation, curve_frame, feature_spread, trajectory_frame, watched_epochs
from support.near import assert_near


@given(st.integers(1, 500), st.integers(1, 30))
def test_watched_epochs_are_even_and_end_with_the_last(epochs: int, points: int) -> None:
    watched = watched_epochs(epochs, points)
    assert watched[-1] == epochs and watched[0] >= 1
    assert len(watched) == min(points, epochs) or len(watched) <= points
    gaps = np.diff(watched)
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1 or epochs < points


def test_rows_are_sorted_by_seed_epoch_and_example() -> None:
    rows = torch.tensor([[1.0, 0.0], [2.0, -1.0], [0.9, 0.2]])
    seen = Observation(rows, torch.zeros(3))
    frame = trajectory_frame({3: {2: seen, 1: seen}, 1: {1: seen}}, np.array([7, 8]))
    assert frame["seed"].tolist() == [1, 1, 3, 3, 3, 3]
    assert frame["epoch"].tolist() == [1, 1, 1, 1, 2, 2]
    assert frame["example_id"].tolist() == [7, 8] * 3
    assert frame["correct"].tolist() == [True, False] * 3


def test_soft_error_is_one_minus_the_mean_probability_of_the_label() -> None:
    rows = torch.tensor([[1.0, 0.0], [2.0, -1.0], [0.9, 0.2]])
    frame = curve_frame({0: {5: Observation(rows, torch.tensor([0.75, 0.3, 0.5]))}}).set_index("split")
    assert_near(frame["soft_error"][["test", "train"]], [0.45, 0.3], rtol=1e-5)  # of float32 probabilities
    assert frame["accuracy"][["test", "train"]].tolist() == [0.5, 0.75]


def test_the_spread_is_one_for_features_in_all_directions_and_zero_for_one() -> None:
    isotropic = torch.randn(4000, 64, generator=torch.Generator().manual_seed(0))
    assert_near(feature_spread(isotropic), 1, atol=0.02)
    assert_near(feature_spread(torch.rand(1, 64).repeat(50, 1) * torch.arange(1, 51)[:, None]), 0)
    assert float(feature_spread(torch.zeros(10, 4))) == 0
