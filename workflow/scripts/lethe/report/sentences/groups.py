"""Which groups pay more than the average, and which are too small to tell."""

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, possibly_empty
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import points, probability, size, span

_MORE, _SMALL = "beyond the average", "too small to tell"


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """The group that pays most, how many do, and the groups of which nothing can be said."""
    table = possibly_empty(frames, "groups")
    if table.empty:
        return []
    table = pick(table, split=main_split(table))
    rows = table[(table["metric"] == "error") & (table["verdict"] != "") & table["q"].notna()]
    if rows.empty:
        return [Headline("Groups", ("No example belongs to a group.",))]
    return [Headline("Groups", (_paying(rows), *_small(rows)))]


def _paying(rows: pd.DataFrame) -> str:
    """How many groups pay, and which most."""
    paying = rows[rows["verdict"] == _MORE]
    tested = f"of {len(rows)} groups of all cells"
    if paying.empty:
        best = rows["q"].min()
        least = "" if pd.isna(best) else f" (smallest {probability(best, 'q')})"
        return f"No group is shown to lose more than the average, {tested}{least}."
    most = paying.iloc[paying["excess"].argmax()]
    return (
        f"{len(paying)} {tested} are shown to lose more than the average (false discovery rate of at most 5 %); most "
        f"of all {most['attribute']}: {most['group']} under {most['method']} at {most['level']} ({most['regime']}): "
        f"its error changes by {points(most['change'])}, which is {points(most['excess'])} (95 % interval "
        f"{span(most['excess_low'], most['excess_high'])}) beyond that of all images ({probability(most['q'], 'q')})."
    )


def _small(rows: pd.DataFrame) -> tuple[str, ...]:
    """Groups of few examples, and what could have been seen of the smallest."""
    few = rows[rows["verdict"] == _SMALL]
    if few.empty:
        return ()
    names = list(dict.fromkeys(f"{row['attribute']}: {row['group']} ({row['examples']})" for _, row in few.iterrows()))
    typical = few["detectable"].median()
    shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
    return (
        f"Groups of fewer than 30 examples of which nothing is shown are too small to tell ({shown}): half of their "
        f"changes would have had to be at least {size(typical)} to be found in 80 of 100 studies.",
    )


SPEC = SentenceSpec(
    name="groups",
    title="Which groups pay",
    reads=("groups",),
    order=340,
    chapter="groups",
    build=build,
)
