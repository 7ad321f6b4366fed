"""Multinomial logistic regression with a penalty on the weights, in float64, some weights held at 0 if need be.

    minimise over W, b   (1/n) sum_i -log softmax(W z_i + b)[y_i] + (penalty/2) ||W||^2,   z = (x - mean) / deviation

The sums are torch's, on the features' device; the steps are those of scipy's L-BFGS, which needs a third to a half of
the time of torch's.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax, one_hot


@dataclass(frozen=True)
class Affine:
    """Weights and biases: logits are features @ weight.T + bias."""

    weight: Float64[Tensor, "classes features"]
    bias: Float64[Tensor, " classes"]

    def predictions(self, features: Float[Tensor, "examples features"]) -> Int64[Tensor, " examples"]:
        """The class of the largest logit, the smallest of equal ones."""
        return (features.double() @ self.weight.T + self.bias).argmax(dim=1)


@dataclass(frozen=True)
class Scaling:
    """Mean and deviation of every feature; infinite for one that never varies: divided by it, all is 0."""

    mean: Float64[Tensor, " features"]
    deviation: Float64[Tensor, " features"]

    def standardized(self, features: Float[Tensor, "examples features"]) -> Float64[Tensor, "examples features"]:
        """Features with mean 0 and deviation 1."""
        return (features.double() - self.mean) / self.deviation

    def folded(self, fitted: Affine) -> Affine:
        """What was fitted to standardised features, for features as they are; of all equal biases those of mean 0."""
        weight = fitted.weight / self.deviation
        return Affine(weight, fitted.bias - fitted.bias.mean() - weight @ self.mean)


@dataclass(frozen=True)
class Problem:
    """What is to be fitted, but for the penalty.

    Attributes:
        features: standardised.
        free: 1 for weights that are fitted, 0 for those that stay 0.
    """

    features: Float64[Tensor, "examples features"]
    labels: Int64[Tensor, " examples"]
    free: Float64[Tensor, "classes features"]

    def part(self, rows: Bool[Tensor, " examples"]) -> "Problem":
        """The same for some of the examples."""
        return Problem(self.features[rows], self.labels[rows], self.free)

    def loss(self, fitted: Affine) -> float:
        """Mean cross entropy, in nats, without the penalty."""
        logits = self.features @ fitted.weight.T + fitted.bias
        return float(cross_entropy(logits, self.labels))

    def start(self) -> Affine:
        """All weights and biases 0."""
        return Affine(torch.zeros_like(self.free), self.free.new_zeros(len(self.free)))


def scaling(features: Float[Tensor, "examples features"]) -> Scaling:
    """How these features are standardised."""
    wide = features.double()
    # The deviation of a constant is a rounding error of its mean, not always 0.
    is_constant = features.amax(dim=0) == features.amin(dim=0)
    return Scaling(wide.mean(dim=0), torch.where(is_constant, torch.inf, wide.std(dim=0, correction=0)))


def pose(
    features: Float64[Tensor, "examples features"],
    labels: Int64[Tensor, " examples"],
    num_classes: int,
    mask: Bool[Tensor, "classes features"] | None = None,
) -> Problem:
    """The problem of standardised features; without a mask all weights are free."""
    if mask is None:
        return Problem(features, labels, features.new_ones(num_classes, features.shape[1]))
    return Problem(features, labels, mask.double())


def minimized(problem: Problem, penalty: float, start: Affine, *, tolerance: float) -> Affine:
    """The minimum, sought from a start until no entry of the gradient is larger than the tolerance."""
    from scipy.optimize import minimize

    num_classes, num_features = problem.free.shape
    device = problem.free.device
    # A sum over all classes, unlike picking the label's, has the same order in every run on an accelerator.
    chosen = one_hot(problem.labels, num_classes).double()

    def unpacked(values: np.ndarray) -> Affine:
        flat = torch.from_numpy(values).to(device)
        return Affine(flat[:-num_classes].view(num_classes, num_features) * problem.free, flat[-num_classes:])

    def objective(values: np.ndarray) -> tuple[float, np.ndarray]:
        at = unpacked(values)
        log_probabilities = log_softmax(torch.addmm(at.bias, problem.features, at.weight.T), dim=1)
        value = penalty / 2 * at.weight.square().sum() - (log_probabilities * chosen).sum() / len(chosen)
        surplus = (log_probabilities.exp() - chosen) / len(chosen)
        by_weight = torch.addmm(penalty * at.weight, surplus.T, problem.features) * problem.free
        return float(value), torch.cat([by_weight.flatten(), surplus.sum(dim=0)]).cpu().numpy()

    options = {"gtol": tolerance, "ftol": tolerance**2, "maxcor": 20, "maxiter": 10_000, "maxfun": 20_000}
    first = torch.cat([start.weight.flatten(), start.bias]).cpu().numpy()
    return unpacked(minimize(objective, first, jac=True, method="L-BFGS-B", options=options).x)
