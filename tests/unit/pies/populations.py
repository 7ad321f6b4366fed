"""Small populations for the tests of `pies`: from given predictions, drawn by hypothesis, or simulated."""

from collections.abc import Callable

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lethe.pies.population import EvaluatedCell, Population

NUM_CLASSES = 4
# Shapes are checked in every call, which makes an example cost milliseconds; no deadline, because cores are shared.
quick = settings(max_examples=25, deadline=None)


def population(
    predictions: np.ndarray, labels: np.ndarray, method: str = "dense", margins: np.ndarray | None = None
) -> Population:
    """A population with seeds 0, 1, ... and example ids 100, 101, ..."""
    num_models, num_examples = predictions.shape
    return Population(
        cell=EvaluatedCell("supervised", method, "0" if method == "dense" else "0.90", "test"),
        seeds=np.arange(num_models),
        example_ids=100 + np.arange(num_examples),
        labels=labels,
        predictions=predictions,
        margins=np.zeros(predictions.shape, np.float32) if margins is None else margins,
        num_classes=NUM_CLASSES,
    )


Pair = tuple[Population, Population]


@st.composite
def pairs(draw: Callable, *, fewest: int = 1, most: int = 7) -> Pair:
    """A dense and a compressed population with equal seeds, examples and labels."""
    num_models, num_examples = draw(st.integers(fewest, most)), draw(st.integers(1, 9))
    classes = st.integers(0, NUM_CLASSES - 1)
    votes = hnp.arrays(np.int64, (num_models, num_examples), elements=classes)
    labels = draw(hnp.arrays(np.int64, num_examples, elements=classes))
    return population(draw(votes), labels), population(draw(votes), labels, "random")


def simulated_pair(
    generator: np.random.Generator,
    *,
    num_models: int = 10,
    num_examples: int = 200,
    paired: bool = True,
    harm: float = 0.5,
    noise: np.ndarray | None = None,
) -> Pair:
    """Networks with a common and an own part of their logits; compression adds a fixed and a random change.

    The examples are the same in every call, so that only the seeds are drawn; their own part may be given as `noise`.
    """
    examples = np.random.default_rng(0)
    labels = examples.integers(0, NUM_CLASSES, num_examples)
    common = examples.normal(0, 0.8, (num_examples, NUM_CLASSES))
    common[np.arange(num_examples), labels] += examples.gamma(2, 2, num_examples)
    fixed_change = examples.normal(0, harm, common.shape)
    shape = (num_models, *common.shape)
    dense = common + (generator.normal(0, 1, shape) if noise is None else noise)
    parent = dense if paired else common + generator.normal(0, 1, shape)
    compressed = parent + fixed_change + generator.normal(0, 0.5, shape)
    return _of_logits(dense, labels, "dense"), _of_logits(compressed, labels, "random")


def simulated_regimes(generator: np.random.Generator, *, num_models: int = 10, num_examples: int = 200) -> list[Pair]:
    """Two regimes whose seed k starts alike: half the variance of its logits is shared; compression harms one more."""
    shape = (num_models, num_examples, NUM_CLASSES)
    start = generator.normal(0, 0.5**0.5, shape)
    return [
        simulated_pair(
            generator,
            num_models=num_models,
            num_examples=num_examples,
            harm=harm,
            noise=start + generator.normal(0, 0.5**0.5, shape),
        )
        for harm in (0.4, 0.8)
    ]


def _of_logits(logits: np.ndarray, labels: np.ndarray, method: str) -> Population:
    own = np.take_along_axis(logits, labels[None, :, None], axis=2)[..., 0]
    others = np.where(np.arange(logits.shape[2]) == labels[:, None], -np.inf, logits).max(axis=2)
    return population(logits.argmax(axis=2), labels, method, (own - others).astype(np.float32))
