"""What finds examples that were made hard for a known reason: measures of difficulty, PIEs, and losses of every
method."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from lethe.compare.frames import Frames, possibly_empty
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec
from lethe.study.difficulties import title_of

_COLUMNS = [
    *("regime", "split", "plant", "planted", "found_by", "by", "by_method", "role"),
    *(*with_ends("auroc"), "average_precision", "precision", "prevalence"),
]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, split, plant, what finds it), best first; none where nothing is planted."""
    rows = possibly_empty(frames, "planted")
    if rows.empty:
        return pd.DataFrame(columns=_COLUMNS).astype({"regime": str})
    named = rows.assign(found_by=[_name(row) for row in rows.to_dict("records")])
    order = {name: place for place, name in enumerate(dict.fromkeys(named["plant"]))}
    regimes = {name: place for place, name in enumerate(dict.fromkeys(named["regime"]))}
    named = named.assign(at=named["plant"].map(order), of=named["regime"].map(regimes))
    named = named.sort_values(["of", "split", "at", "auroc"], ascending=[True, True, True, False], kind="stable")
    return named[_COLUMNS].reset_index(drop=True)


def _name(row: Mapping[Hashable, Any]) -> str:
    """What finds them, in words."""
    if row["by"] == "difficulty":
        return title_of(row["kind"])
    words = {"pie": "PIE of", "lost": "lost by"}[row["by"]]
    return f"{words} {row['by_method']} at {row['by_level']}"


SPEC = TableSpec(
    name="planted",
    title="What finds examples that are hard for a known reason",
    caption=(
        "One row per plant and per number that may find its examples among those in which nothing was planted: a "
        "measure of difficulty, being a PIE of a method, or the share of the networks that lose an example of those "
        "that were right before. Of every method one level: the mildest at which networks lose one in a hundred, or "
        "else that at which they lose most. AUROC: chance that a planted example has the larger number; 0.5 finds "
        "nothing; brackets: 95 % interval over examples (DeLong). Precision: share of planted ones among as many "
        "examples as were planted. Average precision and precision are the prevalence by chance."
    ),
    reads=("planted",),
    units={},
    hidden=("by", "by_method", "role"),
    headings={"auroc": "AUROC", "planted": "examples planted"},
    order=310,
    chapter="planted",
    build=build,
)
