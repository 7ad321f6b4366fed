"""Prediction depth: from which layer on the nearest neighbours say for good what is asked of them.

PD(x) = the smallest l with kNN_m(x) = f(x) for all m >= l, over the probes l = 0 (pixels), 1 ... L (cut points of the
network), L + 1 (softmax); L + 2 where the last one says something else. kNN_l is the most frequent label of the 30
nearest training images in the features of probe l, Euclidean, unweighted; of several the one that has the nearest.

Source: Baldock, Maennel and Neyshabur 2021, arXiv:2106.09647, section 2.1.
"""

from jaxtyping import Int64
from torch import Tensor


def depths(probes: Int64[Tensor, "probes examples"], wanted: Int64[Tensor, " examples"]) -> Int64[Tensor, " examples"]:
    """Of every example, from 0 (all probes say what is wanted) to the number of probes (the last does not)."""
    agrees = (probes == wanted).long()
    return len(probes) - agrees.flip(0).cumprod(dim=0).sum(dim=0)
