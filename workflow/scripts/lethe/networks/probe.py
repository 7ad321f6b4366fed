"""A linear probe of frozen features, what a linear classifier can read off them, and the head made from it.

Multinomial logistic regression on standardised features, see `networks.logistic`; the result takes features as they
are. The penalty on the weights is the one with the least cross entropy on held-out training examples. By accuracy many
penalties would tie on a few held-out images, and the strongest of them gives probabilities near 1/C.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64, UInt8
from torch import Tensor

from lethe.core.errors import ConfigError
from lethe.networks.logistic import Affine, Problem, Scaling, minimized, pose, scaling
from lethe.networks.predict import extract_features
from lethe.networks.spec import Classifier

# From strong to weak, so that each fit starts near its end; of equal losses the stronger penalty's comes first.
PENALTIES = tuple(10.0 ** (-half / 2) for half in range(13))
_HELD_OUT = 0.2
# Largest entry of the gradient at the end: while penalties are compared, and for the probe itself.
_ROUGH, _FINE = 1e-4, 1e-8


@dataclass(frozen=True)
class LinearProbe:
    """A linear classifier of features as they are.

    Attributes:
        penalty: on the weights of standardised features.
        held_out_loss: with that penalty, on training examples that were not fitted, in nats.
    """

    weight: Float64[Tensor, "classes features"]
    bias: Float64[Tensor, " classes"]
    penalty: float
    held_out_loss: float

    def predictions(self, features: Float[Tensor, "examples features"]) -> Int64[Tensor, " examples"]:
        """The class of the largest logit, the smallest of equal ones."""
        return Affine(self.weight, self.bias).predictions(features)


def fit_linear_probe(
    features: Float[Tensor, "examples features"],
    labels: Int64[Tensor, " examples"],
    *,
    num_classes: int,
    generator: np.random.Generator,
    mask: Bool[Tensor, "classes features"] | None = None,
) -> LinearProbe:
    """The probe whose penalty does best on a held-out fifth of the examples, then fitted to all of them.

    Args:
        generator: draws the held-out fifth of every class that has at least two examples.
        mask: weights outside it stay exactly 0, as do those of features that never vary.
    Raises: ConfigError: no class has two examples.
    """
    scale = scaling(features)
    problem = pose(scale.standardized(features), labels, num_classes, mask)
    held_out = torch.from_numpy(held_out_fifth(labels.cpu().numpy(), generator)).to(labels.device)
    fitting, testing = problem.part(~held_out), problem.part(held_out)
    fitted = best = problem.start()
    penalty, least = PENALTIES[0], float("inf")
    for candidate in PENALTIES:
        fitted = minimized(fitting, candidate, fitted, tolerance=_ROUGH)
        loss = testing.loss(fitted)
        if loss < least:
            best, penalty, least = fitted, candidate, loss
    found = fit_at_penalty(problem, scale, penalty, best)
    return LinearProbe(found.weight, found.bias, penalty, least)


def fit_at_penalty(problem: Problem, scale: Scaling, penalty: float, start: Affine) -> Affine:
    """The minimum for one penalty over all examples of a problem, for features as they are.

    Args:
        scale: how the problem's features were standardised.
        start: from where it is sought; the minimum is the same from everywhere.
    """
    return scale.folded(minimized(problem, penalty, start, tolerance=_FINE))


def refit_head(
    model: Classifier,
    images: UInt8[Tensor, "examples channels height width"],
    labels: Int64[Tensor, " examples"],
    generator: np.random.Generator,
    mask: Bool[Tensor, "classes features"] | None = None,
) -> LinearProbe:
    """Replace the head by a linear probe of the encoder's features of these images, in place.

    Raises: ConfigError: no class has two images.
    """
    features, num_classes = extract_features(model, images), model.head.out_features
    probe = fit_linear_probe(features, labels, num_classes=num_classes, generator=generator, mask=mask)
    with torch.no_grad():
        model.head.weight.copy_(probe.weight)
        model.head.bias.copy_(probe.bias)
    return probe


def held_out_fifth(
    labels: Int64[np.ndarray, " examples"], generator: np.random.Generator
) -> Bool[np.ndarray, " examples"]:
    """A fifth of every class: of two examples one, of a single one none.

    Raises: ConfigError: no class has two examples.
    """
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        count = max(1, round(_HELD_OUT * len(members))) if len(members) > 1 else 0
        held_out[members[:count]] = True
    if not held_out.any():
        raise ConfigError(
            f"{len(labels)} labelled images given for a linear probe, none with a second one of its class; at least "
            "one class needs two, because the penalty is chosen on held-out images: label more images"
        )
    return held_out
