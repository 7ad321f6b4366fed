"""What every method costs: up to which level it is harmless, which images it loses, which class pays."""

import math

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, require
from lethe.compare.level import Level
from lethe.compare.traits import is_control
from lethe.compare.verdict import (
    MOVED,
    SCATTERED,
    SIGNIFICANT,
    UNCLEAR,
    UNMEASURED,
    harshest_level,
    knee_level,
    mildest_level,
    telling_level,
)
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import percent, points, probability, span


def build(frames: Frames, facts: Facts) -> list[Headline]:
    """One headline per regime and method, on the test images if there are any."""
    split = main_split(require(frames, "accuracy"))
    chosen = {name: pick(require(frames, name), split=split) for name in ("accuracy", "pies", "classes")}
    groups = chosen["accuracy"][["regime", "method"]].drop_duplicates()
    found = []
    for regime, method in groups.itertuples(index=False):
        rows = {name: pick(table, regime=regime, method=method) for name, table in chosen.items()}
        subject = f"{method}, {regime}" if groups["regime"].nunique() > 1 else str(method)
        found.append(Headline(subject, _method(rows, facts)))
    return found


def _method(rows: Frames, facts: Facts) -> tuple[str, ...]:
    """The knee and what happens there; lost and gained images at the mildest level shown to change any; classes."""
    accuracy, pies = rows["accuracy"], rows["pies"]
    knee, telling = knee_level(accuracy), telling_level(pies)
    sentences = [_knee(accuracy, knee)]
    if knee:
        sentences.append(_change(_at(pies, knee)))
    sentences.append(_kinds(_at(pies, telling), telling != knee) if telling else _never(pies))
    # Nobody asks which class a random control costs, and none of its tests is in the family that q is of.
    is_claimed = not is_control(accuracy).any()
    told = dict.fromkeys([knee or mildest_level(accuracy), harshest_level(accuracy)] if is_claimed else [])
    classes = [
        _classes(pick(rows["classes"], level=level), f"At {_phrase(_at(accuracy, level))}", facts) for level in told
    ]
    return (*sentences, *classes)


def _at(rows: pd.DataFrame, level: str) -> pd.Series:
    return pick(rows, level=level).iloc[0]


def _phrase(row: pd.Series) -> str:
    return Level(row["level"], row["level_kind"]).phrase


def _knee(accuracy: pd.DataFrame, knee: str | None) -> str:
    """Up to which level accuracy is kept, or what the mildest level does to it."""
    if knee:
        row = _at(accuracy, knee)
        return (
            f"Accuracy stays within one point of that of networks treated alike up to {_phrase(row)} "
            f"({percent(row['compressed_accuracy'])}, {points(row['accuracy_change'])})."
        )
    row = _at(accuracy, mildest_level(accuracy))
    change = float(row["accuracy_change"])
    if math.isnan(change):
        return f"The change of accuracy at {_phrase(row)} could not be measured."
    return (
        f"No level tried stays within one point of networks treated alike; the mildest, {_phrase(row)}, "
        f"changes accuracy by {points(change)}."
    )


def _change(row: pd.Series) -> str:
    """PIEs at the knee, whether predictions are shown to change, and how."""
    count = f"There {row['pies']} of {row['examples']} images ({percent(row['pie_share'])}) are PIEs"
    if math.isnan(row["pie_share"]):
        count = "There the PIE share could not be measured"
    return f"{count}; {_verdict(row)}."


def _verdict(row: pd.Series) -> str:
    """The swap test, and the part of the added disagreement that is shown."""
    if row["verdict"] == UNMEASURED:
        return "whether predictions change could not be tested"
    p = f"swap test, {probability(row['p_swap'])}"
    if row["verdict"] == UNCLEAR:
        moral = ": no meaning should be read into these images" if row["pies"] > 0 else ""
        if row["smallest_p_swap"] > SIGNIFICANT:
            few = f"{row['models']} networks cannot show one, as their smallest p is {row['smallest_p_swap']:.2g}"
            return f"no change of predictions is shown ({few}){moral}"
        missed = "" if math.isnan(row["detectable_shift"]) else f", which may miss {_missed(row)}"
        return f"no change of predictions is shown ({p}{missed}){moral}"
    shift, spread = (
        f"{points(row[name])} (95 % interval {span(row[f'{name}_low'], row[f'{name}_high'])})"
        for name in ("shift", "spread")
    )
    if row["verdict"] == MOVED:
        return f"predictions change ({p}) and labels move: the shift is {shift}"
    if row["verdict"] == SCATTERED:
        return f"predictions change ({p}), and most of the added disagreement is spread: {spread}; the shift is {shift}"
    return f"predictions change ({p}), of which kind is not shown: the shift is {shift}"


def _missed(row: pd.Series) -> str:
    """What the test of so many networks would often not have found."""
    return f"shifts below {100 * row['detectable_shift']:.2g} points"


def _kinds(row: pd.Series, elsewhere: bool) -> str:
    """Lost, gained and swapped images; `elsewhere` than at the knee, whose PIEs were told already."""
    where = f"At {_phrase(row)}" + (", the mildest level shown to change predictions," if elsewhere else "")
    shares = [row["lost_share"], row["gained_share"], row["swapped_share"]]
    if any(math.isnan(share) for share in shares):
        return f"{where} lost and gained images could not be measured."
    lost, gained, swapped = (percent(share) for share in shares)
    total = f" ({row['pies']} of {row['examples']} images are PIEs)" if elsewhere else ""
    sure = (
        f"{row['reliably_lost']} are lost for sure and {row['reliably_gained']} gained, of {row['could_be_found']} "
        "that the test of single images could find"
        if row["could_be_found"]
        else "no image changes in enough networks to be called lost or gained for sure"
    )
    return f"{where} {lost} of the images are lost, {gained} gained and {swapped} swapped{total}; {sure}."


def _never(pies: pd.DataFrame) -> str:
    if (pies["verdict"] == UNMEASURED).all():
        return "Whether any level changes predictions could not be tested."
    return "No level tried is shown to change predictions."


def _classes(rows: pd.DataFrame, where: str, facts: Facts) -> str:
    """The class that pays most at a level, or that none is shown to."""
    if rows["q"].isna().all():
        return f"{where} the classes' recall could not be tested."
    losing = rows[rows["normalised_change"] < 0]
    paying = losing[losing["q"] <= SIGNIFICANT]
    if losing["q"].isna().all():
        return f"{where} no class is shown to lose more than the average."
    if paying.empty:
        smallest = f"smallest q of those that lost more: {losing['q'].min():.2g}"
        return f"{where} no class is shown to lose more than the average ({smallest})."
    worst = paying.sort_values("normalised_change", kind="stable").iloc[0]
    name = facts.class_names.get(int(worst["label"]), str(worst["label"]))
    q = probability(worst["q"], "q")
    return (
        f"{where} class {name} pays most: its recall changes by {points(worst['recall_change'])}, "
        f"{points(worst['normalised_change'])} beyond the change of accuracy ({q})."
    )


SPEC = SentenceSpec(
    name="methods", title="What each method forgets", reads=("accuracy", "pies", "classes"), order=30, build=build
)
