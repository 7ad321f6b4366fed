"""Wrong labels where the image invites them: images that lie near the mean of another class get its label.

An image's doubt is its distance from the mean image of its own class minus that from the nearest other class; the
images are drawn with weights that rise linearly with the rank of their doubt, and get the label of that other class.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, mislabelling, chosen by the instance; the weights are ours.
"""

import numpy as np

from lethe.data.class_means import class_means, distances
from lethe.data.plant_spec import Ground, Planted, PlantOptions, PlantSpec


def plant(ground: Ground, options: PlantOptions) -> Planted:
    """Labels of a share of the examples, moved to the class that each image resembles most but its own."""
    split, means = ground.split, class_means(ground.train)
    apart = np.concatenate([distances(split.read(rows), means) for rows in np.array_split(np.arange(len(split)), 64)])
    own = apart[np.arange(len(split)), split.labels].copy()
    apart[np.arange(len(split)), split.labels] = np.inf
    doubt = own - apart.min(axis=1)
    free = np.flatnonzero(ground.free)
    by_doubt = free[np.lexsort((split.example_ids[free], doubt[free]))]
    number = min(round(options.share * len(split)), len(free))
    if number == 0:
        return Planted(free[:0], labels=free[:0])
    weights = np.arange(1, len(free) + 1)
    rows = np.sort(ground.generator.choice(by_doubt, number, replace=False, p=weights / weights.sum()))
    return Planted(rows, labels=apart.argmin(axis=1)[rows].astype(np.int64))


SPEC = PlantSpec(
    name="instance_noise",
    title="wrong label, chosen by the image",
    summary="labels of images that resemble another class, replaced by that class",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="labels",
    plant=plant,
)
