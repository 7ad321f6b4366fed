"""Which epochs are watched, and the order of a trajectory's rows."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lethe.training.trajectory import trajectory_frame, watched_epochs


@given(st.integers(1, 500), st.integers(1, 30))
def test_watched_epochs_are_even_and_end_with_the_last(epochs: int, points: int) -> None:
    watched = watched_epochs(epochs, points)
    assert watched[-1] == epochs and watched[0] >= 1
    assert len(watched) == min(points, epochs) or len(watched) <= points
    gaps = np.diff(watched)
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1 or epochs < points


def test_rows_are_sorted_by_seed_epoch_and_example() -> None:
    rows = torch.tensor([[1.0, 0.0], [2.0, -1.0], [0.9, 0.2]])
    frame = trajectory_frame({3: {2: rows, 1: rows}, 1: {1: rows}}, np.array([7, 8]))
    assert frame["seed"].tolist() == [1, 1, 3, 3, 3, 3]
    assert frame["epoch"].tolist() == [1, 1, 1, 1, 2, 2]
    assert frame["example_id"].tolist() == [7, 8] * 3
    assert frame["correct"].tolist() == [True, False] * 3
