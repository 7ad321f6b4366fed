"""Which properties of an image foretell that compression loses it: two models, judged on images they were not fitted
to.

What is foretold is whether a network that is right before compression is wrong after it, of those that are right
before: an image that dense networks get wrong cannot be lost. Of r_i networks that are right on image i, n_i lose it
and the others keep it, so that it stands in the data twice, with these weights: the scores are of a single network,
not of a modal label. Explanatory variables are difficulties (`difficulty/kinds`) of dense networks alone.

    odds ratio = exp(b_j), of a logistic regression on standardised variables: the factor by which the odds of being
    lost rise for one standard deviation; `alone` of a regression on that variable only
    importance = fall of the AUROC of boosted trees on held-out images when a variable is permuted

Folds and groups are of images. Intervals of scores are from deleting tenths of the images, one after the other
(jackknife of groups), the predictions for held-out images kept; those of odds ratios from the sandwich estimator, a
cluster an image. Both speak of other images for these networks, not of other seeds.

Source: the question: Iofinova et al. 2023, arXiv:2304.12622; permutation importance: Breiman 2001, Mach. Learn. 45;
jackknife of groups: Tukey; scikit-learn's LogisticRegression and HistGradientBoostingClassifier.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtri

from lethe.measures.losses import Losses
from lethe.pies.jackknife import CONFIDENCE, student_quantile

FOLDS, GROUPS, PERMUTATIONS = 5, 10, 3
NORMAL = float(ndtri((1 + CONFIDENCE) / 2))
VOTE_MARGIN, LOGISTIC, TREES = "vote_margin", "logistic", "boosted_trees"
Row = dict[str, str | float]
Scores = Float[np.ndarray, " examples"]


@dataclass(frozen=True)
class Explained:
    """A cell with its variables: one column each, by name, NaN replaced by the median.

    Attributes:
        folds: of every image; the same for all cells of a study.
        groups: of every image, for intervals.
    """

    variables: Float[np.ndarray, "examples variables"]
    names: tuple[str, ...]
    target: Losses
    folds: Int[np.ndarray, " examples"]
    groups: Int[np.ndarray, " examples"]

    def column(self, name: str) -> Scores:
        """One variable."""
        return self.variables[:, self.names.index(name)]


def filled(difficulties: Mapping[str, Scores]) -> tuple[Float[np.ndarray, "examples variables"], tuple[str, ...]]:
    """Variables as columns by sorted name, without those that are constant or mostly unknown; gaps have the median."""
    kept = {}
    for name, values in sorted(difficulties.items()):
        known = np.isfinite(values)
        if known.mean() > 0.5 and np.ptp(values[known]) > 0:
            kept[name] = np.where(known, values, np.median(values[known]))
    columns = list(kept.values())
    number = len(next(iter(difficulties.values()))) if difficulties else 0
    return (np.stack(columns, axis=1) if columns else np.empty((number, 0))), tuple(kept)


def explain(cell: Explained, others: Sequence[tuple[str, Explained]], generator: np.random.Generator) -> list[Row]:
    """Rows with `model`, `about`, `name`, `value`, `low`, `high`.

    Args: others: cells with the same images, by name, to which the logistic regression is carried over.
    Returns: nothing where no image, or every image, is lost by all networks: there is nothing to foretell.
    """
    if not 0 < cell.target.share < 1 or not cell.names:
        return []
    logistic, trees = _held_out(cell, _logistic), _held_out(cell, _trees)
    scores = {LOGISTIC: _predicted(cell, logistic), TREES: _predicted(cell, trees)}
    if VOTE_MARGIN in cell.names:
        scores = {VOTE_MARGIN: cell.column(VOTE_MARGIN), **scores}
    return [
        *_score_rows(cell, scores),
        *_odds_ratios(cell),
        *_importances(cell, trees, generator),
        *_transfers(cell, logistic, others),
    ]


def _score_rows(cell: Explained, scores: Mapping[str, Scores]) -> Iterator[Row]:
    """Every model's scores, and by how much its AUROC passes that of the dense vote margin alone."""
    for model, found in scores.items():
        for name, score in SCORES.items():
            yield _row(model, "score", name, *_jackknifed(cell, partial(score, found, cell.target)))
        if model != VOTE_MARGIN and VOTE_MARGIN in scores:
            base = scores[VOTE_MARGIN]

            def gain(rows: np.ndarray, found: Scores = found, base: Scores = base) -> float:
                return auroc(found, cell.target, rows) - auroc(base, cell.target, rows)

            yield _row(model, "gain", "auroc", *_jackknifed(cell, gain))


def auroc(scores: Scores, target: Losses, rows: Int[np.ndarray, " rows"]) -> float:
    """Chance that a lost (image, network) scores higher than a kept one, ties half; NaN where one kind is missing."""
    order = np.argsort(scores[rows], kind="stable")
    values, lost, kept = scores[rows][order], target.lost[rows][order], (target.right - target.lost)[rows][order]
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    lost, kept = (np.add.reduceat(counts, starts).astype(np.float64) for counts in (lost, kept))
    total = lost.sum() * kept.sum()
    if total == 0:
        return float("nan")
    below = np.cumsum(kept) - kept
    return float((lost * (below + kept / 2)).sum() / total)


def average_precision(scores: Scores, target: Losses, rows: Int[np.ndarray, " rows"]) -> float:
    """Mean over lost (image, network) pairs of the share of lost ones among all that score as high or higher."""
    order = np.argsort(-scores[rows], kind="stable")
    values, lost, right = scores[rows][order], target.lost[rows][order], target.right[rows][order]
    ends = np.flatnonzero(np.concatenate([values[1:] != values[:-1], [True]]))
    found = np.cumsum(lost)[ends].astype(np.float64)
    if found[-1] == 0:
        return float("nan")
    precision = found / np.maximum(np.cumsum(right)[ends], 1)
    return float((np.diff(found, prepend=0) * precision).sum() / found[-1])


def lift(scores: Scores, target: Losses, rows: Int[np.ndarray, " rows"]) -> float:
    """Share lost among the tenth of the images with the highest scores, by that of all; ties by the order of images."""
    number = max(1, round(len(rows) / 10))
    top = rows[np.argsort(-scores[rows], kind="stable")[:number]]
    part, whole = (target.lost[some].sum() / max(target.right[some].sum(), 1) for some in (top, rows))
    return float(part / whole) if whole else float("nan")


SCORES: dict[str, Callable[[Scores, Losses, np.ndarray], float]] = {
    "auroc": auroc,
    "average_precision": average_precision,
    "lift": lift,
}


def _jackknifed(cell: Explained, statistic: Callable[[np.ndarray], float]) -> tuple[float, float, float]:
    """A statistic with its interval from deleting one group of images after the other."""
    everyone = np.arange(len(cell.groups))
    whole = statistic(everyone)
    without = np.array([statistic(everyone[cell.groups != group]) for group in np.unique(cell.groups)])
    return (whole, *_ends(whole, without))


def _ends(whole: float, without: Float[np.ndarray, " groups"]) -> tuple[float, float]:
    """Interval of a jackknife of groups; NaN where a replicate is not defined or none differs."""
    number = len(without)
    error = np.sqrt((number - 1) / number * ((without - without.mean()) ** 2).sum())
    if not np.isfinite(error) or error == 0:
        return float("nan"), float("nan")
    reach = student_quantile(number - 1) * error
    return float(whole - reach), float(whole + reach)


def _logistic(variables: np.ndarray, is_lost: np.ndarray, weights: np.ndarray) -> Any:
    """A logistic regression on standardised variables, hardly penalised: only against columns that say the same."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    return model.fit(variables, is_lost, logisticregression__sample_weight=weights / weights.mean())


def _trees(variables: np.ndarray, is_lost: np.ndarray, weights: np.ndarray) -> Any:
    """Boosted trees, small ones: images are few.

    32 bins: each of them costs a weighted quantile of every variable, and 255 took three quarters of the whole time.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.1,
        max_leaf_nodes=15,
        min_samples_leaf=20,
        max_bins=32,
        early_stopping=False,
        random_state=0,
    )
    return model.fit(variables, is_lost, sample_weight=weights / weights.mean())


def _held_out(cell: Explained, fit: Callable[[np.ndarray, np.ndarray, np.ndarray], Any]) -> dict[int, Any]:
    """By fold, a model fitted to the images of all others; None where these are all lost or all kept."""
    found = {}
    for fold in np.unique(cell.folds):
        positions, is_lost, weights = _weighted(cell.target, np.flatnonzero(cell.folds != fold))
        one_kind = is_lost.all() or not is_lost.any()
        found[int(fold)] = None if one_kind else fit(cell.variables[positions], is_lost, weights)
    return found


def _weighted(
    target: Losses, rows: Int[np.ndarray, " rows"]
) -> tuple[Int[np.ndarray, " entries"], Bool[np.ndarray, " entries"], Float[np.ndarray, " entries"]]:
    """Positions, whether lost, and weights of the two entries of every image, those of no weight left out."""
    positions = np.concatenate([rows, rows])
    is_lost = np.repeat([True, False], len(rows))
    weights = np.concatenate([target.lost[rows], (target.right - target.lost)[rows]])
    has_weight = weights > 0
    return positions[has_weight], is_lost[has_weight], weights[has_weight].astype(np.float64)


def _predicted(cell: Explained, models: Mapping[int, Any], variables: np.ndarray | None = None) -> Scores:
    """The log odds of being lost of every image, from the model that was not fitted to it."""
    given = cell.variables if variables is None else variables
    scores = np.zeros(len(given))
    for fold, model in models.items():
        own = cell.folds == fold
        if model is not None and own.any():
            scores[own] = model.decision_function(given[own])
    return scores


def _odds_ratios(cell: Explained) -> Iterator[Row]:
    """Of every variable among all others, and alone."""
    standard = (cell.variables - cell.variables.mean(axis=0)) / cell.variables.std(axis=0)
    together = regression(standard, cell.target)
    alone = [regression(standard[:, [column]], cell.target) for column in range(len(cell.names))]
    for column, name in enumerate(cell.names):
        yield _odds_row("odds_ratio", name, together[0][column], together[1][column])
    for name, (coefficients, errors) in zip(cell.names, alone, strict=True):
        yield _odds_row("odds_ratio_alone", name, coefficients[0], errors[0])


def _odds_row(about: str, name: str, coefficient: float, error: float) -> Row:
    """A coefficient and its standard error as an odds ratio with its interval."""
    reach = NORMAL * error
    ends = np.exp([coefficient, coefficient - reach, coefficient + reach])
    return _row(LOGISTIC, about, name, *(float(end) for end in ends))


def regression(
    variables: Float[np.ndarray, "examples variables"], target: Losses
) -> tuple[Float[np.ndarray, " variables"], Float[np.ndarray, " variables"]]:
    """Coefficients of standardised variables, and standard errors that hold though an image stands there often.

    With p_i the fitted probability, x_i the variables and 1, and R the penalty: V = H^-1 S H^-1 of
    H = sum_i r_i p_i (1 - p_i) x_i x_i' + R and S = sum_i (n_i - r_i p_i)^2 x_i x_i'.

    Source: Liang and Zeger 1986, Biometrika 73, the sandwich, a cluster an image.
    """
    from sklearn.linear_model import LogisticRegression

    positions, is_lost, weights = _weighted(target, np.arange(len(variables)))
    scale = weights.mean()
    model = LogisticRegression(C=1.0, max_iter=1000).fit(variables[positions], is_lost, weights / scale)
    extended = np.column_stack([variables, np.ones(len(variables))])
    p = model.predict_proba(variables)[:, 1]
    penalty = np.diag([scale] * variables.shape[1] + [0.0])
    hessian = (extended * (target.right * p * (1 - p))[:, None]).T @ extended + penalty
    scores = extended * (target.lost - target.right * p)[:, None]
    bread = np.linalg.pinv(hessian)
    errors = np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread).clip(min=0))
    return np.asarray(model.coef_[0]), errors[:-1]


def _importances(cell: Explained, trees: Mapping[int, Any], generator: np.random.Generator) -> Iterator[Row]:
    """By how much the AUROC on held-out images falls when a variable is permuted among them."""
    everyone = np.arange(len(cell.folds))
    whole = auroc(_predicted(cell, trees), cell.target, everyone)
    for column, name in enumerate(cell.names):
        falls = []
        for _ in range(PERMUTATIONS):
            changed = cell.variables.copy()
            for fold in trees:
                own = np.flatnonzero(cell.folds == fold)
                changed[own, column] = changed[generator.permutation(own), column]
            falls.append(whole - auroc(_predicted(cell, trees, changed), cell.target, everyone))
        yield _row(TREES, "importance", name, float(np.mean(falls)), min(falls), max(falls))


def _transfers(cell: Explained, models: Mapping[int, Any], others: Sequence[tuple[str, Explained]]) -> Iterator[Row]:
    """How well the logistic regression of this cell foretells what another cell loses, on images it was not fitted
    to."""
    for name, other in others:
        if other.names != cell.names or not 0 < other.target.share < 1:
            continue
        scores = _predicted(cell, models, other.variables)
        yield _row(LOGISTIC, "transfer", name, *_jackknifed(other, partial(auroc, scores, other.target)))


def _row(model: str, about: str, name: str, value: float, low: float, high: float) -> Row:
    return {"model": model, "about": about, "name": name, "value": value, "low": low, "high": high}
