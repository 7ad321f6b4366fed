"""What losses of two views share: refused options, default views, features in order, float32 under autocast."""

from typing import Any

import pytest
import torch

from lethe.core.errors import ConfigError
from lethe.data.default_views import ImageTraits, contrastive_views
from lethe.regimes.pairs import PairOptions, encode_apart, encode_together, in_float32, two_views
from lethe.regimes.spec import Batch
from lethe.study.config import read_study
from lethe.study.options import check_options
from support.near import assert_near, is_near
from unit.regimes.pairs import learner_for, pair_batch


@pytest.mark.parametrize(
    ("regime", "option", "given"),
    [
        ("simclr", "temperature", 0),
        ("supcon", "temperature", -0.5),
        ("supcon", "base_temperature", 0),
        ("moco", "temperature", 0.0),
        ("moco", "queue", 0),
        ("byol", "decay", 1.5),
        ("vicreg", "variance_weight", -1),
        ("simsiam", "predictor_hidden", 0),
        ("barlow_twins", "projector_out", 0),
    ],
)
def test_options_without_meaning_are_refused_before_training(regime: str, option: str, given: Any) -> None:
    config = {
        "study": "trial",
        "dataset": {"name": "toy"},
        "model": {"name": "resnet", "options": {"blocks": [1], "width": 4}},
        "seeds": {"count": 2, "block": 2},
        "regimes": {regime: {"epochs": 2, option: given}},
        "compression": {"random": {"levels": [0.5]}},
    }
    with pytest.raises(ConfigError, match=rf"trial.yaml: regimes\.{regime}\.{option}: {given} given"):
        check_options(read_study(config, where="trial.yaml"), where="trial.yaml")


def test_views_are_the_contrastive_ones_unless_others_are_named() -> None:
    traits = ImageTraits(1, ("crop",))
    assert two_views(PairOptions(epochs=1), traits).images == (contrastive_views(traits),) * 2
    assert two_views(PairOptions(epochs=1, views=["noise"]), traits).images == (["noise"],) * 2


@pytest.mark.parametrize("encode", [encode_together, encode_apart])
def test_features_and_projections_keep_their_order(encode: Any) -> None:
    learner, batch = learner_for("simclr"), pair_batch()
    seen = encode(learner, batch)
    for view, features, projected in zip(batch.images, seen.features.chunk(2), (seen.first, seen.second), strict=True):
        assert_near(features, learner.model.features(view))
        assert_near(projected, learner.heads["projector"](features))


def test_in_training_one_pass_and_two_differ_by_batch_statistics_alone() -> None:
    learner, batch = learner_for("simclr").train(), pair_batch()
    same = Batch((batch.images[0],) * 2, batch.labels)
    assert_near(encode_together(learner, same).features, encode_apart(learner, same).features)
    assert not is_near(encode_together(learner, batch).features, encode_apart(learner, batch).features)


def test_a_loss_is_not_rounded_under_autocast() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(5, 7, generator=generator) for _ in range(2))

    def products(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return (one @ other.T).sum()

    with torch.autocast("cpu", torch.bfloat16):
        rounded, exact = products(first, second), in_float32(products, first, second)
    assert torch.equal(exact, products(first, second))
    assert not torch.equal(rounded.float(), exact)
