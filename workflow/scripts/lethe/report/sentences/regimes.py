"""Whether the regime decides how much is forgotten: at equal accuracy drop and at equal dense accuracy."""

import numpy as np
import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames
from lethe.compare.regimes import BETWEEN, DENSE_ACCURACY, DROP, MATCHED
from lethe.compare.traits import PAIRED, is_control
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import percent, points, span

# A point of accuracy first: small enough to be wanted, large enough to be measured.
_DROPS = (0.01, 0.02, 0.005, 0.05)


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """One headline, on the test images if there are any; none where no two regimes were compared."""
    table = frames["regimes"]
    sentences = () if table.empty else regime_comparison(pick(table, split=main_split(table)))
    return [Headline("Regimes", sentences)] if sentences else []


def regime_comparison(regimes: pd.DataFrame) -> tuple[str, ...]:
    """The study's first regime against each other one, then all pairs that could be matched in dense accuracy.

    Drops that one of the two loses before its mildest level are not counted, because nothing was measured there.
    Methods that act during training and random controls are not counted: the PIE shares of the first hold seed noise,
    and nobody asks about the second.

    Args: regimes: rows of the table `regimes` of one split.
    Returns: nothing where no two regimes were compared.
    """
    rows = regimes[(regimes["pairing"] == PAIRED) & ~is_control(regimes)]
    if rows.empty:
        return ()
    first = rows["regime"].iloc[0]
    against = rows.loc[(rows["regime"] == first) & (rows["reading"] != DENSE_ACCURACY), "against"].unique()
    drops = pick(rows, reading=DROP, matching=BETWEEN)
    sentences = [_at_drop(pick(drops, regime=first, against=other), first, other) for other in against]
    return (*sentences, *_at_dense_accuracy(pick(rows, reading=DENSE_ACCURACY, matching=MATCHED)))


def _at_drop(rows: pd.DataFrame, one: str, other: str) -> str:
    """Two regimes at the first of _DROPS that was measured for both."""
    drop = next((drop for drop in _DROPS if (rows["accuracy_drop"] == drop).any()), None)
    if drop is None:
        return (
            f"At no accuracy drop could {one} and {other} networks be compared: none lies between the levels tried of "
            "both, under any method; add levels where one of them loses less or the other more."
        )
    measured = rows[(rows["accuracy_drop"] == drop) & rows["pie_share_difference_low"].notna()]
    where = f"Where compression costs {100 * drop:g} point{'s' if drop > 0.01 else ''} of accuracy,"
    if measured.empty:
        return f"{where} whether PIE shares of {one} and {other} networks differ could not be measured."
    most = measured.iloc[int(measured["pie_share_difference"].abs().argmax())]
    ends = span(most["pie_share_difference_low"], most["pie_share_difference_high"])
    shares = (
        f"{percent(most['regime_pie_share'])} against {percent(most['against_pie_share'])} "
        f"({points(most['pie_share_difference'])}, 95 % interval {ends})"
    )
    if len(measured) == 1:
        shown = "differ" if _telling(measured) else "are not shown to differ"
        return f"{where} the PIE shares of {one} and {other} networks {shown} under {most['method']}: {shares}."
    return (
        f"{where} the PIE shares of {one} and {other} networks differ (the 95 % interval excludes 0) for "
        f"{_counted(measured, 'method')}; the largest difference is that of {most['method']}: {shares}."
    )


def _at_dense_accuracy(rows: pd.DataFrame) -> tuple[str, ...]:
    """All pairs that are matched in dense accuracy, counted together."""
    measured = rows[rows["pie_share_difference_low"].notna()]
    if measured.empty:
        return ()
    pairs = measured[["regime", "against"]].drop_duplicates().itertuples(index=False)
    names = ", ".join(f"{one} and {other}" for one, other in pairs)
    return (
        f"At equal level and with dense accuracies within one point ({names}), the PIE shares differ in "
        f"{_counted(measured, 'cell')}.",
    )


def _counted(rows: pd.DataFrame, noun: str) -> str:
    """How many of the differences exclude 0."""
    return f"{_telling(rows) or 'none'} of {len(rows)} {noun}{'s' if len(rows) > 1 else ''}"


def _telling(rows: pd.DataFrame) -> int:
    """Differences whose interval excludes 0."""
    signs = np.sign(rows[["pie_share_difference_low", "pie_share_difference_high"]].to_numpy())
    return int((signs[:, 0] * signs[:, 1] > 0).sum())


SPEC = SentenceSpec(name="regimes", title="Whether regimes forget alike", reads=("regimes",), order=20, build=build)
