"""By which factor the odds of being lost rise with each difficulty, and how much boosted trees lean on it."""

import pandas as pd

from lethe.compare.frames import Frames, possibly_empty
from lethe.pies.jackknife import with_ends
from lethe.report.explained import CELL
from lethe.report.spec import TableSpec
from lethe.study.difficulties import title_of

_ABOUT = {"odds_ratio_alone": "alone", "odds_ratio": "together", "importance": "importance"}
_COLUMNS = [*CELL.values(), "split", "measure", *with_ends("alone", "together"), "importance"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (cell, measure of difficulty), the strongest alone first."""
    rows = possibly_empty(frames, "explanation")
    if rows.empty:
        return pd.DataFrame(columns=_COLUMNS).astype({"regime": str})
    rows = rows.rename(columns=CELL)
    own = rows[rows["about"].isin(list(_ABOUT))]
    keys = [*CELL.values(), "split", "name"]
    wide = own.assign(about=own["about"].map(_ABOUT)).pivot(
        index=keys, columns="about", values=["value", "low", "high"]
    )
    ends = {"value": "", "low": "_low", "high": "_high"}
    end, about = (wide.columns.get_level_values(level) for level in (0, 1))
    wide.columns = [f"{name}{ends[value]}" for value, name in zip(end, about, strict=True)]
    table = own[keys].drop_duplicates().merge(wide.reset_index(), on=keys, how="left", validate="one_to_one")
    table = table.assign(
        measure=table["name"].map(title_of),
        cell=pd.factorize(pd.MultiIndex.from_frame(table[keys[:-1]]))[0],
        strength=-(table["alone"].where(table["alone"] >= 1, 1 / table["alone"])),
    )
    return table.sort_values(["cell", "strength"], kind="stable")[_COLUMNS].reset_index(drop=True)


SPEC = TableSpec(
    name="odds_ratios",
    title="What the odds of being lost rise with",
    caption=(
        "One row per measure of difficulty and method. Factor by which the odds that a network loses an image rise for "
        "one standard deviation of the difficulty, alone and together with all other measures; brackets: 95 % interval "
        "over images. Measures say much the same, so that together one may take the place of another: a factor below 1 "
        "there is no sign that hard images are spared. Importance: fall of the AUROC of boosted trees when the measure "
        "is permuted among held-out images, mean of three permutations."
    ),
    reads=("explanation",),
    units={"alone": "times", "together": "times", "importance": "number"},
    headings={"alone": "odds ratio alone", "together": "odds ratio among all"},
    order=322,
    chapter="explanation",
    build=build,
)
