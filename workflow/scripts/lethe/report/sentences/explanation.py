"""How well it is foretold which images are lost, beside the dense vote margin alone."""

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, possibly_empty
from lethe.compare.traits import CONTROLS
from lethe.report.spec import Facts, Headline, SentenceSpec

_MODEL, _BASE = "logistic regression", "vote margin"


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """Two sentences over all cells, on the test images if there are any."""
    table = possibly_empty(frames, "explanation")
    if table.empty:
        return []
    table = pick(table, split=main_split(table))
    table = table[~table["role"].isin(CONTROLS)]
    models, base = (table[table["model"] == name] for name in (_MODEL, _BASE))
    known = models.dropna(subset=["auroc"])
    if known.empty:
        return []
    least, most = known.iloc[known["auroc"].argmin()], known.iloc[known["auroc"].argmax()]
    number = len(known)
    opening = (
        "Which of the images that they get right networks lose under compression is foretold by the difficulties of "
        f"dense networks with an AUROC of {_told(least)} ({_cell(least)}) to {_told(most)} ({_cell(most)}), over "
        f"{number} pair{'s' if number > 1 else ''} of regime and method (logistic regression, images held out)."
    )
    return [Headline("Explanation", (opening, *_gain(known, base)))]


def _gain(models: pd.DataFrame, base: pd.DataFrame) -> tuple[str, ...]:
    """In how many cells the model passes the dense vote margin alone."""
    gains = models.dropna(subset=["gain_low"])
    if gains.empty or base.empty:
        return ()
    better = int((gains["gain_low"] > 0).sum())
    most = gains.iloc[gains["gain"].argmax()]
    chance = 0.025 * len(gains)
    return (
        f"The interval of the gain over the dense vote margin alone lies above 0 in {better} of {len(gains)} (at most "
        f"{chance:.2g} expected by chance if there were none); the largest gain is {most['gain']:+.2f} "
        f"[{most['gain_low']:+.2f}, {most['gain_high']:+.2f}] "
        f"({_cell(most)}), its interval not widened for being that of the largest.".replace("-", "−"),
    )


def _told(row: pd.Series) -> str:
    return f"{row['auroc']:.2f} [{row['auroc_low']:.2f}, {row['auroc_high']:.2f}]"


def _cell(row: pd.Series) -> str:
    return f"{row['regime']}, {row['method']} {row['level']}"


SPEC = SentenceSpec(
    name="explanation",
    title="What foretells that an image is lost",
    reads=("explanation",),
    order=320,
    chapter="explanation",
    build=build,
)
