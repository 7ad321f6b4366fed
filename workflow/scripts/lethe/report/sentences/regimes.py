"""Whether the regime decides how much is forgotten: at equal accuracy drop and at equal dense accuracy."""

import numpy as np
import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames
from lethe.compare.regimes import BETWEEN, DENSE_ACCURACY, DROP, MATCHED
from lethe.compare.traits import PAIRED, is_control
from lethe.pies.jackknife import CONFIDENCE
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import between, points, span

# A point of accuracy first: small enough to be wanted, large enough to be measured.
_DROPS = (0.01, 0.02, 0.005, 0.05)
_DIGITS = 2  # of points: shifts that are compared are often less than one


def build(frames: Frames, facts: Facts) -> list[Headline]:
    """One headline, on the test images if there are any; none where no two regimes were compared."""
    table = frames["regimes"]
    sentences = () if table.empty else regime_comparison(pick(table, split=main_split(table)), facts.margin)
    return [Headline("Regimes", sentences)] if sentences else []


def regime_comparison(regimes: pd.DataFrame, margin: float | None = Facts.margin) -> tuple[str, ...]:
    """The study's first regime against each other one, then all pairs that could be matched in dense accuracy.

    Drops that one of the two loses before its mildest level are not counted, because nothing was measured there.
    Methods that act during training and random controls are not counted: nobody asks about the second, and the first
    have a null of their own.

    Args:
        regimes: rows of the table `regimes` of one split.
        margin: see `Facts`.
    Returns: nothing where no two regimes were compared.
    """
    rows = regimes[(regimes["pairing"] == PAIRED) & ~is_control(regimes)]
    if rows.empty:
        return ()
    first = rows["regime"].iloc[0]
    against = rows.loc[(rows["regime"] == first) & (rows["reading"] != DENSE_ACCURACY), "against"].unique()
    drops = pick(rows, reading=DROP, matching=BETWEEN)
    sentences = [_at_drop(pick(drops, regime=first, against=other), first, other, margin) for other in against]
    return (*sentences, *_at_dense_accuracy(pick(rows, reading=DENSE_ACCURACY, matching=MATCHED)))


def _at_drop(rows: pd.DataFrame, one: str, other: str, margin: float | None) -> str:
    """Two regimes at the first of _DROPS that was measured for both."""
    drop = next((drop for drop in _DROPS if (rows["accuracy_drop"] == drop).any()), None)
    if drop is None:
        return (
            f"At no accuracy drop could {one} and {other} networks be compared: none lies within the levels tried for "
            "both, under any method; add levels where one of them loses less or the other more."
        )
    measured = rows[(rows["accuracy_drop"] == drop) & rows["shift_difference_low"].notna()]
    where = f"Where compression costs {100 * drop:g} point{'' if drop == 0.01 else 's'} of accuracy,"
    if measured.empty:
        return f"{where} how far the shifts of {one} and {other} networks differ could not be measured."
    most = measured.iloc[int(measured["shift_difference"].abs().argmax())]
    shifts = f"{points(most['regime_shift'], _DIGITS)} against {points(most['against_shift'], _DIGITS)}"
    apart = between(float(most["population"]))
    if len(measured) == 1:
        return (
            f"{where} the shift of predicted labels under {most['method']}, the one method that could be compared "
            f"there, is {shifts} for {one} and {other} networks ({apart}); "
            f"{difference_in_words(most, margin)}."
        )
    return (
        f"{where} the 95 % interval of the difference between {one} and {other} networks in shift ({apart}) excludes "
        "0 for "
        f"{_counted(measured, 'method')}. The largest of these differences is that of {most['method']}, {shifts}; "
        f"{difference_in_words(most, margin)}. Its interval is not widened for being that of the largest."
    )


def difference_in_words(row: pd.Series, margin: float | None) -> str:
    """What the interval of a difference in shift allows one to say; never that there is none."""
    low, high = row["shift_difference_low"], row["shift_difference_high"]
    told = f"{points(row['shift_difference'], _DIGITS)}, 95 % interval {span(low, high, _DIGITS)}"
    if low > 0 or high < 0:
        return f"these shifts differ by {told}"
    if margin is not None and -margin < low and high < margin:
        return f"these shifts are equivalent within {100 * margin:g} point{'' if margin == 0.01 else 's'} ({told})"
    return f"these shifts cannot be told apart ({told}): differences outside the interval are excluded, others are not"


def _at_dense_accuracy(rows: pd.DataFrame) -> tuple[str, ...]:
    """All pairs that are matched in dense accuracy, counted together."""
    measured = rows[rows["shift_difference_low"].notna()]
    if measured.empty:
        return ()
    pairs = measured[["regime", "against"]].drop_duplicates().itertuples(index=False)
    names = ", ".join(f"{one} and {other}" for one, other in pairs)
    return (
        f"At equal level and with dense accuracies within one point ({names}), the 95 % interval of the difference in "
        f"shift excludes 0 in {_counted(measured, 'cell')}; cells share networks, and accuracy differs there as well.",
    )


def _counted(rows: pd.DataFrame, noun: str) -> str:
    """How many of the differences exclude 0, and how many would by chance."""
    by_chance = (1 - CONFIDENCE) * len(rows)
    if len(rows) == 1:
        return f"the one {noun} compared" if _telling(rows) else f"no {noun} (one was compared)"
    counted = f"{_telling(rows) or 'none'} of {len(rows)} {noun}s"
    return f"{counted} (at most {by_chance:.2g} expected by chance if none differed)"


def _telling(rows: pd.DataFrame) -> int:
    """Differences whose interval excludes 0."""
    signs = np.sign(rows[["shift_difference_low", "shift_difference_high"]].to_numpy())
    return int((signs[:, 0] * signs[:, 1] > 0).sum())


SPEC = SentenceSpec(name="regimes", title="Whether regimes forget alike", reads=("regimes",), order=20, build=build)
