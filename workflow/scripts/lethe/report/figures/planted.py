"""What finds examples that were made hard for a known reason: measures, PIEs and losses against kinds of hard."""

from matplotlib.figure import Figure

from lethe.compare.frames import Frames, possibly_empty
from lethe.report import heat, lines, style
from lethe.report.spec import FigureSpec

_DIFFICULTY = "difficulty"


def build(frames: Frames) -> Figure:
    """One panel per regime: a row per measure and per method's losses, a column per plant."""
    table = possibly_empty(frames, "planted")
    if table.empty:
        return style.nothing("Nothing is planted in the images that are predicted.")
    table = lines.on_main_split(table)
    measures = table[table["by"] == _DIFFICULTY].groupby("found_by")["auroc"].mean().sort_values(ascending=False)
    words = {"pie": "PIE of ", "lost": "lost by "}
    found_by = table["found_by"].where(table["by"] == _DIFFICULTY, table["by"].map(words) + table["by_method"])
    table = table.assign(found_by=found_by)
    of_methods = table.loc[table["by"] != _DIFFICULTY, ["by", "by_method", "found_by"]].drop_duplicates()
    others = list(of_methods.sort_values(["by", "by_method"], kind="stable")["found_by"])
    panels = {}
    for regime, own in table.groupby("regime", sort=False):
        wide = own.pivot_table(index="found_by", columns="plant", values="auroc", sort=False, observed=True)
        panels[str(regime)] = wide.reindex([*measures.index, *others])[list(dict.fromkeys(table["plant"]))]
    return heat.matrices(
        panels,
        low=0.0,
        middle=0.5,
        high=1.0,
        axes_words=("planted", "found by"),
        words="AUROC: orange, examples of the kind have larger numbers than others; grey, no difference; blue, "
        "smaller. Each method at the level that the table names.",
    )


SPEC = FigureSpec(
    name="planted",
    title="What kind of hard is found, and what kind is forgotten",
    caption=(
        "AUROC of every measure of difficulty, of being a PIE and of the share of networks that lose an example, for "
        "examples that were made hard in a known way against examples in which nothing was planted; 0.5 finds nothing. "
        "One panel per regime."
    ),
    reads=("planted",),
    order=310,
    chapter="planted",
    build=build,
)
