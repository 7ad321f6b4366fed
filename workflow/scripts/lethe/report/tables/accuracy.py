"""Top-1 accuracy of the dense and the compressed networks of every cell, means over seeds.

change = mean over seeds k of (accuracy of compressed k - accuracy of reference k), with a jackknife interval; the
reference is the dense network after the same treatment.
"""

import pandas as pd

from lethe.compare.frames import Frames, estimates, require, with_achieved, with_traits
from lethe.report.spec import TableSpec


def build(frames: Frames) -> pd.DataFrame:
    """One row per cell and split."""
    intervals = ("dense_accuracy", "reference_accuracy", "compressed_accuracy", "accuracy_change")
    shares = require(frames, "shares", with_references=True)
    return with_achieved(with_traits(estimates(shares, intervals=intervals), shares), shares)


SPEC = TableSpec(
    name="accuracy",
    title="Accuracy",
    caption=(
        "One row per cell; its treatment is what was done after compression. Achieved: the share that is gone of what "
        "the level counts, weights or channels. Accuracy is the share of images predicted as labelled, a mean over "
        "seeds. The reference is the dense network after the same treatment, nothing removed; the change is compressed "
        "minus reference, in percentage points. Brackets: 95 % jackknife interval over seeds."
    ),
    reads=("shares",),
    hidden=("pairing", "acts_on", "role", "control"),
    order=10,
    build=build,
)
