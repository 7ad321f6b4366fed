"""Measures of difficulty: how reliable each is, how close to what all have in common, how close to the vote margin."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lethe.compare.common_factor import common_factor, rank_correlations
from lethe.compare.frames import Frames, require
from lethe.report.spec import TableSpec
from lethe.study.difficulties import title_of

_VOTE_MARGIN = "vote_margin"
_COLUMNS = [
    *("regime", "split", "measure", "kind"),
    *("reliability", "reliability_least", "reliability_most"),
    *("loading", "factor_share", "measures", "with_vote_margin"),
]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, split, measure)."""
    difficulty, reliability = require(frames, "difficulty"), require(frames, "reliability")
    groups = difficulty.groupby(["regime", "split"], sort=False)
    return pd.DataFrame(
        [row for (regime, split), own in groups for row in _rows(own, reliability, str(regime), str(split))]
    )[_COLUMNS]


def _rows(own: pd.DataFrame, reliability: pd.DataFrame, regime: str, split: str) -> Iterator[dict[str, object]]:
    """The measures of one regime on one split, the most reliable first."""
    wide = own.pivot(index="example_id", columns="kind", values="difficulty")
    factor, correlations = common_factor(wide.to_numpy()), rank_correlations(wide.to_numpy())
    kinds = list(wide.columns)
    beside = kinds.index(_VOTE_MARGIN) if _VOTE_MARGIN in kinds else None
    of_splits = reliability[(reliability["regime"] == regime) & (reliability["split"] == split)]
    found = []
    for place, kind in enumerate(kinds):
        known = of_splits.loc[of_splits["kind"] == kind, "reliability"].dropna()
        found.append(
            {
                "regime": regime,
                "split": split,
                "measure": title_of(kind),
                "kind": kind,
                "reliability": known.mean(),
                "reliability_least": known.min(),
                "reliability_most": known.max(),
                "loading": factor.loadings[place],
                "factor_share": factor.share,
                "measures": int(np.isfinite(factor.loadings).sum()),
                "with_vote_margin": np.nan if beside is None else correlations[place, beside],
            }
        )
    yield from sorted(found, key=lambda row: -np.nan_to_num(float(row["reliability"]), nan=-2.0))


SPEC = TableSpec(
    name="difficulty",
    title="Measures of difficulty",
    caption=(
        "One row per measure, of the dense networks of a regime. Reliability is the rank correlation between the "
        "difficulties that two disjoint halves of the seeds give, mean, least and most over up to ten splits of the "
        "seeds: how far other networks would rank images alike. The loading is the correlation with the one factor "
        "that explains most of all measures' ranks, and factor share how much of them it explains; measures that had "
        "nothing in common would have 1 / number of measures. The last column is the rank correlation with the dense "
        "vote margin."
    ),
    reads=("difficulty", "reliability"),
    units={
        "reliability": "number",
        "reliability_least": "number",
        "reliability_most": "number",
        "loading": "number",
        "factor_share": "share",
        "measures": "count",
        "with_vote_margin": "number",
    },
    headings={
        "reliability_least": "least",
        "reliability_most": "most",
        "with_vote_margin": "correlation with vote margin",
    },
    hidden=("kind",),
    said_once=("regime", "split", "measures"),
    order=300,
    chapter="difficulty",
    build=build,
)
