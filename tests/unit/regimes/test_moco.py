"""MoCo: a view's own key against a queue of others', and the queue."""

import pytest
import torch
from torch.nn.functional import normalize

from lethe.core import registry
from lethe.regimes.kinds.moco import Queue, nearest_key_loss, queue_of
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch
from support.near import assert_near
from unit.regimes.pairs import learner_for, loss_value, options_for, pair_batch, projections, swapped

NAME = "moco"


def after_step(learner: Learner, batch: Batch, **options: float) -> None:
    with torch.no_grad():
        registry.load(registry.REGIMES, NAME).after_step(learner, batch, options_for(NAME, **options))


def slow_keys(learner: Learner, batch: Batch) -> list[torch.Tensor]:
    return [normalize(learner.slow["projector"](learner.slow["model"].features(view))) for view in batch.images]


def test_the_loss_is_the_equation() -> None:
    learner, batch = learner_for(NAME, queue=7), pair_batch()
    first, second = (normalize(points) for points in projections(learner, batch))
    first_keys, second_keys = (keys.double() for keys in slow_keys(learner, batch))
    queue, losses = queue_of(learner).keys.double(), []
    for query, key in zip(torch.cat([first, second]), torch.cat([second_keys, first_keys]), strict=True):
        own, others = (query @ key / 0.3).exp(), [(query @ other / 0.3).exp() for other in queue]
        losses.append(-(own / (own + sum(others))).log())
    assert_near(loss_value(NAME, learner, batch, temperature=0.3, queue=7), torch.stack(losses).mean())


def test_the_loss_is_that_of_lightly() -> None:
    from lightly.loss.ntx_ent_loss import NTXentLoss

    queries, keys, others = (
        normalize(torch.randn(n, 5, generator=torch.Generator().manual_seed(n))) for n in (6, 7, 9)
    )
    keys, theirs = keys[:6], NTXentLoss(0.2, memory_bank_size=(9, 5))
    theirs.memory_bank.bank = others
    assert_near(nearest_key_loss(queries, keys, others, 0.2), theirs(queries, keys))


def test_views_may_be_swapped() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    assert_near(loss_value(NAME, learner, batch), loss_value(NAME, learner, swapped(batch)))


def test_no_gradient_reaches_the_keys() -> None:
    learner = learner_for(NAME)
    loss_value(NAME, learner, pair_batch()).backward()
    assert all(parameter.grad is None for parameter in learner.slow.parameters())
    assert not queue_of(learner).keys.requires_grad and not queue_of(learner).arriving.requires_grad


@pytest.mark.parametrize("length", [5, 12, 30])
def test_the_queue_lets_the_oldest_keys_go(length: int) -> None:
    """Whole batches, less than one, and a length that is no multiple of the keys of a step."""
    learner, history = learner_for(NAME, queue=length), []
    history = [queue_of(learner).keys.clone()]
    for seed in range(4):
        batch = pair_batch(seed)
        loss_value(NAME, learner, batch, queue=length)
        history.insert(0, torch.cat(slow_keys(learner, batch)))
        after_step(learner, batch, queue=length)
        assert torch.equal(queue_of(learner).keys, torch.cat(history)[:length])
        assert_near(queue_of(learner).keys.norm(dim=1), torch.ones(length))


def test_a_loss_alone_leaves_the_queue() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    before = queue_of(learner).keys.clone()
    assert torch.equal(loss_value(NAME, learner, batch), loss_value(NAME, learner, batch))
    assert torch.equal(queue_of(learner).keys, before)


def test_keys_are_pushed_once() -> None:
    queue = Queue(4, 2)
    queue.arriving = torch.ones(1, 2)
    queue.push()
    after_one = queue.keys.clone()
    queue.push()
    assert torch.equal(queue.keys, after_one)


def test_the_copy_follows_from_the_first_decay_to_the_last() -> None:
    for progress, decay in ((0.0, 0.9), (1.0, 0.99)):
        learner, other = learner_for(NAME), learner_for(NAME, seed=5)
        learner.model.load_state_dict(other.model.state_dict())
        slow, fast = (next(part.encoder.parameters()) for part in (learner.slow["model"], learner.model))
        expected = decay * slow + (1 - decay) * fast
        after_step(learner, pair_batch(progress=progress), decay=0.9, last_decay=0.99)
        assert_near(slow, expected)
