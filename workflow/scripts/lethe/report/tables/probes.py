"""What probes read off the frozen encoders of every regime, and how much of it pixels and untrained encoders tell.

difference_k = accuracy on the encoder of seed k - accuracy on the pixels, or on the untrained encoder of seed k;
mean over seeds with a t(K - 1) interval.
"""

import pandas as pd

from lethe.compare.frames import Frames, over_seeds, require
from lethe.core.errors import EmptyReport
from lethe.pies.jackknife import CHANGE, SHARE, with_ends
from lethe.report.spec import TableSpec

PROBES = ("linear", "knn")
_COLUMNS = [
    *("regime", "probe"),
    *with_ends("accuracy", "difference_to_pixels", "difference_to_untrained"),
    *("train_accuracy", "pixels_accuracy", *with_ends("untrained_accuracy")),
]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, probe)."""
    probes = require(frames, "probes")
    rows = pd.concat([probes, *(frames[name] for name in ("untrained", "pixels") if name in frames)], ignore_index=True)
    regimes = dict.fromkeys(probes["regime"])
    found = [_row(rows[rows["probe"] == probe], regime) | {"probe": probe} for regime in regimes for probe in PROBES]
    return pd.DataFrame(found, columns=_COLUMNS)


def _row(rows: pd.DataFrame, regime: str) -> dict[str, str | float]:
    """One regime's encoders beside the pixels and, seed by seed, the untrained encoders."""
    encoder = rows[(rows["regime"] == regime) & (rows["on"] == "encoder")].set_index("seed").sort_index()
    untrained = rows[rows["on"] == "untrained"].set_index("seed")["accuracy"].reindex(encoder.index)
    pixels = rows.loc[rows["on"] == "pixels", "accuracy"]
    if pixels.empty or untrained.isna().any():
        raise EmptyReport(
            f"regime '{regime}' has probes, but those of the pixels or of its untrained encoders are not given; give "
            "the baselines of every block of seeds"
        )
    accuracy = encoder["accuracy"]
    return {
        "regime": regime,
        **over_seeds("accuracy", accuracy, SHARE),
        **over_seeds("difference_to_pixels", accuracy - pixels.iloc[0], CHANGE),
        **over_seeds("difference_to_untrained", accuracy - untrained, CHANGE),
        "train_accuracy": float(encoder["train_accuracy"].mean()),
        "pixels_accuracy": float(pixels.iloc[0]),
        **over_seeds("untrained_accuracy", untrained, SHARE),
    }


SPEC = TableSpec(
    name="probes",
    title="Probes of the encoders",
    caption=(
        "One row per regime and probe of its dense networks' frozen features: linear (logistic regression, its penalty "
        "chosen on held-out training images) or knn (200 nearest training images, weighted by exp(cosine / 0.1)). "
        "Probes are fitted to all training images with all their labels, whichever labels the regime itself used, so "
        "for a regime that uses only some labels they say what its encoder could do, not what its own head does. "
        "Untrained: the network of the same seed before training, residual branches that start at zero scaled by one, "
        "batch-norm statistics estimated on the training images. Differences: encoder minus pixels, and minus the "
        "untrained encoder seed by seed, in percentage points. Brackets: 95 % t interval over seeds. Train accuracy: "
        "for knn, no image is its own neighbour."
    ),
    reads=("probes", "untrained", "pixels"),
    units={
        "difference_to_pixels": "points",
        "difference_to_untrained": "points",
        "pixels_accuracy": "share",
        "untrained_accuracy": "share",
    },
    order=20,
    build=build,
)
