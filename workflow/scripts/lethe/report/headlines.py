"""What the study found, in sentences filled from the report's tables: no claim beyond an interval or a q value.

A figure that could not be measured gives a sentence that says so.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from lethe.compare.cells import level_phrase, main_split, pick, severity
from lethe.compare.frames import Frames, require
from lethe.compare.verdict import ABOVE, UNMEASURED, telling_level
from lethe.report.fair_headline import fair_comparison
from lethe.report.regime_headline import regime_comparison
from lethe.report.spoken import percent, points, span

ONE_POINT = 0.01
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Facts:
    """What the tables do not say: the study's name, its data set, how many networks each population has."""

    study: str
    dataset: str
    networks: int
    class_names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Headline:
    """One subject (the study, its regimes, or a method) and the sentences about it."""

    subject: str
    sentences: tuple[str, ...]


def headlines(tables: Frames, facts: Facts) -> list[Headline]:
    """The study first, then every method of every regime, on the test images if there are any.

    Args: tables: the report's tables `accuracy`, `pies` and `classes`, and `contrasts` and `regimes` if they are given.
    """
    accuracy = require(tables, "accuracy")
    split = main_split(accuracy)
    chosen = {name: pick(require(tables, name), split=split) for name in ("accuracy", "pies", "classes")}
    regimes = list(dict.fromkeys(chosen["accuracy"]["regime"]))
    found = [_study(chosen["accuracy"], regime, split, facts, _compared(tables, regime, split)) for regime in regimes]
    if "regimes" in tables and (between := regime_comparison(pick(tables["regimes"], split=split))):
        found.append(Headline("Regimes", between))
    groups = chosen["accuracy"][["regime", "method"]].drop_duplicates()
    for regime, method in groups.itertuples(index=False):
        rows = {name: pick(table, regime=regime, method=method) for name, table in chosen.items()}
        subject = f"{method}, {regime}" if len(regimes) > 1 else str(method)
        found.append(Headline(subject, _method(rows, facts)))
    return found


def as_text(found: list[Headline], width: int = 100) -> str:
    """The headlines for a terminal."""
    from textwrap import fill

    lines = [
        fill(f"{headline.subject}: {' '.join(headline.sentences)}", width, initial_indent="* ", subsequent_indent="  ")
        for headline in found
    ]
    return "\n".join(lines) + "\n"


def _compared(tables: Frames, regime: str, split: str) -> tuple[str, ...]:
    if "contrasts" not in tables:
        return ()
    methods = tables["accuracy"]
    smaller = set(methods.loc[methods["level_kind"] == "channel_sparsity", "method"])
    return fair_comparison(pick(tables["contrasts"], regime=regime, split=split), smaller)


def _study(accuracy: pd.DataFrame, regime: str, split: str, facts: Facts, compared: tuple[str, ...]) -> Headline:
    row = pick(accuracy, regime=regime).iloc[0]
    low, high = row["dense_accuracy_low"], row["dense_accuracy_high"]
    spread = "" if math.isnan(low) else f" (95 % interval {percent(low)} to {percent(high)})"
    sentence = f"Dense accuracy on the {split} images is {percent(row['dense_accuracy'])}{spread}."
    if math.isnan(row["dense_accuracy"]):
        sentence = f"Dense accuracy on the {split} images could not be measured."
    opening = f"{facts.networks} dense networks ({regime}) were trained on {facts.dataset}."
    return Headline(facts.study, (opening, sentence, *compared))


def _method(rows: Frames, facts: Facts) -> tuple[str, ...]:
    knee, telling = knee_level(rows["accuracy"]), telling_level(rows["pies"])
    at_knee = [_knee(rows["accuracy"], knee)] + ([_noise(_at(rows["pies"], knee))] if knee else [])
    at_telling = [_kinds(_at(rows["pies"], telling), telling != knee) if telling else _never(rows["pies"])]
    level = telling or knee or str(rows["accuracy"]["level"].iloc[0])
    where = f"At {_phrase(_at(rows['accuracy'], level))}"
    return (*at_knee, *at_telling, _classes(pick(rows["classes"], level=level), where, facts))


def knee_level(accuracy: pd.DataFrame) -> str | None:
    """The harshest level up to which, from the mildest on, accuracy stays within one point of dense.

    Args: accuracy: the accuracy table's rows of one regime, method and split.
    Returns: None where already the mildest level loses more, or has no measured accuracy.
    """
    reached = None
    for level in sorted(accuracy["level"], key=severity):
        if not float(_at(accuracy, level)["accuracy_change"]) >= -ONE_POINT - 1e-9:  # NaN is not within a point
            break
        reached = str(level)
    return reached


def _at(rows: pd.DataFrame, level: str) -> pd.Series:
    return pick(rows, level=level).iloc[0]


def _phrase(row: pd.Series) -> str:
    return level_phrase(row["level"], row["level_kind"])


def _knee(accuracy: pd.DataFrame, knee: str | None) -> str:
    if knee:
        row = _at(accuracy, knee)
        return (
            f"Accuracy stays within one point of dense up to {_phrase(row)} "
            f"({percent(row['compressed_accuracy'])}, {points(row['accuracy_change'])})."
        )
    mildest = min(accuracy["level"], key=severity)
    row = _at(accuracy, mildest)
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
    shares = [row["lost_share"], row["gained_share"], row["swapped_share"]]
    where = f"At {_phrase(row)}" + (", the mildest level with PIEs above seed noise," if elsewhere else "")
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
