"""Train, test and corrupted-test accuracy of every regime, and the three gaps between train and test."""

import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.cells import pick
from lethe.compare.frames import Frames, require
from lethe.compare.gaps import GAPS
from lethe.report import lines, style
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec
from lethe.report.style import Look
from lethe.store.schema import NO_TWIN

_SPLITS = {
    "train_accuracy": "train images",
    "test_accuracy": "test images",
    "corrupted_test_accuracy": "corrupted test images",
}
_SUM = "their sum: train − test"
_ACCURACY = "accuracy"
_LOOKS = {
    name: Look(style.look(number).color, style.look(number).marker, "none")
    for name, number in zip(_SPLITS.values(), (1, 0, 2), strict=True)
} | {
    GAPS[0].replace("_", " "): Look("#E69F00", "v", "none"),
    GAPS[1].replace("_", " "): Look("#CC79A7", "P", "none"),
    GAPS[2].replace("_", " "): Look("#56B4E9", "X", "none"),
    _SUM: Look(style.INK, "D", "none"),
}


def build(frames: Frames) -> Figure:
    """One panel of accuracies, and one of gaps for every share of random labels; one line of marks per regime."""
    table = require(frames, "generalisation")
    noisy = table[table["label_noise"] > 0]
    gaps = [_gaps(rows) for _, rows in noisy.groupby("twin", sort=False)]
    rows = pd.concat([_accuracies(pick(table, twin=NO_TWIN)), *gaps], ignore_index=True).assign(row="")
    words = {column: "accuracy (%)" if column == _ACCURACY else "gap (points)" for column in set(rows["column"])}
    size = (4.6, 0.7 + 0.42 * rows["place"].nunique())
    drawing = draw(lines.intervals(rows, _LOOKS, along="y"), rows, x=words, y="regime", share_x=False, size=size)
    for panel in drawing.panels:
        if panel.column != _ACCURACY:
            panel.ax.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
    style.legend(drawing.figure, lines.drawn_looks(_LOOKS, rows))
    return drawing.figure


def _accuracies(own: pd.DataFrame) -> pd.DataFrame:
    """Accuracies of the study's own networks, by images; without those that nobody measured."""
    found = [_marks(own, name, words) for name, words in _SPLITS.items() if own[name].notna().any()]
    return pd.concat(found, ignore_index=True).assign(column=_ACCURACY)


def _gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """The gaps of one share of random labels, and their sum, which has no interval here."""
    gaps = [_marks(rows, name, name.replace("_", " ")) for name in GAPS]
    total = gaps[0].assign(line=_SUM, value=100 * rows[list(GAPS)].sum(axis=1, skipna=False), low=None, high=None)
    column = f"gaps, {100 * rows['label_noise'].iloc[0]:g} % random labels"
    return pd.concat([*gaps, total.astype({"low": float, "high": float})]).assign(column=column)


def _marks(rows: pd.DataFrame, name: str, words: str) -> pd.DataFrame:
    """One mark per regime: a quantity in percent or points with its interval."""
    values = {"value": 100 * rows[name], "low": 100 * rows[f"{name}_low"], "high": 100 * rows[f"{name}_high"]}
    return pd.DataFrame({"place": rows["regime"].astype(str), "line": words} | values)


SPEC = FigureSpec(
    name="generalisation",
    title="Who generalises",
    caption=(
        "Left: accuracy of every regime's dense networks on training images whose label was given, on test images, "
        "and on corrupted test images where the study has some (mean over its corrupted splits). Right, where the "
        "study asks for label noise: why train and test differ. Robustness: what random labels cost on all training "
        "images. Memorisation: the true label is found less often where a wrong one was given. Rationality: an image "
        "with a wrong label fares better than one never seen. Gaps are signed and add up to the diamond, which is "
        "drawn without its interval; all other bars are 95 % t intervals over seeds."
    ),
    reads=("generalisation",),
    order=90,
    build=build,
)
