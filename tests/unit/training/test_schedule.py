"""Learning rates against torch's own schedulers, and their shape."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.training.schedule import learning_rate


@pytest.mark.parametrize(("steps", "warmup"), [(40, 0.25), (100, 0.3), (15, 0.5)])
def test_one_cycle_is_torchs(steps: int, warmup: float) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.5, total_steps=steps, pct_start=warmup, cycle_momentum=False
    )
    for step in range(steps):
        expected = optimizer.param_groups[0]["lr"]
        assert learning_rate(step, steps, schedule="one_cycle", peak=0.5, warmup=warmup) == pytest.approx(
            expected, rel=1e-9
        )
        optimizer.step()
        if step < steps - 1:
            scheduler.step()


def test_cosine_without_warmup_is_torchs() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
    for step in range(30):
        expected = optimizer.param_groups[0]["lr"]
        assert learning_rate(step, 30, schedule="cosine", peak=0.2, warmup=0.0) == pytest.approx(expected, rel=1e-9)
        optimizer.step()
        scheduler.step()


@given(st.sampled_from(["one_cycle", "cosine"]), st.integers(1, 300), st.floats(0, 0.9), st.floats(1e-4, 10))
@settings(deadline=None)
def test_rates_are_positive_rise_then_fall_and_never_pass_the_peak(
    schedule: str, steps: int, warmup: float, peak: float
) -> None:
    rates = [learning_rate(step, steps, schedule=schedule, peak=peak, warmup=warmup) for step in range(steps)]
    assert all(0 <= rate <= peak * (1 + 1e-12) for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
