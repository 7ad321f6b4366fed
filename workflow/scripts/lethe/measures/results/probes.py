"""What simple classifiers read off the frozen features of a regime's trained encoders, see `measures.probing`."""

import pandas as pd

from lethe.core.options import NoOptions
from lethe.core.seeding import Replicate
from lethe.measures.given import Given
from lethe.measures.probing import probe_network
from lethe.measures.spec import MeasureSpec


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (seed, probe), by rising seed."""
    (block,), rows = given.blocks(), []
    for seed, model in block.networks(given.compute):
        replicate = Replicate(block.record["study_seed"], seed)
        rows.append(probe_network(model, replicate, given).assign(on="encoder"))
    return pd.concat(rows, ignore_index=True)


SPEC = MeasureSpec(
    name="probes",
    summary="linear and nearest-neighbour probes of the trained encoders",
    source="Wu et al. 2018, arXiv:1805.01978 (nearest neighbours); logistic regression",
    of="block",
    cells="dense",
    needs=("checkpoint", "train", "test"),
    columns=(
        ("seed", "int64", "seed"),
        ("on", "string", ""),  # encoder, untrained, pixels
        ("probe", "string", ""),  # linear, knn
        ("accuracy", "float64", "share"),  # on the test images
        ("train_accuracy", "float64", "share"),  # knn: no image is its own neighbour
        ("penalty", "float64", "penalty"),  # of the linear probe, chosen on held-out training images; NaN for knn
    ),
    key=("seed", "probe"),
    resources={"mem_mb": 16000, "runtime": 60, "gpu": 1},
    default=True,
    measure=measure,
)
