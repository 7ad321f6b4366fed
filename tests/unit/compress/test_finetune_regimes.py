"""Fine-tuning after compression is cross entropy for every regime, with the dense training's own settings."""

from dataclasses import replace

import pytest

from lethe.compress.finetune import plan_finetuning
from lethe.compress.spec import PostHocOptions
from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.training.plan import TrainingPlan
from support.small import CPU, small_plan, toy_data

OPTIONS = PostHocOptions(finetune_epochs=3, finetune_learning_rate=0.002)


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    return toy_data(tmp_path_factory.mktemp("data"))[0]


def plan(regime: str, train: Stored, **options: object) -> TrainingPlan:
    dense = small_plan(regime_name=regime, **options).record()
    return plan_finetuning(dense, OPTIONS, train, Replicate(9, 3), CPU)


def test_a_supervised_network_goes_on_with_its_own_loss(train: Stored) -> None:
    found = plan("supervised", train, label_smoothing=0.1, views=["crop"], stop_after=2)
    options = found.options
    assert (options.label_smoothing, options.views, options.batch_size) == (0.1, ["crop"], 16)
    assert (options.epochs, options.last_epoch, options.learning_rate) == (3, 3, 0.002)
    assert found.views.images == (["crop"],)


def test_a_contrastive_network_keeps_what_cross_entropy_has(train: Stored) -> None:
    found = plan("simclr", train, temperature=0.3, weight_decay=1e-4, views=["noise"])
    assert found.regime.name == "supervised" and found.options.weight_decay == 1e-4
    assert found.options.views is None  # views that keep the label, not contrastive ones


def test_a_batch_is_never_larger_than_the_labelled_images(train: Stored) -> None:
    few = replace(train, images=train.images[:10], labels=train.labels[:10], example_ids=train.example_ids[:10])
    assert plan("simclr", few).options.batch_size == 10


def test_it_draws_as_its_own_replicate(train: Stored) -> None:
    assert plan("supervised", train).replicate(3) == Replicate(9, 3)
