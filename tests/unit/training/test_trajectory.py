"""Which epochs are watched, and the order of a trajectory's rows."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lethe.data.store import BothSplits, Stored
from lethe.training.trajectory import Observation, curve_frame, feature_spread, trajectory_arrays, watched_epochs
from support.near import assert_near


@given(st.integers(1, 500), st.integers(1, 30))
def test_watched_epochs_are_even_and_end_with_the_last(epochs: int, points: int) -> None:
    watched = watched_epochs(epochs, points)
    assert watched[-1] == epochs and watched[0] >= 1
    assert len(watched) == min(points, epochs) or len(watched) <= points
    gaps = np.diff(watched)
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1 or epochs < points


def split(*ids: int) -> Stored:
    return Stored(np.zeros((len(ids), 1, 2, 2), np.uint8), np.zeros(len(ids), np.int64), np.array(ids), {})


# Correct, margin, probability, error and gradient of two test examples and of three training examples.
ON_TEST = torch.tensor([[1.0, 0.0], [2.0, -1.0], [0.9, 0.2], [0.1, 1.1], [0.3, 2.2]])
ON_TRAIN = torch.tensor([[1.0, 1.0, 0.0], [3.0, 1.0, -2.0], [0.8, 0.6, 0.4], [0.2, 0.5, 0.9], [0.4, 0.7, 1.8]])
SEEN = Observation(ON_TEST, ON_TRAIN, torch.tensor(0.5))


def test_arrays_are_in_the_order_of_seeds_epochs_and_examples() -> None:
    later = Observation(ON_TEST + 1, ON_TRAIN + 1, torch.tensor(0.5))
    splits = BothSplits(train=split(4, 5, 6), test=split(7, 8))
    arrays = trajectory_arrays({3: {2: later, 1: SEEN}, 1: {1: SEEN, 2: later}}, splits)
    assert arrays["seeds"].tolist() == [1, 3] and arrays["epochs"].tolist() == [1, 2]
    assert arrays["test/example_id"].tolist() == [7, 8] and arrays["train/example_id"].tolist() == [4, 5, 6]
    assert arrays["train/margin"].shape == (2, 2, 3) and arrays["test/margin"].shape == (2, 2, 2)
    for by_epoch in arrays["train/margin"]:
        assert by_epoch.tolist() == [[3.0, 1.0, -2.0], [4.0, 2.0, -1.0]]
    assert arrays["test/correct"][0, 0].tolist() == [True, False]
    assert arrays["test/error"][1, 0].tolist() == ON_TEST[3].tolist()
    assert arrays["train/gradient"][0, 1].tolist() == (ON_TRAIN[4] + 1).tolist()


def test_soft_error_is_one_minus_the_mean_probability_of_the_label() -> None:
    frame = curve_frame({0: {5: SEEN}}).set_index("split")
    assert_near(frame["soft_error"][["test", "train"]], [0.45, 0.4], rtol=1e-5)  # of float32 probabilities
    assert_near(frame["accuracy"][["test", "train"]], [0.5, 2 / 3])


def test_the_spread_is_one_for_features_in_all_directions_and_zero_for_one() -> None:
    isotropic = torch.randn(4000, 64, generator=torch.Generator().manual_seed(0))
    assert_near(feature_spread(isotropic), 1, atol=0.02)
    assert_near(feature_spread(torch.rand(1, 64).repeat(50, 1) * torch.arange(1, 51)[:, None]), 0)
    assert float(feature_spread(torch.zeros(10, 4))) == 0
