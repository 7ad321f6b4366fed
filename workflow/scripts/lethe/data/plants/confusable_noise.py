"""Wrong labels of the class that is most easily taken for the true one: that whose mean image is nearest.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, mislabelling, asymmetric; differs: which class is confused with
which is read off the mean training images.
"""

import numpy as np

from lethe.data.class_means import class_means, distances
from lethe.data.plant_spec import Ground, Planted, PlantOptions, PlantSpec


def plant(ground: Ground, options: PlantOptions) -> Planted:
    """Labels of a share of the examples, moved to the class nearest to theirs."""
    rows = ground.draw(options.share)
    means = class_means(ground.train)
    apart = distances(means, means)
    np.fill_diagonal(apart, np.inf)
    return Planted(rows, labels=apart.argmin(axis=1)[ground.split.labels[rows]].astype(np.int64))


SPEC = PlantSpec(
    name="confusable_noise",
    title="wrong label, most confusable class",
    summary="labels replaced by the class whose mean image is nearest",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="labels",
    plant=plant,
)
