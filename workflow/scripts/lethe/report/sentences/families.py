"""Whether the same classes pay when channels are merged and when they are removed, or weights zeroed."""

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, possibly_empty
from lethe.compare.traits import CLUSTERS
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import decimal

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
        low, high = row["agreement_low"], row["agreement_high"]
        interval = "no interval" if pd.isna(low) else f"95 % interval {decimal(low)} to {decimal(high)}"
        themselves = f"each with itself {decimal(row['method_itself'])} and {decimal(row['against_itself'])}"
        pair = f"{row['method']} and {row['against']}"
        told.append(f"{decimal(row['agreement'])} between {pair} ({interval}; {themselves})")
    return (
        f"Where {100 * target:g} % of the parameters are removed ({regime}), the rank correlation over classes of what "
        f"they pay beyond the average, between halves of the seeds, is {'; '.join(told)}."
    )


SPEC = SentenceSpec(
    name="families",
    title="Whether the same classes pay",
    reads=("class_agreement",),
    order=350,
    chapter="families",
    build=build,
)
