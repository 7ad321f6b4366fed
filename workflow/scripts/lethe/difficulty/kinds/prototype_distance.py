"""How far an example lies from the middle of its class in the features of a network, mean over the networks.

difficulty = 1 - cos(h, mu_y), where mu_y is the mean feature of the training images of class y, less the example itself
if it is one of them. NaN where its class has no other training image.

Source: Sorscher et al. 2022, arXiv:2206.14486, section 4, self-supervised prototypes; differs: of labelled classes.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch.nn.functional import cosine_similarity

from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """In [0, 2]."""
    labels, num_classes = look.support.labels, look.model.head.out_features
    sums = look.features.new_zeros(num_classes, look.features.shape[1]).double()
    sums.index_add_(0, labels, look.support_features.double())
    counts = torch.bincount(labels, minlength=num_classes)
    own = look.is_own.double()[:, None]
    features = look.features.double()
    others = sums[look.images.labels] - own * features
    number = counts[look.images.labels] - look.is_own.long()
    distance = 1 - cosine_similarity(features, others, dim=1)
    return distance.masked_fill(number <= 0, torch.nan).cpu().numpy()


SPEC = DifficultySpec(
    name="prototype_distance",
    title="prototype distance",
    summary="angle between an example's features and the mean ones of its class, mean over networks",
    source="Sorscher et al. 2022, arXiv:2206.14486",
    of="network",
    needs=("features",),
    reads_label=True,
    measure=measure,
)
