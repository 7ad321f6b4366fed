"""How slow a slow copy is over training."""

import pytest

from lethe.regimes.momentum import rising_decay


@pytest.mark.parametrize(("first", "last"), [(0.99, 1.0), (0.99, 0.999), (0.5, 0.5)])
def test_the_decay_rises_along_half_a_cosine(first: float, last: float) -> None:
    """lightly reaches the end in the last step, we just after it."""
    from lightly.utils.scheduler import cosine_schedule

    for step in range(20):
        assert rising_decay(step / 20, first, last) == pytest.approx(cosine_schedule(step, 21, first, last))
