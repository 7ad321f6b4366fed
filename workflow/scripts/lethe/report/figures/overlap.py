"""Whether methods and regimes lose the same images: what two have in common, beyond chance, over what each has with
itself."""

import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, possibly_empty
from lethe.report import heat, lines, style
from lethe.report.spec import FigureSpec

_PIE = "pie"


def build(frames: Frames) -> Figure:
    """One square per pair of cells, cells in the order of a clustering."""
    table = possibly_empty(frames, "overlap")
    if table.empty:
        return style.nothing("There is no compressed cell to compare.")
    table = lines.on_main_split(table)
    rows = table[(table["set"] == _PIE) & (table["split"] == table["against_split"])]
    has_regimes = rows["one_regime"].nunique() > 1
    sides = [_names(rows, side, has_regimes=has_regimes) for side in ("one", "against")]
    pairs = pd.DataFrame({"one": sides[0], "against": sides[1], "shared": rows["shared"].to_numpy()})
    mirrored = pairs.rename(columns={"one": "against", "against": "one"})
    both = pd.concat([pairs, mirrored]).drop_duplicates(["one", "against"])
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    wide = both.pivot(index="one", columns="against", values="shared").reindex(index=names, columns=names)
    return heat.matrices(
        {"": heat.clustered(wide)},
        low=-1.0,
        middle=0.0,
        high=1.0,
        axes_words=("second cell", "first cell"),
        words="1: the same images, as far as other seeds lose them again; 0: no more than chance among equally hard "
        "images. "
        "White: a cell is not shown to lose the same images again itself.",
    )


def _names(rows: pd.DataFrame, side: str, *, has_regimes: bool) -> list[str]:
    """Method and level, behind the regime where there are several."""
    cells = zip(rows[f"{side}_regime"], rows[f"{side}_method"], rows[f"{side}_level"], strict=True)
    return [f"{regime} / {method} {level}" if has_regimes else f"{method} {level}" for regime, method, level in cells]


SPEC = FigureSpec(
    name="overlap",
    title="Whether the same images are lost",
    caption=(
        "PIEs that two cells have in common beyond chance within tenths of the images by the dense vote margin, over "
        "what each cell has in common with itself, all between populations that share no seed; each method at one "
        "level. Cells are in the order of an average-linkage clustering. The table has the intervals, which are wide "
        "where PIEs are few."
    ),
    reads=("overlap",),
    order=330,
    chapter="overlap",
    build=build,
)
