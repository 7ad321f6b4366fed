"""Sentences that compare the methods of a regime at equal removed parameters, where that could be computed."""

import math
from collections.abc import Collection

import pandas as pd

from lethe.compare.cells import pick
from lethe.compare.traits import PAIRED
from lethe.report.spoken import percent, points, span
from lethe.report.tables.contrasts import OTHER, OWN

TARGET = 0.75


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
    treatments = found.groupby("treatment", sort=False)["accuracy"].agg(["size", "max"])
    treatment = str(treatments.sort_values(["size", "max"], ascending=False, kind="stable").index[0])
    methods = pick(found, treatment=treatment).sort_values("accuracy", ascending=False, kind="stable")
    best, accuracy = methods[["method", "accuracy"]].iloc[0]
    rank = f"the most accurate of {len(methods)} methods" if len(methods) > 1 else "the only method"
    sentences = [
        f"With {100 * TARGET:g} % of the parameters removed and the same treatment ({treatment}), {best} is {rank} "
        f"({percent(accuracy)}){_against(pick(rows, treatment=treatment, method=best, relation=OWN))}."
    ]
    shrinking = methods[methods["method"].isin(smaller)]
    if best not in smaller and len(shrinking):
        name, accuracy = shrinking[["method", "accuracy"]].iloc[0]
        control = pick(rows, treatment=treatment, method=name, relation=OWN)
        whom = "the best of those that make the network smaller" if len(shrinking) > 1 else "the only smaller network"
        sentences.append(f"{name} is {whom} ({percent(accuracy)}){_against(control)}.")
    return tuple(sentences)


def _accuracies(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a (treatment, method) of the methods that act after training, controls left out."""
    rows = rows[rows["pairing"] == PAIRED]
    firsts = rows[rows["relation"].isin([OWN, OTHER])]
    firsts = firsts[["treatment", "method", "method_accuracy"]].set_axis(["treatment", "method", "accuracy"], axis=1)
    seconds = rows[rows["relation"] == OTHER]
    seconds = seconds[["treatment", "against", "against_accuracy"]].set_axis(firsts.columns, axis=1)
    return pd.concat([firsts, seconds]).drop_duplicates(["treatment", "method"])


def _against(control: pd.DataFrame) -> str:
    if control.empty:
        return "; no random control of its kind removes as much"
    row = control.iloc[0]
    low, high = row["accuracy_difference_low"], row["accuracy_difference_high"]
    interval = "" if math.isnan(low) else f", 95 % interval {span(low, high)}"
    difference = points(row["accuracy_difference"])
    return f", {difference} against its random control {row['against']}{interval}"
