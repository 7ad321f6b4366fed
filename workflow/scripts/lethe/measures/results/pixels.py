"""The probes' second baseline: what they read off the pixels themselves, on the scale 0..1."""

import pandas as pd

from lethe.core.options import NoOptions
from lethe.data.augment import to_float
from lethe.measures.given import Given
from lethe.measures.probing import GENERATOR, probe_features
from lethe.measures.spec import MeasureSpec

# Pixels belong to no seed.
NO_SEED = -1


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per probe."""
    splits = (given.images(name).images_on(given.compute.device) for name in ("train", "test"))
    train, test = (to_float(images).flatten(1) for images in splits)
    return probe_features(train, test, given, given.generator(GENERATOR)).assign(seed=NO_SEED, on="pixels")


SPEC = MeasureSpec(
    name="pixels",
    summary="the same probes of the pixels: a baseline",
    source="baseline",
    of="study",
    needs=("train", "test"),
    like="probes",
    resources={"mem_mb": 16000, "runtime": 60, "gpu": 1},
    default=True,
    measure=measure,
)
