"""Pseudo-labels: the equation, the ramp of their weight, and what has a gradient."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lethe.regimes.kinds.pseudo_label import Options, ramp
from support.near import assert_near
from unit.regimes.semi_batches import cross_entropies, learner_for, loss_value, semi_batch

OPTIONS = Options(epochs=1)


def alpha(t: float, first: float, last: float, final: float) -> float:
    """Lee 2013, equation 16, literally."""
    if t < first:
        return 0
    if first <= t < last:
        return (t - first) / (last - first) * final
    return final


@pytest.mark.parametrize("threshold", [0.0, 0.75])
@pytest.mark.parametrize("progress", [0.0, 0.35, 0.9])
@torch.no_grad()
def test_the_loss_is_the_equation(progress: float, threshold: float) -> None:
    learner, batch = learner_for("pseudo_label"), semi_batch(1, unlabelled=40, progress=progress)
    logits = learner.model(batch.unlabelled[0])
    confidence, pseudo_labels = logits.softmax(dim=1).max(dim=1)
    assert 5 < int((confidence >= 0.75).sum()) < 35
    each = cross_entropies(logits, pseudo_labels)
    own = sum(each[i] for i in range(40) if confidence[i] >= threshold) / 40
    known = cross_entropies(learner.model(batch.images[0]), batch.labels).mean()
    expected = known + alpha(progress, 0.1, 0.6, 3.0) * own
    value = loss_value("pseudo_label", learner, batch, threshold=threshold)
    assert_near(value, expected, rtol=1e-5, atol=1e-6)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 5))
def test_the_ramp_is_lees(progress: float, one: float, other: float, weight: float) -> None:
    first, last = sorted((one, other))
    options = Options(epochs=1, ramp_start=first, ramp_end=last, weight=weight)
    assert ramp(progress, options) == pytest.approx(alpha(progress, first, last, weight), rel=1e-9, abs=1e-9)


def test_the_ramp_at_a_few_points() -> None:
    assert [ramp(t, OPTIONS) for t in (0.0, 0.1, 0.6, 0.99)] == [0, 0, 3, 3]
    assert ramp(0.35, OPTIONS) == pytest.approx(1.5)


def test_a_ramp_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"ramp_start 0.7 is after ramp_end 0.6; lower it"):
        Options(epochs=1, ramp_start=0.7)


def test_batch_norm_sees_labelled_and_unlabelled_images_together() -> None:
    learner, batch = learner_for("pseudo_label").train(), semi_batch(1, progress=0.9)
    seen: list[int] = []
    learner.model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    loss_value("pseudo_label", learner, batch)
    assert seen == [16]
