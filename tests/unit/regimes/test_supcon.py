"""SupCon: every view of the class is a positive."""

from dataclasses import replace

import pytest
import torch

from support.near import assert_near
from unit.regimes.pairs import BATCH, contrast, learner_for, loss_value, pair_batch, projections, swapped

NAME = "supcon"


@pytest.mark.parametrize("labels", [[0, 1, 2, 0, 1, 2], [0, 0, 0, 0, 0, 1], [3, 1, 1, 4, 1, 1]])
def test_the_loss_is_the_equation(labels: list[int]) -> None:
    learner, batch = learner_for(NAME), replace(pair_batch(), labels=torch.tensor(labels))
    twice = labels * 2
    same = [[k for k in range(2 * BATCH) if k != i and twice[k] == twice[i]] for i in range(2 * BATCH)]
    expected = contrast(torch.cat(projections(learner, batch)), same, 0.3)
    assert_near(loss_value(NAME, learner, batch, temperature=0.3), expected)


def test_with_a_label_an_image_it_is_simclr() -> None:
    learner, batch = learner_for(NAME), replace(pair_batch(), labels=torch.arange(BATCH))
    assert_near(
        loss_value(NAME, learner, batch, temperature=0.4), loss_value("simclr", learner, batch, temperature=0.4)
    )


def test_the_base_temperature_scales_the_loss() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    plain = loss_value(NAME, learner, batch, temperature=0.5)
    assert_near(loss_value(NAME, learner, batch, temperature=0.5, base_temperature=0.07), plain * 0.5 / 0.07)
    assert_near(loss_value(NAME, learner, batch, temperature=0.5, base_temperature=0.5), plain)


def test_views_may_be_swapped() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    assert_near(loss_value(NAME, learner, batch), loss_value(NAME, learner, swapped(batch)))


def test_a_batch_of_one_class_has_nothing_to_repel() -> None:
    learner, batch = learner_for(NAME), replace(pair_batch(), labels=torch.zeros(BATCH, dtype=torch.int64))
    value = loss_value(NAME, learner, batch)
    value.backward()
    assert float(value.detach()) == 0
