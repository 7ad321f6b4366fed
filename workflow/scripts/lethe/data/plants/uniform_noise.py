"""Wrong labels of any class: each chosen label becomes one of the others, all alike likely.

Source: H-CAT, Seedat et al. 2024, arXiv:2403.04551, mislabelling, uniform.
"""

import numpy as np

from lethe.data.plant_spec import Ground, Planted, PlantOptions, PlantSpec


def plant(ground: Ground, options: PlantOptions) -> Planted:
    """Labels of a share of the examples, all of them wrong."""
    rows = ground.draw(options.share)
    num_classes, true = len(ground.split.class_names), ground.split.labels[rows]
    steps = [ground.of_example(int(i)).integers(1, num_classes) for i in ground.split.example_ids[rows]]
    return Planted(rows, labels=(true + np.array(steps, dtype=np.int64)) % num_classes)


SPEC = PlantSpec(
    name="uniform_noise",
    title="wrong label, any class",
    summary="labels replaced by any other class",
    source="Seedat et al. 2024, arXiv:2403.04551",
    changes="labels",
    plant=plant,
)
