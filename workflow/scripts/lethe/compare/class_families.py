"""Which classes pay under which method where all remove the same share of the parameters, and whether it is the same
ones.

Delta_c(k) = change of the recall of class c minus the change of accuracy, for seed k, both against networks treated
alike (see `compare.class_contrasts`). Agreement of two methods = rank correlation over classes of the mean of
Delta_c over the seeds of one half under one method with that over the other half under the other, mean over splits
of the seeds into halves and both orders. Halves share no seed: networks of one seed have one dense network, whose
mistakes both methods inherit. Beside it the agreement of either method with itself, which is how far half of the
seeds can tell.

Source: the question; split halves as for the reliability of difficulties.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import rankdata

from lethe.compare.class_contrasts import Changes, changes_at, method_rows
from lethe.compare.contrasts import TARGETS, TREATMENT, Reached, reached, treatments
from lethe.compare.traits import METHOD
from lethe.pies.class_impact import paired_p
from lethe.pies.jackknife import CHANGE, Jackknifed, ratio, with_ends
from lethe.pies.multiple_tests import adjust

_NAMES = ["regime", "split", *TREATMENT, "removed_parameters"]
CHANGE_COLUMNS = [
    *_NAMES,
    *("method", "role", "label"),
    *with_ends("normalised_change"),
    *("p_paired", "reading", "q"),
]
AGREEMENT_COLUMNS = [
    *_NAMES,
    "method",
    "against",
    "method_acts_on",
    "against_acts_on",
    "classes",
    *with_ends("agreement", "method_itself", "against_itself"),
]
# Splits of the seeds into halves that are used, where there are more.
_MOST_HALVES = 20
_FEWEST_CLASSES = 3
Row = dict[str, str | float | int]


def class_changes(recalls: pd.DataFrame, seeds: pd.DataFrame, shares: pd.DataFrame, cost: pd.DataFrame) -> pd.DataFrame:
    """One row per (regime, split, treatment, target, method, class), the columns of CHANGE_COLUMNS; controls have no
    q."""
    found = [
        {**told, "method": method.method, "role": method.role, **row, "reading": method.reading}
        for told, methods in _at_targets(recalls, seeds, shares, cost)
        for method, changes in methods
        for row in _rows(changes)
    ]
    table = pd.DataFrame(found, columns=CHANGE_COLUMNS[:-1])
    claimed = table["p_paired"].where(table["role"] == METHOD)
    return table.assign(q=adjust(claimed.to_numpy(float)))


def class_agreement(
    recalls: pd.DataFrame, seeds: pd.DataFrame, shares: pd.DataFrame, cost: pd.DataFrame
) -> pd.DataFrame:
    """One row per (regime, split, treatment, target, pair of methods), the columns of AGREEMENT_COLUMNS."""
    acts_on: dict[str, str] = dict(seeds[["method", "acts_on"]].drop_duplicates().itertuples(index=False))
    rows: list[Row] = []
    for told, methods in _at_targets(recalls, seeds, shares, cost):
        claimed = [(method, changes) for method, changes in methods if method.role == METHOD]
        for (one, of_one), (other, of_other) in combinations(claimed, 2):
            rows.append(
                {
                    **told,
                    "method": one.method,
                    "against": other.method,
                    "method_acts_on": acts_on[one.method],
                    "against_acts_on": acts_on[other.method],
                    "classes": of_one.shape[1],
                    **agreement(of_one, of_other).interval(CHANGE).columns("agreement"),
                    **agreement(of_one, of_one).interval(CHANGE).columns("method_itself"),
                    **agreement(of_other, of_other).interval(CHANGE).columns("against_itself"),
                }
            )
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)


def agreement(one: Changes, other: Changes) -> Jackknifed:
    """Of two methods, or of a method with itself, with all seeds and without each; NaN with fewer than 3 classes."""
    number, classes = one.shape
    halves = _halves(number)
    if classes < _FEWEST_CLASSES or not halves:
        return Jackknifed(np.full(number + 1, np.nan))
    values = np.full((number + 1, 2 * len(halves)), np.nan)
    for column, (a, b) in enumerate(halves):
        for variant in range(number + 1):
            first, second = (np.array([k for k in half if k != variant - 1]) for half in (a, b))
            if len(first) and len(second):
                for order, (x, y) in enumerate(((first, second), (second, first))):
                    values[variant, 2 * column + order] = _rank_correlation(one[x].mean(axis=0), other[y].mean(axis=0))
    known = np.isfinite(values)
    return Jackknifed(ratio(np.nan_to_num(values).sum(axis=1), known.sum(axis=1)))


def _halves(number: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Splits of the seeds into halves, all or evenly chosen among all; of an odd number one half has a seed more."""
    size = number // 2
    if size == 0:
        return []
    everyone = set(range(number))
    # An even number has every split twice, once from either half: the first seed stands in the first.
    firsts = [half for half in combinations(range(number), size) if number % 2 or 0 in half]
    step = max(1, len(firsts) // _MOST_HALVES)
    return [(half, tuple(sorted(everyone - set(half)))) for half in firsts[::step][:_MOST_HALVES]]


def _rank_correlation(one: Float[np.ndarray, " classes"], other: Float[np.ndarray, " classes"]) -> float:
    """Spearman's, over classes that both have; NaN where one side is constant."""
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < _FEWEST_CLASSES:
        return float("nan")
    ranks = [rankdata(values[known]) for values in (one, other)]
    centred = [values - values.mean() for values in ranks]
    lengths = [float(np.sqrt(values @ values)) for values in centred]
    return float(centred[0] @ centred[1] / (lengths[0] * lengths[1])) if all(lengths) else float("nan")


def _at_targets(
    recalls: pd.DataFrame, seeds: pd.DataFrame, shares: pd.DataFrame, cost: pd.DataFrame
) -> Iterator[tuple[Row, list[tuple[Reached, Changes]]]]:
    """By regime, split, treatment and target: the methods that remove as much, and what they do to every class."""
    rows, references = method_rows(seeds, shares, cost)
    for (regime, split), part in rows.groupby(["regime", "split"], sort=False):
        own = recalls[(recalls["regime"] == regime) & (recalls["split"] == split)]
        if own.empty:  # recalls are read on fewer splits
            continue
        for target in TARGETS:
            methods = list(reached(part, references, target))
            for treatment in treatments(part):
                alike = [one for one in methods if all(getattr(one, name) == treatment[name] for name in TREATMENT)]
                told: Row = {"regime": str(regime), "split": str(split), **treatment, "removed_parameters": target}
                yield told, [(method, changes_at(part, own, method, target)) for method in alike]


def _rows(changes: Changes) -> Iterator[Row]:
    """One row per class."""
    for label, p in enumerate(paired_p(changes)):
        interval = Jackknifed.mean_of(changes[:, label]).interval((2 * CHANGE[0], 2 * CHANGE[1]))
        yield {"label": label, **interval.columns("normalised_change"), "p_paired": float(p)}
