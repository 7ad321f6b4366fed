"""What finds examples that were made hard for a known reason, and which of them compression forgets."""

import math

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, possibly_empty
from lethe.compare.traits import CONTROLS
from lethe.report.spec import Facts, Headline, SentenceSpec


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """A sentence per question about the first regime, on the test images if there are any."""
    table = possibly_empty(frames, "planted")
    if table.empty:
        return []
    table = pick(table, split=main_split(table))
    table = table[~table["role"].isin(CONTROLS)]
    regime = str(table["regime"].iloc[0])
    own = table[table["regime"] == regime]
    sentences = (_found(own[own["by"] == "difficulty"], regime), *_forgotten(own[own["by"] == "lost"], regime))
    return [Headline("Planted truth", tuple(filter(None, sentences)))]


def _found(rows: pd.DataFrame, regime: str) -> str:
    """The best measure of every kind, and the kinds that none finds."""
    best = [own.sort_values("auroc", kind="stable").iloc[-1] for _, own in rows.groupby("plant", sort=False)]
    found = [row for row in best if row["auroc_low"] > 0.5]
    missed = [str(row["plant"]) for row in best if not row["auroc_low"] > 0.5]
    told = "; ".join(f"{row['plant']} best by {row['found_by']} (AUROC {_auroc(row)})" for row in found)
    sentence = (
        f"Of what was planted ({regime}), {told}."
        if told
        else f"Nothing that was planted ({regime}) is found by a measure."
    )
    note = " The best of so many measures is a little too good, as it was chosen on these images." if told else ""
    lacking = f" No measure is shown to find {', '.join(missed)}." if missed and told else ""
    return sentence + note + lacking


def _forgotten(rows: pd.DataFrame, regime: str) -> tuple[str, ...]:
    """The kinds whose examples networks lose more often than others, of those that they got right."""
    sentences = []
    for name, own in rows.groupby("found_by", sort=False):
        more = [f"{row['plant']} ({_auroc(row)})" for _, row in own.iterrows() if row["auroc_low"] > 0.5]
        what = f"rather {', '.join(more)}" if more else "no planted kind more often than others"
        sentences.append(f"{str(name).removeprefix('lost by ')} forgets {what}")
    if not sentences:
        return ()
    return (f"Of images that networks get right before compression ({regime}), {'; '.join(sentences)} (AUROC).",)


def _auroc(row: pd.Series) -> str:
    """An AUROC with its interval."""
    if math.isnan(row["auroc_low"]):
        return f"{row['auroc']:.2f}, no interval"
    return f"{row['auroc']:.2f} [{row['auroc_low']:.2f}, {row['auroc_high']:.2f}]"


SPEC = SentenceSpec(
    name="planted",
    title="What kind of hard is found, and what kind is forgotten",
    reads=("planted",),
    order=310,
    chapter="planted",
    build=build,
)
