"""Why networks do better on what they were trained on: three gaps, measured with a share of random labels.

    robustness   = Train(0)    - Train(eta)     what wrong labels cost on all training images
    memorisation = Train(eta)  - NTrain(eta)    right labels against wrong ones, by the true labels of both
    rationality  = NTrain(eta) - Test           images given a wrong label against images never seen

Train(0) and Test are of the networks trained with the labels as they are, Train(eta) and NTrain(eta) of their twins,
whose labels were random with probability eta; NTrain is Train on the images whose label came out wrong. All are
accuracies by the true labels. The gaps here are signed, so that they add up to Train(0) - Test; the source takes their
positive parts, whose sum is at least that.

Source: Bansal, Kaplun and Barak 2021, arXiv:2010.08508, section 2; differs: signed.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

GAPS = ("robustness_gap", "memorisation_gap", "rationality_gap")


@dataclass(frozen=True)
class Gaps:
    """Signed gaps, one of each per network."""

    robustness: Float[np.ndarray, " models"]
    memorisation: Float[np.ndarray, " models"]
    rationality: Float[np.ndarray, " models"]

    @property
    def total(self) -> Float[np.ndarray, " models"]:
        """Train(0) - Test."""
        return self.robustness + self.memorisation + self.rationality

    @property
    def signed(self) -> tuple[Float[np.ndarray, " models"], ...]:
        """Robustness, memorisation, rationality."""
        return self.robustness, self.memorisation, self.rationality


def signed_gaps(
    *,
    clean_train: Float[np.ndarray, " models"],
    noisy_train: Float[np.ndarray, " models"],
    mislabelled: Float[np.ndarray, " models"],
    clean_test: Float[np.ndarray, " models"],
) -> Gaps:
    """The gaps of networks and their twins from Train(0), Train(eta), NTrain(eta) and Test, in this order."""
    return Gaps(clean_train - noisy_train, noisy_train - mislabelled, mislabelled - clean_test)
