"""A long tail: classes have exponentially fewer training images, in an order that is drawn once for the study.

n_c = n r^(-rank_c / (C - 1)) for ranks 0 ... C - 1, where n is the number of images that the class had, r the ratio of
the largest to the smallest class. Hard are the examples of the third of the classes with the fewest images, in every
split that is named; only training images are left out.

Source: Cui et al. 2019, arXiv:1901.05555, section 4.1, long-tailed CIFAR; differs: the order is drawn.
"""

import numpy as np
from pydantic import Field

from lethe.core.options import Strict
from lethe.data.plant_spec import Ground, Places, Planted, PlantSpec

# In which third of the classes an example's is, by how many training images they have.
CLASS_FREQUENCY = "class_frequency"


class Options(Strict):
    """How long the tail is."""

    ratio: float = Field(
        default=10, gt=1, le=10_000, description="training images of the largest class by those of the smallest"
    )
    splits: Places = Field(
        default=("train", "test"),
        description="in which splits examples of the smallest classes are called hard; images are left out of `train`",
    )


def counts(by_class: tuple[int, ...], options: Options, generator: np.random.Generator) -> tuple[int, ...]:
    """Training images of every class that stay; at least one of each class that has any."""
    if "train" not in options.splits:
        return by_class
    ranks = _ranks(len(by_class), generator)
    shares = options.ratio ** (-ranks / max(len(by_class) - 1, 1))
    return tuple(int(max(round(count * share), min(count, 1))) for count, share in zip(by_class, shares, strict=True))


def plant(ground: Ground, options: Options) -> Planted:
    """Fewer training images, and which examples are of the smallest classes."""
    labels, num_classes = ground.split.labels, len(ground.split.class_names)
    ranks = _ranks(num_classes, ground.generator)
    third = num_classes // 3
    is_tail = ranks[labels] >= num_classes - third
    thirds = np.select([is_tail, ranks[labels] >= third], ["rare", "middle"], "frequent").astype(object)
    groups = {CLASS_FREQUENCY: thirds}
    if ground.name != "train":
        return Planted(np.flatnonzero(is_tail & ground.free), attributes=groups)
    all_of_class = np.bincount(labels, minlength=num_classes)
    shares = options.ratio ** (-ranks / max(num_classes - 1, 1))
    kept = []
    for label in range(num_classes):
        own = np.flatnonzero(labels == label)
        own = own[np.argsort(ground.split.example_ids[own], kind="stable")]
        number = max(round(all_of_class[label] * shares[label]), min(len(own), 1))
        kept.append(ground.generator.permutation(own)[:number])
    rows = np.sort(np.concatenate(kept))
    return Planted(rows[is_tail[rows] & ground.free[rows]], kept=rows, attributes=groups)


def _ranks(num_classes: int, generator: np.random.Generator) -> np.ndarray:
    """Rank of every class, 0 for the largest: the first thing that is drawn."""
    return generator.permutation(num_classes)


SPEC = PlantSpec(
    name="long_tail",
    title="rare class",
    summary="exponentially fewer training images from class to class",
    source="Cui et al. 2019, arXiv:1901.05555",
    changes="number",
    plant=plant,
    Options=Options,
    counts=counts,
)
