"""Accuracy on PIEs of the clean images and on the others, clean and corrupted, see `pies.sensitivity`."""

import pandas as pd

from lethe.compare.cells import CELL
from lethe.compare.frames import SHOWN_TRAITS, Frames, possibly_empty
from lethe.pies.jackknife import with_ends
from lethe.pies.sensitivity import PLACES, SIDES
from lethe.report.spec import TableSpec

_COLUMNS = [
    *(*CELL, *SHOWN_TRAITS, "images", "scored", "pie_share"),
    *with_ends(*(f"on_{place}" for place in PLACES), "gap"),
]


def build(frames: Frames) -> pd.DataFrame:
    """Two rows per (cell, images): dense and compressed networks; no row in a study without test images."""
    table = possibly_empty(frames, "sensitivity")
    if table.empty:
        return pd.DataFrame(columns=_COLUMNS).astype({"regime": str})
    parts = []
    for side in SIDES:
        names = {name: name.removeprefix(f"{side}_") for name in table.columns if name.startswith(f"{side}_")}
        parts.append(table.rename(columns=names).assign(scored=side, place=range(len(table))))
    return pd.concat(parts).sort_values("place", kind="stable")[_COLUMNS].reset_index(drop=True)


SPEC = TableSpec(
    name="sensitivity",
    title="Accuracy on PIEs, clean and corrupted",
    caption=(
        "Two rows per cell and set of images: dense and compressed networks. PIEs are chosen on the clean test images "
        "by all seeds but one, which is scored on the same images as they are and corrupted. Gap: accuracy on the "
        "other images minus that on PIEs, in points. Brackets: 95 % jackknife interval over seeds."
    ),
    reads=("sensitivity",),
    units={"on_pies": "share", "on_others": "share", "gap": "points"},
    headings={"scored": "networks scored", "on_pies": "accuracy on PIEs", "on_others": "accuracy on the others"},
    order=370,
    chapter="sensitivity",
    build=build,
)
