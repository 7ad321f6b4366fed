"""Whether the same classes pay when channels are merged and when they are removed, or weights zeroed."""

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, possibly_empty
from lethe.compare.traits import CLUSTERS
from lethe.report.spec import Facts, Headline, SentenceSpec

_MOST = 3  # pairs of methods in a sentence; the table has all


def build(frames: Frames, facts: Facts) -> list[Headline]:  # noqa: ARG001
    """One sentence per regime, at the share of the parameters that most pairs of methods remove."""
    table = possibly_empty(frames, "class_agreement")
    if table.empty:
        return []
    table = pick(table, split=main_split(table))
    merges = (table["method_acts_on"] == CLUSTERS) != (table["against_acts_on"] == CLUSTERS)
    table = table[merges] if merges.any() else table
    counts = table["removed_parameters"].value_counts(sort=False)
    target = float(counts.index[int(counts.argmax())])
    rows = table[table["removed_parameters"] == target]
    sentences = tuple(_sentence(str(regime), own, target) for regime, own in rows.groupby("regime", sort=False))
    return [Headline("Classes", sentences)]


def _sentence(regime: str, own: pd.DataFrame, target: float) -> str:
    """The agreement of every pair, with its interval, beside that of the methods with themselves."""
    told = []
    for _, row in own.head(_MOST).iterrows():
        interval = (
            "no interval"
            if pd.isna(row["agreement_low"])
            else f"{row['agreement_low']:.2f} to {row['agreement_high']:.2f}"
        )
        themselves = f"{row['method_itself']:.2f} and {row['against_itself']:.2f} with themselves"
        told.append(
            f"{row['method']} and {row['against']} {row['agreement']:.2f} (95 % interval {interval}; {themselves})"
        )
    return (
        f"Where {100 * target:g} % of the parameters are removed ({regime}), what classes pay beyond the average is "
        "ranked alike by "
        f"{'; '.join(told)}.".replace("-", "−")
    )


SPEC = SentenceSpec(
    name="families",
    title="Whether the same classes pay",
    reads=("class_agreement",),
    order=350,
    chapter="families",
    build=build,
)
