"""What every method costs: up to which level it is harmless, which images it loses, which class pays."""

import math

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, require
from lethe.compare.level import Level
from lethe.compare.verdict import ABOVE, SIGNIFICANT, UNMEASURED, knee_level, mildest_level, telling_level
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import percent, points, span


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
    """The knee and the PIEs there; lost and gained images at the mildest level with PIEs above seed noise; classes."""
    accuracy, pies = rows["accuracy"], rows["pies"]
    knee, telling = knee_level(accuracy), telling_level(pies)
    sentences = [_knee(accuracy, knee)]
    if knee:
        sentences.append(_noise(_at(pies, knee)))
    sentences.append(_kinds(_at(pies, telling), telling != knee) if telling else _never(pies))
    level = telling or knee or str(accuracy["level"].iloc[0])
    where = f"At {_phrase(_at(accuracy, level))}"
    return (*sentences, _classes(pick(rows["classes"], level=level), where, facts))


def _at(rows: pd.DataFrame, level: str) -> pd.Series:
    return pick(rows, level=level).iloc[0]


def _phrase(row: pd.Series) -> str:
    return Level(row["level"], row["level_kind"]).phrase


def _knee(accuracy: pd.DataFrame, knee: str | None) -> str:
    """Up to which level accuracy is kept, or what the mildest level does to it."""
    if knee:
        row = _at(accuracy, knee)
        return (
            f"Accuracy stays within one point of dense up to {_phrase(row)} "
            f"({percent(row['compressed_accuracy'])}, {points(row['accuracy_change'])})."
        )
    row = _at(accuracy, mildest_level(accuracy))
    change = float(row["accuracy_change"])
    if math.isnan(change):
        return f"The change of accuracy at {_phrase(row)} could not be measured."
    return (
        f"No level tried stays within one point of dense; the mildest, {_phrase(row)}, "
        f"changes accuracy by {points(change)}."
    )


def _noise(row: pd.Series) -> str:
    """PIEs at the knee, and whether they are more than seed noise."""
    count = f"There {row['pies']} of {row['examples']} images ({percent(row['pie_share'])}) are PIEs"
    if math.isnan(row["pie_share"]):
        count = "There the PIE share could not be measured"
    if row["verdict"] == UNMEASURED:
        return f"{count}; whether that is more than seed noise could not be measured."
    ends = span(row["excess_share_low"], row["excess_share_high"])
    excess = f"the excess over seed noise is {points(row['excess_share'])} (95 % interval {ends})"
    is_noise = row["verdict"] != ABOVE and row["pies"] > 0
    moral = ", so no meaning should be read into these images" if is_noise else ""
    return f"{count}; {excess}: {row['verdict']}{moral}."


def _kinds(row: pd.Series, elsewhere: bool) -> str:
    """Lost, gained and swapped images; `elsewhere` than at the knee, whose PIEs were told already."""
    where = f"At {_phrase(row)}" + (", the mildest level with PIEs above seed noise," if elsewhere else "")
    shares = [row["lost_share"], row["gained_share"], row["swapped_share"]]
    if any(math.isnan(share) for share in shares):
        return f"{where} lost and gained images could not be measured."
    lost, gained, swapped = (percent(share) for share in shares)
    total = f" ({row['pies']} of {row['examples']} images are PIEs)" if elsewhere else ""
    return f"{where} {lost} of the images are lost, {gained} gained and {swapped} swapped{total}."


def _never(pies: pd.DataFrame) -> str:
    if (pies["verdict"] == UNMEASURED).all():
        return "Whether any level's PIEs are above seed noise could not be measured."
    return "At no level tried are its PIEs above seed noise."


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
    q = "q < 0.001" if worst["q"] < 0.001 else f"q = {worst['q']:.2g}"
    return (
        f"{where} class {name} pays most: its recall changes by {points(worst['recall_change'])}, "
        f"{points(worst['normalised_change'])} beyond the change of accuracy ({q})."
    )


SPEC = SentenceSpec(
    name="methods", title="What each method forgets", reads=("accuracy", "pies", "classes"), order=30, build=build
)
