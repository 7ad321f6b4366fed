"""How reliable measures of difficulty are, and how much they have in common."""

import math

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, possibly_empty
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import decimal


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """One or two sentences about the dense networks of the first regime, on the test images if there are any."""
    table = possibly_empty(frames, "difficulty")
    if table.empty:
        return []
    table = pick(table, split=main_split(table))
    own = table[table["regime"] == table["regime"].iloc[0]]
    known = own.dropna(subset=["reliability"])
    if known.empty:
        return [Headline("Difficulty", ("How reliable measures of difficulty are could not be measured.",))]
    return [Headline("Difficulty", (_reliable(known), *_common(own)))]


def _reliable(known: pd.DataFrame) -> str:
    """The most and the least reliable measure."""
    ordered = known.sort_values("reliability", kind="stable")
    most, least = ordered.iloc[-1], ordered.iloc[0]
    return (
        f"Between disjoint halves of the seeds ({most['regime']}) the ranks of the images correlate by "
        f"{decimal(most['reliability'])} in {most['measure']}, the most reliable of {len(known)} measures of "
        f"difficulty, and by {decimal(least['reliability'])} in {least['measure']}, the least; a measure with a low "
        "value ranks images by the seeds that happened to be trained."
    )


def _common(own: pd.DataFrame) -> tuple[str, ...]:
    """How much one factor explains."""
    share, number = float(own["factor_share"].iloc[0]), int(own["measures"].iloc[0])
    if math.isnan(share):
        return ()
    return (
        f"One common factor explains {100 * share:.0f} % of the ranks of {number} measures "
        f"({100 / number:.0f} % if they had nothing in common).",
    )


SPEC = SentenceSpec(
    name="difficulty",
    title="How reliable measures of difficulty are",
    reads=("difficulty",),
    order=300,
    chapter="difficulty",
    build=build,
)
