"""Whether methods and regimes lose the same images: the claim that PIEs are unique to training and pruning."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, possibly_empty
from lethe.compare.traits import CONTROLS
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import decimal

_SIDES = ("one", "against")


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """A sentence per kind of pair: methods of one regime, regimes under one method."""
    table = possibly_empty(frames, "overlap")
    if table.empty:
        return []
    table = pick(table, split=main_split(table))
    rows = table[(table["set"] == "pie") & (table["split"] == table["against_split"])]
    rows = rows[~rows["one_role"].isin(CONTROLS) & ~rows["against_role"].isin(CONTROLS)]
    same = {what: rows[f"one_{what}"] == rows[f"against_{what}"] for what in ("regime", "method")}
    pairs = {
        "two methods of one regime": rows[same["regime"] & ~same["method"]],
        "one method in two regimes": rows[~same["regime"] & same["method"]],
    }
    sentences = tuple(filter(None, (_sentence(words, own) for words, own in pairs.items())))
    return [Headline("Overlap", sentences)] if sentences else []


def _sentence(words: str, own: pd.DataFrame) -> str:
    """How much pairs have in common, and of how many that is shown."""
    known = own.dropna(subset=["shared_low"])
    if own.empty:
        return ""
    if known.empty:
        return (
            f"What PIEs of {words} have in common could not be measured: of no two it is shown that other seeds would "
            "make the same images their PIEs again."
        )
    lacking = len(own) - len(known)
    more = (
        f"; {lacking} further pair{'s' if lacking > 1 else ''} could not be measured, as PIEs of one of the two are "
        "not shown to come again with other seeds"
        if lacking
        else ""
    )
    scale = "0: no more than chance among equally hard images, 1: the same images as far as other seeds lose them again"
    if len(known) == 1:
        (row,) = known.to_dict("records")
        return (
            f"PIEs of {words} are shared by {decimal(row['shared'])} (95 % interval {decimal(row['shared_low'])} to "
            f"{decimal(row['shared_high'])}; {scale}) in the one pair that could be measured: {_cell(row, 'one')} and "
            f"{_cell(row, 'against')}{more}."
        )
    above = int((known["shared_low"] > 0).sum())
    below = int((known["shared_high"] < 1).sum())
    chance = 0.025 * len(known)
    return (
        f"PIEs of {words} are shared by {decimal(known['shared'].median())} (median of {len(known)} pairs; {scale}); "
        f"in {above} of them the interval lies above 0, in {below} below 1 (at most {chance:.2g} each expected by "
        f"chance){more}."
    )


def _cell(row: Mapping[Hashable, Any], side: str) -> str:
    return f"{row[f'{side}_method']} at {row[f'{side}_level']} ({row[f'{side}_regime']})"


SPEC = SentenceSpec(
    name="overlap",
    title="Whether the same images are lost",
    reads=("overlap",),
    order=330,
    chapter="overlap",
    build=build,
)
