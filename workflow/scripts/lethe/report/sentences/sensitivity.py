"""Whether images that compression forgets are fragile: accuracy on PIEs and on the others."""

import pandas as pd

from lethe.compare.frames import Frames, possibly_empty
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import percent, points, span

_MOST = 0.1


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """About the cell with the most PIEs while they are at most a tenth of the images, else about that with the fewest.

    Where a network is broken nearly all images are PIEs, and say nothing of which are fragile.
    """
    table = possibly_empty(frames, "sensitivity")
    known = table.dropna(subset=["gap_low"])
    known = known[(known["images"] == "test") & (known["scored"] == "dense")]
    if known.empty:
        return []
    few = known[known["pie_share"] <= _MOST]
    row = known.iloc[known["pie_share"].argmin()] if few.empty else few.iloc[few["pie_share"].argmax()]
    return [Headline("Sensitivity", (_clean(row), *_corrupted(table, row)))]


def _clean(row: pd.Series) -> str:
    """On the images as they are."""
    return (
        f"Dense networks ({row['regime']}) are right on {percent(row['on_pies'])} of the PIEs of {row['method']} at "
        f"{row['level']}, which other seeds chose, and on {percent(row['on_others'])} of the other images: a "
        f"difference of {points(row['gap'])} (95 % interval {span(row['gap_low'], row['gap_high'])})."
    )


def _corrupted(table: pd.DataFrame, row: pd.Series) -> tuple[str, ...]:
    """On corrupted copies of the same images."""
    same = table[
        (table["regime"] == row["regime"])
        & (table["method"] == row["method"])
        & (table["level"] == row["level"])
        & (table["scored"] == "dense")
        & (table["images"] != "test")
    ].dropna(subset=["gap_low"])
    if same.empty:
        return ()
    told = ", ".join(
        f"{one['images'].partition('@')[2]} {points(one['gap'])} ({span(one['gap_low'], one['gap_high'])})"
        for _, one in same.iterrows()
    )
    return (f"On corrupted copies of the same images the difference is: {told}.",)


SPEC = SentenceSpec(
    name="sensitivity",
    title="Whether forgotten images are fragile",
    reads=("sensitivity",),
    order=370,
    chapter="sensitivity",
    build=build,
)
