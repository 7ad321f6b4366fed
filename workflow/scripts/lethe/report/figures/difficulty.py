"""Measures of difficulty: how reliable each is, and how close to the one factor that all have in common."""

import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.report import lines, style
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec

_RELIABILITY, _LOADING = "reliability", "loading on the common factor"
_WORDS = {_RELIABILITY: "rank correlation", _LOADING: "correlation"}


def build(frames: Frames) -> Figure:
    """Two panels of the test images, if there are any: one place per measure, one mark per regime."""
    table = lines.on_main_split(require(frames, "difficulty"))
    order = table.groupby("measure")["reliability"].mean().sort_values(na_position="first").index[::-1]
    parts = [
        table.assign(
            column=_RELIABILITY,
            value=table["reliability"],
            low=table["reliability_least"],
            high=table["reliability_most"],
        ),
        table.assign(column=_LOADING, value=table["loading"], low=float("nan"), high=float("nan")),
    ]
    rows = pd.concat(parts, ignore_index=True).assign(row="")
    rows = rows.assign(line=rows["regime"].astype(str), place=pd.Categorical(rows["measure"], categories=list(order)))
    rows = rows.sort_values("place", kind="stable").assign(place=lambda known: known["place"].astype(str))
    looks = {name: style.Look(look.color, look.marker, "none") for name, look in lines.regime_looks(table).items()}
    size = (4.4, 0.8 + 0.24 * len(order))
    drawing = draw(lines.intervals(rows, looks, along="y"), rows, x=_WORDS, y="measure", share_x=False, size=size)
    for panel in drawing.panels:
        panel.ax.set_xlim(-1.05 if rows["value"].min() < 0 else -0.05, 1.05)
        panel.ax.axvline(0, color=style.GREY, linewidth=0.8, zorder=0)
    style.legend(drawing.figure, looks)
    shares = table.drop_duplicates("regime")
    told = ", ".join(
        f"{100 * share:.0f} % ({regime})" if len(shares) > 1 else f"{100 * share:.0f} %"
        for regime, share in zip(shares["regime"], shares["factor_share"], strict=True)
        if pd.notna(share)
    )
    style.note(drawing.figure, f"Of all measures' ranks the common factor explains {told}." if told else "")
    return drawing.figure


SPEC = FigureSpec(
    name="difficulty",
    title="How reliable measures of difficulty are",
    caption=(
        "Left: rank correlation between the difficulties that two disjoint halves of the seeds give, mean and range "
        "over splits of the seeds. Right: correlation of each measure with the one factor that explains most of all "
        "measures' ranks."
    ),
    reads=("difficulty",),
    order=300,
    chapter="difficulty",
    build=build,
)
