"""How every regime's dense networks learned: accuracy and soft error of train and test images at a few epochs.

soft error = mean over images of 1 - probability of the label.

Source: Nakkiran, Neyshabur and Sedghi 2021, arXiv:2010.08127, section 2.
"""

import pandas as pd

from lethe.compare.frames import Frames, over_seeds, require
from lethe.pies.jackknife import SHARE
from lethe.report.spec import TableSpec


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, split, epoch)."""
    groups = require(frames, "curves").groupby(["regime", "split", "epoch"], sort=False, observed=True)
    return pd.DataFrame([_row(rows) for _, rows in groups])


def _row(rows: pd.DataFrame) -> dict[str, object]:
    """Means over the seeds of one regime, split and epoch."""
    return {
        "regime": rows["regime"].iloc[0],
        "split": str(rows["split"].iloc[0]),
        "epoch": int(rows["epoch"].iloc[0]),
        **over_seeds("soft_error", rows["soft_error"], SHARE),
        **over_seeds("accuracy", rows["accuracy"], SHARE),
        "feature_spread": float(rows["feature_spread"].mean()),
    }


SPEC = TableSpec(
    name="learning_curves",
    title="Learning curves",
    caption=(
        "One row per regime, split and epoch of its dense networks; brackets: 95 % t interval over seeds. Train: "
        "all training images, without augmentation, by their true labels, whether or not the regime "
        " may use these. Of a regime with a probe for a head, the head along the way is one that learns "
        "beside the encoder; the head that is kept is fitted afterwards. Feature spread, of test images: 1 as spread "
        "as can be, 0 all features the same."
    ),
    reads=("curves",),
    order=120,
    build=build,
)
