"""What was trained and how good it is, and the methods of a regime compared at equal removed parameters.

One headline per regime; the comparison stands where it could be computed.
"""

import math
from collections.abc import Collection

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.contrasts import OTHER, OWN, TREATMENT
from lethe.compare.frames import Frames, require
from lethe.compare.traits import MAKES_SMALLER, PAIRED
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import percent, points, span

TARGET = 0.75


def build(frames: Frames, facts: Facts) -> list[Headline]:
    """One headline per regime, on the test images if there are any."""
    accuracy = require(frames, "accuracy")
    split = main_split(accuracy)
    accuracy = pick(accuracy, split=split)
    found = []
    for regime in dict.fromkeys(accuracy["regime"]):
        opening = f"{facts.networks} dense networks ({regime}) were trained on {facts.dataset}."
        compared: tuple[str, ...] = ()
        if "contrasts" in frames:
            smaller = set(accuracy.loc[accuracy["acts_on"].isin(MAKES_SMALLER), "method"])
            compared = fair_comparison(pick(frames["contrasts"], regime=regime, split=split), smaller)
        sentences = (opening, _dense_accuracy(pick(accuracy, regime=regime).iloc[0], split), *compared)
        found.append(Headline(facts.study, sentences))
    return found


def _dense_accuracy(row: pd.Series, split: str) -> str:
    """Accuracy of a regime's dense networks, with its interval where there is one."""
    if math.isnan(row["dense_accuracy"]):
        return f"Dense accuracy on the {split} images could not be measured."
    low, high = row["dense_accuracy_low"], row["dense_accuracy_high"]
    interval = "" if math.isnan(low) else f" (95 % interval {percent(low)} to {percent(high)})"
    return f"Dense accuracy on the {split} images is {percent(row['dense_accuracy'])}{interval}."


def fair_comparison(contrasts: pd.DataFrame, smaller: Collection[str] = ()) -> tuple[str, ...]:
    """The best post-hoc method where three quarters of the parameters are removed, against its own random control.

    Of several treatments the one is told that most methods share, then the one with the better best method. Where
    the best method leaves the network as large as it was, the best of those that do not is told as well.

    Args:
        contrasts: rows of the table `contrasts` of one regime and split.
        smaller: methods that make networks smaller.
    Returns: nothing where no method was compared at that share.
    """
    rows = contrasts[contrasts["removed_parameters"] == TARGET]
    found = _accuracies(rows)
    if found.empty:
        return ()
    treatments = found.groupby(TREATMENT, sort=False)["accuracy"].agg(["size", "max"])
    treatment, reference = treatments.sort_values(["size", "max"], ascending=False, kind="stable").index[0]
    rows = pick(rows, treatment=treatment, reference=reference)
    methods = pick(found, treatment=treatment, reference=reference)
    methods = methods.sort_values("accuracy", ascending=False, kind="stable")
    best, accuracy = methods[["method", "accuracy"]].iloc[0]
    rank = f"is the only method compared ({percent(accuracy)})"
    if len(methods) > 1:
        chosen = "which is a little too high, as it was chosen on these images"
        rank = f"has the highest mean accuracy of {len(methods)} methods ({percent(accuracy)}, {chosen})"
    sentences = [
        f"With {100 * TARGET:g} % of the parameters removed and the same treatment ({treatment}), {best} {rank}"
        f"{_against(pick(rows, method=best, relation=OWN))}."
    ]
    shrinking = methods[methods["method"].isin(smaller)]
    if best not in smaller and len(shrinking):
        name, accuracy = shrinking[["method", "accuracy"]].iloc[0]
        control = pick(rows, method=name, relation=OWN)
        whom = "the only method that makes the network smaller"
        if len(shrinking) > 1:
            whom = f"the best of the {len(shrinking)} methods that make the network smaller"
        sentences.append(f"{name} is {whom} ({percent(accuracy)}){_against(control)}.")
    return tuple(sentences)


def _accuracies(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per (treatment, method) of the methods that act after training, controls left out."""
    rows = rows[rows["pairing"] == PAIRED]
    firsts = rows[rows["relation"].isin([OWN, OTHER])]
    firsts = firsts[[*TREATMENT, "method", "method_accuracy"]].set_axis([*TREATMENT, "method", "accuracy"], axis=1)
    seconds = rows[rows["relation"] == OTHER]
    seconds = seconds[[*TREATMENT, "against", "against_accuracy"]].set_axis(firsts.columns, axis=1)
    return pd.concat([firsts, seconds]).drop_duplicates([*TREATMENT, "method"])


def _against(control: pd.DataFrame) -> str:
    """The difference to a method's random control, or that there is none."""
    if control.empty:
        return "; no random control of its kind removes as much"
    row = control.iloc[0]
    low, high = row["accuracy_difference_low"], row["accuracy_difference_high"]
    interval = "" if math.isnan(low) else f", 95 % interval {span(low, high)}"
    difference = points(row["accuracy_difference"])
    return f", {difference} against its random control {row['against']}{interval}"


SPEC = SentenceSpec(
    name="study",
    title="The dense networks, and the best method",
    reads=("accuracy",),
    may_read=("contrasts",),
    order=10,
    build=build,
)
