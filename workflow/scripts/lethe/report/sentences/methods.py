"""What every method costs: up to which level accuracy is kept, which images it loses, which class loses most."""

import math

import pandas as pd

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import Frames, require
from lethe.compare.level import Level
from lethe.compare.traits import PAIRED, UNTREATED, is_control
from lethe.compare.verdict import (
    MOVED,
    SCATTERED,
    SHIFT,
    SIGNIFICANT,
    SPREAD,
    UNCLEAR,
    UNMEASURED,
    harshest_level,
    knee_level,
    mildest_level,
    telling_level,
)
from lethe.pies.power import POWER
from lethe.report.spec import Facts, Headline, SentenceSpec
from lethe.report.spoken import between, interval, percent, points, probability, size

_FOUND = round(100 * POWER)  # in per cent


def build(frames: Frames, facts: Facts) -> list[Headline]:
    """One headline per regime and method, on the test images if there are any."""
    split = main_split(require(frames, "accuracy"))
    chosen = {name: pick(require(frames, name), split=split) for name in ("accuracy", "pies", "classes")}
    groups = chosen["accuracy"][["regime", "method"]].drop_duplicates()
    found = []
    for regime, method in groups.itertuples(index=False):
        rows = {name: pick(table, regime=regime, method=method) for name, table in chosen.items()}
        subject = f"{method}, {regime}" if groups["regime"].nunique() > 1 else str(method)
        found.append(Headline(subject, _method(rows, facts)))
    return found


def _method(rows: Frames, facts: Facts) -> tuple[str, ...]:
    """The knee and what happens there; lost and gained images at the mildest level shown to change any; classes."""
    accuracy, pies = rows["accuracy"], rows["pies"]
    knee, telling = knee_level(accuracy), telling_level(pies)
    sentences = [_knee(accuracy, knee)]
    if knee:
        sentences.append(_change(_at(pies, knee)))
    if telling is None:
        sentences.append(_never(pies))
    else:
        row = _at(pies, telling)
        sentences.append(_kinds(row, telling != knee))
        if telling != knee:
            sentences.append(f"There {_verdict(row)}.")
    # Nobody asks which class a random control costs, and none of its tests is in the family that q is of.
    is_claimed = not is_control(accuracy).any()
    told = dict.fromkeys([knee or mildest_level(accuracy), harshest_level(accuracy)] if is_claimed else [])
    classes = [
        _classes(pick(rows["classes"], level=level), f"At {_phrase(_at(accuracy, level))}", facts) for level in told
    ]
    return (*sentences, *classes)


def _at(rows: pd.DataFrame, level: str) -> pd.Series:
    return pick(rows, level=level).iloc[0]


def _phrase(row: pd.Series) -> str:
    return Level(row["level"], row["level_kind"]).phrase


def _knee(accuracy: pd.DataFrame, knee: str | None) -> str:
    """Up to which level accuracy is kept, or what the mildest level does to it."""
    if knee:
        row = _at(accuracy, knee)
        return (
            f"The estimated fall of mean accuracy against the reference is at most one point up to {_phrase(row)}: "
            f"{percent(row['compressed_accuracy'])}, {_with_interval(row, 'accuracy_change')}."
        )
    row = _at(accuracy, mildest_level(accuracy))
    if math.isnan(row["accuracy_change"]):
        return f"The change of accuracy at {_phrase(row)} could not be measured."
    return (
        f"At no level tried is the estimated fall of mean accuracy against the reference at most one point; at the "
        f"mildest, {_phrase(row)}, accuracy changes by {_with_interval(row, 'accuracy_change')}."
    )


def _with_interval(row: pd.Series, name: str) -> str:
    return interval(points(row[name]), row[f"{name}_low"], row[f"{name}_high"])


def _change(row: pd.Series) -> str:
    """PIEs at the knee, whether predictions are shown to change, and how."""
    count = f"There {_pies(row)} ({percent(row['pie_share'])})"
    if math.isnan(row["pie_share"]):
        count = "There the PIE share could not be measured"
    return f"{count}; {_verdict(row)}."


def _moral(row: pd.Series) -> str:
    """What must not be made of PIEs where no change is shown; they compare with networks that were not treated."""
    by = "" if row["treatment"] in UNTREATED else ", which seeds and the treatment alone may have changed"
    return f": no meaning should be read into these images{by}"


def _pies(row: pd.Series) -> str:
    count = row["pies"]
    return f"{count or 'none'} of {row['examples']} images {'is a PIE' if count < 2 else 'are PIEs'}"


def _test(row: pd.Series) -> str:
    """What a cell's networks and the references are exchanged in: within seeds, or all of them."""
    return "swap test" if row["pairing"] == PAIRED else "permutation test"


def _verdict(row: pd.Series) -> str:
    """The test of any change, and the part of the added disagreement that is shown."""
    if row["verdict"] == UNMEASURED:
        return "whether predictions change could not be tested"
    p = f"{_test(row)}, {probability(row['p_swap'])}"
    if row["verdict"] == UNCLEAR:
        moral = _moral(row) if row["pies"] > 0 else ""
        if row["smallest_p_swap"] > SIGNIFICANT:
            few = f"{row['models']} networks cannot show it, as their smallest p is {row['smallest_p_swap']:.2g}"
            return f"that labels move is not shown ({few}){moral}"
        shift, found = row["detectable_shift"], ""
        if not math.isnan(shift):
            found = f"; at best it finds a shift of {size(shift)} between single networks in {_FOUND} of 100 studies"
        return f"that labels move is not shown ({p}{found}){moral}"
    shift, spread = (_with_interval(row, name) for name in (SHIFT, SPREAD))
    shift = f"{shift} {between(float(row['population']))}"
    if row["verdict"] == MOVED:
        return f"predictions change ({p}), and labels move away from the reference's: the shift is {shift}"
    if row["verdict"] == SCATTERED:
        return (
            f"predictions change ({p}), and compressed networks agree less among themselves: the spread is {spread}; "
            f"a shift common to all is not shown: it is {shift}"
        )
    return f"predictions change ({p}); whether labels move or scatter is not shown: shift {shift}, spread {spread}"


def _kinds(row: pd.Series, elsewhere: bool) -> str:
    """Lost, gained and swapped images; `elsewhere` than at the knee, whose PIEs were told already."""
    where = f"At {_phrase(row)}" + (", the mildest level shown to change predictions," if elsewhere else "")
    shares = [row["lost_share"], row["gained_share"], row["swapped_share"]]
    if any(math.isnan(share) for share in shares):
        return f"{where} lost and gained images could not be measured."
    lost, gained, swapped = (percent(share) for share in shares)
    total = f" ({_pies(row)})" if elsewhere else ""
    return f"{where} {lost} of the images are lost, {gained} gained and {swapped} swapped{total}; {_reliable(row)}."


def _reliable(row: pd.Series) -> str:
    """Images that are lost or gained by their own test, PIE or not."""
    lost, could = row["reliably_lost"], row["could_be_found"]
    if not could:
        return "no single image changes in enough networks for a test of its own to show it"
    return (
        f"by their own tests (false discovery rate at most 5 %) {lost or 'none'} {'is' if lost == 1 else 'are'} "
        f"reliably lost and {row['reliably_gained'] or 'none'} reliably gained, of {could} "
        f"image{'' if could == 1 else 's'} on which it could be shown"
    )


def _never(pies: pd.DataFrame) -> str:
    """That no level is shown to change predictions: by which tests, or why none could show it."""
    if (pies["verdict"] == UNMEASURED).all():
        return "Whether any level changes predictions could not be tested."
    tested = pies[pies["p_swap"].notna()]
    smallest, bound = tested["p_swap"].min(), tested["smallest_p_swap"].min()
    if bound > SIGNIFICANT:
        few = f"{tested['models'].max()} networks cannot show it, as their smallest p is {bound:.2g}"
        return f"That labels move is shown at no level tried: {few}."
    levels = "the one level" if len(tested) == 1 else f"any of {len(tested)} levels"
    p = f"{'' if len(tested) == 1 else 'smallest '}{probability(smallest)}"
    return f"That labels move is not shown at {levels} tried ({_test(tested.iloc[0])}, {p})."


def _classes(rows: pd.DataFrame, where: str, facts: Facts) -> str:
    """The class that loses most at a level, or that none is shown to lose more than the average."""
    if rows["q"].isna().all():
        return f"{where} the classes' recall could not be tested."
    losing = rows[rows["normalised_change"] < 0]
    paying = losing[losing["q"] <= SIGNIFICANT]
    if losing["q"].isna().all():
        return f"{where} no class is shown to lose more than the average: those that lost more could not be tested."
    if paying.empty:
        smallest = f"smallest q of those that lost more: {losing['q'].min():.2g}"
        return f"{where} no class is shown to lose more than the average ({smallest})."
    worst = paying.sort_values("normalised_change", kind="stable").iloc[0]
    name = facts.class_names.get(int(worst["label"]), str(worst["label"]))
    q = probability(worst["q"], "q")
    shown = f", of the {len(paying)} classes shown to lose more than the average, class {name} loses most"
    if len(paying) == 1:
        shown = f" class {name} alone is shown to lose more than the average"
    beyond = _with_interval(worst, "normalised_change")
    return (
        f"{where}{shown}: its recall changes by {points(worst['recall_change'])}, which is {beyond} beyond the change "
        f"of accuracy ({q})."
    )


SPEC = SentenceSpec(
    name="methods", title="What each method forgets", reads=("accuracy", "pies", "classes"), order=30, build=build
)
