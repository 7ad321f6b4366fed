"""The linear probe is the minimum it claims to be: against scikit-learn, by its gradient, under masks and rescaling."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lethe.core.errors import ConfigError
from lethe.networks.logistic import minimized, pose, scaling
from lethe.networks.predict import extract_features, predict_logits
from lethe.networks.probe import (
    PENALTIES,
    LinearProbe,
    fit_at_penalty,
    fit_linear_probe,
    held_out_fifth,
    refit_head,
)
from support.near import assert_near
from support.small import small_images, small_model

CLASSES = 3


def clouds(count: int = 150, features: int = 6, seed: int = 0, apart: float = 0.7) -> tuple[Tensor, Tensor]:
    """Overlapping clouds of very different scales, one per class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    centres = apart * torch.randn(CLASSES, features, generator=generator)
    points = centres[labels] + torch.randn(count, features, generator=generator)
    return points * torch.logspace(-2, 2, features) + 5, labels


def random_mask(features: int = 6, seed: int = 1) -> Tensor:
    return torch.rand(CLASSES, features, generator=torch.Generator().manual_seed(seed)) < 0.6


def at_penalty(features: Tensor, labels: Tensor, *, penalty: float, mask: Tensor | None = None) -> LinearProbe:
    """The probe of a given penalty, sought from 0."""
    scale = scaling(features)
    problem = pose(scale.standardized(features), labels, CLASSES, mask)
    found = fit_at_penalty(problem, scale, penalty, problem.start())
    return LinearProbe(found.weight, found.bias, penalty, float("nan"))


def probabilities(probe: LinearProbe, features: Tensor) -> Tensor:
    return torch.softmax(features.double() @ probe.weight.T + probe.bias, dim=1)


def standardized(features: Tensor) -> Tensor:
    wide = features.double()
    return (wide - wide.mean(0)) / wide.std(0, correction=0)


def objective(weight: Tensor, bias: Tensor, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    logits = standardized(features) @ weight.T + bias
    return torch.nn.functional.cross_entropy(logits, labels) + penalty / 2 * weight.square().sum()


def gradient(probe: LinearProbe, features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Of the objective, at the probe's weights and biases for standardised features."""
    wide = features.double()
    weight = (probe.weight * wide.std(0, correction=0)).requires_grad_()
    bias = (probe.bias + probe.weight @ wide.mean(0)).detach().requires_grad_()
    objective(weight, bias, features, labels, probe.penalty).backward()
    return weight.grad, bias.grad


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("penalty", [1.0, 1e-2, 1e-4])
def test_has_the_probabilities_of_scikit_learn(penalty: float) -> None:
    from sklearn.linear_model import LogisticRegression

    features, labels = clouds()
    probe = at_penalty(features, labels, penalty=penalty)
    inputs = standardized(features).numpy()
    other = LogisticRegression(C=1 / (len(labels) * penalty), tol=1e-10, max_iter=10_000).fit(inputs, labels.numpy())
    assert_near(probabilities(probe, features), other.predict_proba(inputs), atol=1e-4)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(PENALTIES), st.booleans())
def test_the_gradient_is_zero_wherever_a_weight_is_free(seed: int, penalty: float, is_masked: bool) -> None:
    features, labels = clouds(60, seed=seed)
    mask = random_mask(seed=seed) if is_masked else None
    probe = at_penalty(features, labels, penalty=penalty, mask=mask)
    by_weight, by_bias = gradient(probe, features, labels)
    free = by_weight if mask is None else by_weight[mask]
    assert (free.abs() < 1e-5).all()
    assert by_bias.abs().max() < 1e-5
    if mask is not None:
        assert (probe.weight[~mask] == 0).all()


def test_a_mask_is_optimal_among_masked_ones_and_no_better_than_none() -> None:
    features, labels = clouds()
    mask, penalty = random_mask(), 1e-2
    masked = at_penalty(features, labels, penalty=penalty, mask=mask)
    full = at_penalty(features, labels, penalty=penalty)

    def reached(probe: LinearProbe, change: float = 0.0, seed: int = 0) -> float:
        noise = torch.randn(probe.weight.shape, generator=torch.Generator().manual_seed(seed)).double() * change * mask
        weight = probe.weight * features.double().std(0, correction=0) + noise
        return float(
            objective(weight, probe.bias + probe.weight @ features.double().mean(0), features, labels, penalty)
        )

    assert reached(full) < reached(masked)
    assert all(reached(masked, 0.05, seed) > reached(masked) for seed in range(20))
    assert not torch.equal(masked.weight, full.weight * mask)


def test_the_standardisation_is_folded_back_exactly() -> None:
    features, labels = clouds()
    scale, shift = torch.logspace(-1, 1, 6).flip(0), torch.linspace(-3, 3, 6)
    one = at_penalty(features, labels, penalty=1e-2)
    other = at_penalty(features * scale + shift, labels, penalty=1e-2)
    assert_near(other.weight * scale, one.weight, rtol=1e-3, atol=1e-7)
    assert_near(probabilities(other, features * scale + shift), probabilities(one, features), rtol=0, atol=1e-5)


def test_constant_features_get_no_weight() -> None:
    features, labels = clouds()
    features[:, 2] = 0.1  # not exact in binary: its mean is rounded
    probe = at_penalty(features, labels, penalty=1e-2)
    without = at_penalty(features[:, [0, 1, 3, 4, 5]], labels, penalty=1e-2)
    assert (probe.weight[:, 2] == 0).all() and torch.isfinite(probe.bias).all()
    assert_near(probe.weight[:, [0, 1, 3, 4, 5]], without.weight, rtol=1e-5, atol=1e-8)


@pytest.mark.slow
def test_the_order_of_examples_is_irrelevant_and_equal_draws_give_equal_probes() -> None:
    features, labels = clouds()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    one = at_penalty(features, labels, penalty=1e-2)
    other = at_penalty(features[order], labels[order], penalty=1e-2)
    assert_near(one.weight, other.weight, rtol=1e-4, atol=1e-7)
    first, again = (fit_linear_probe(features, labels, num_classes=CLASSES, generator=rng()) for _ in range(2))
    assert torch.equal(first.weight, again.weight) and torch.equal(first.bias, again.bias)


@pytest.mark.slow
def test_the_penalty_has_the_least_loss_on_the_held_out_fifth() -> None:
    features, labels = clouds(90, features=30, apart=0.4)
    held_out = torch.from_numpy(held_out_fifth(labels.numpy(), rng()))
    found = fit_linear_probe(features, labels, num_classes=CLASSES, generator=rng())
    scaled, losses = standardized(features), {}
    fitting = pose(scaled[~held_out], labels[~held_out], CLASSES)
    for penalty in PENALTIES:
        fitted = minimized(fitting, penalty, fitting.start(), tolerance=1e-8)
        logits = scaled[held_out].double() @ fitted.weight.T + fitted.bias
        losses[penalty] = float(torch.nn.functional.cross_entropy(logits, labels[held_out]))
    assert found.penalty == min(losses, key=losses.__getitem__) != PENALTIES[0]
    assert found.held_out_loss == pytest.approx(losses[found.penalty], rel=1e-2)
    refitted = at_penalty(features, labels, penalty=found.penalty)
    assert_near(found.weight, refitted.weight, rtol=1e-4, atol=1e-7)


def test_perfectly_separable_classes_are_told_apart_with_confidence() -> None:
    features, labels = clouds(apart=50.0)
    found = fit_linear_probe(features, labels, num_classes=CLASSES, generator=rng())
    assert found.held_out_loss < 1e-3 and found.penalty < PENALTIES[0]
    assert float(probabilities(found, features).amax(1).min()) > 0.99


@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.integers(0, 10**6))
def test_a_fifth_of_every_class_is_held_out(labels: list[int], seed: int) -> None:
    counts = np.bincount(labels)
    if counts.max() < 2:
        with pytest.raises(ConfigError, match="label more images"):
            held_out_fifth(np.array(labels), rng(seed))
        return
    held_out = held_out_fifth(np.array(labels), rng(seed))
    taken = np.bincount(np.array(labels)[held_out], minlength=len(counts))
    for count, held in zip(counts, taken, strict=True):
        assert held == (max(1, round(count / 5)) if count > 1 else 0)


@pytest.mark.slow
def test_single_examples_and_classes_without_any_are_no_obstacle() -> None:
    features, labels = clouds(30)
    labels[labels == 2] = 0
    labels[-1] = 2
    probe = fit_linear_probe(features, labels, num_classes=CLASSES + 1, generator=rng())
    assert torch.isfinite(probe.weight).all() and torch.isfinite(probe.bias).all()
    assert 3 not in probe.predictions(features)


def test_one_label_a_class_is_an_error_that_says_what_to_do() -> None:
    features, labels = clouds(3)
    with pytest.raises(ConfigError, match=r"3 labelled images given .* label more images"):
        fit_linear_probe(features, labels, num_classes=CLASSES, generator=rng())


def test_features_are_what_the_head_sees_and_the_mode_stays() -> None:
    model, images = small_model().train(), small_images(30)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    features = extract_features(model, images)
    assert model.training and features.dtype == torch.float32 and not features.is_inference()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert_near(model.head(features), predict_logits(model, images), rtol=1e-5, atol=1e-6)
    assert not model.head._forward_pre_hooks


@pytest.mark.slow
def test_a_head_put_in_predicts_as_the_probe_does() -> None:
    model, images = small_model(), small_images(60)
    labels = torch.arange(60) % CLASSES
    encoder = {name: tensor.clone() for name, tensor in model.encoder.state_dict().items()}
    probe = refit_head(model, images, labels, rng())
    features = extract_features(model, images)
    expected = fit_linear_probe(features, labels, num_classes=CLASSES, generator=rng())
    assert torch.equal(probe.weight, expected.weight) and probe.penalty == expected.penalty
    logits = features.double() @ probe.weight.T + probe.bias
    assert_near(predict_logits(model, images), logits, rtol=1e-3, atol=1e-4)
    assert all(torch.equal(tensor, encoder[name]) for name, tensor in model.encoder.state_dict().items())


def test_putting_a_head_in_leaves_gradients_possible() -> None:
    model = small_model()
    refit_head(model, small_images(60), torch.arange(60) % CLASSES, rng())
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in model.head.parameters())


@pytest.mark.gpu
def test_an_accelerator_finds_the_same_probe() -> None:
    features, labels = clouds()
    here = fit_linear_probe(features, labels, num_classes=CLASSES, generator=rng())
    there = [
        fit_linear_probe(features.cuda(), labels.cuda(), num_classes=CLASSES, generator=rng(), mask=None) for _ in "ab"
    ]
    assert_near(there[0].weight.cpu(), here.weight, rtol=1e-4, atol=1e-7)
    assert torch.equal(there[0].weight, there[1].weight)
