"""Sentences on hand-made numbers: they say what the numbers say, and no more."""

import re

import numpy as np
import pandas as pd
import pytest

from lethe.compare.verdict import CHANGED, MOVED, SCATTERED, UNCLEAR, UNMEASURED, knee_level
from lethe.report.headlines import as_text, headlines
from lethe.report.spec import Facts

FACTS = Facts("digits", "digits", 10, {0: "zero", 1: "one"})


def hand_made(**changes: dict[str, object]) -> dict[str, pd.DataFrame]:
    """One method at 50 %, harmless and noise, and at 90 %, ruinous."""
    cell = {"regime": "supervised", "method": "fold", "level": ["0.50", "0.90"], "split": "test"}
    kind = {"level_kind": "channel_sparsity", "acts_on": "clusters", "role": "method"}
    accuracy = {
        "dense_accuracy": 0.983,
        "dense_accuracy_low": 0.98,
        "dense_accuracy_high": 0.986,
        "compressed_accuracy": [0.98, 0.7],
        "accuracy_change": [-0.003, -0.283],
        "accuracy_change_low": [-0.006, -0.3],
        "accuracy_change_high": [0.0, -0.266],
    }
    pies = {
        "examples": 900,
        "pies": [3, 270],
        "pie_share": [3 / 900, 0.3],
        "treatment": "raw",
        "population": 3,
        "shift_from_reference": [0.0005, 0.26],
        "shift_from_reference_low": [-0.001, 0.24],
        "shift_from_reference_high": [0.002, 0.28],
        "spread_from_reference": [0.0, 0.03],
        "spread_from_reference_low": [-0.001, 0.02],
        "spread_from_reference_high": [0.001, 0.04],
        "verdict": [UNCLEAR, MOVED],
        "models": 10,
        "p_swap": [0.3, 0.002],
        "smallest_p_swap": 0.002,
        "pairing": "paired",
        "detectable_shift": 0.0123,
        "reliably_lost": [0, 31],
        "reliably_gained": [0, 2],
        "could_be_found": [4, 120],
        "lost_share": [0.002, 0.29],
        "gained_share": [0.001, 0.004],
        "swapped_share": [0.0003, 0.006],
    }
    classes = pd.DataFrame(
        {
            **{name: [value] * 4 for name, value in cell.items() if name != "level"},
            "level": ["0.50", "0.50", "0.90", "0.90"],
            "label": [0, 1, 0, 1],
            "recall_change": [0.0, -0.006, -0.1, -0.46],
            "normalised_change": [0.003, -0.003, 0.18, -0.18],
            "normalised_change_low": [0.0, -0.006, 0.1, -0.26],
            "normalised_change_high": [0.006, 0.0, 0.26, -0.1],
            "q": [0.6, 0.4, 0.0004, 0.002],
        }
    ).assign(**changes.get("classes", {}))
    return {
        "accuracy": pd.DataFrame(cell | kind | accuracy | changes.get("accuracy", {})),
        "pies": pd.DataFrame(cell | kind | pies | changes.get("pies", {})),
        "classes": classes,
    }


def text(**changes: dict[str, object]) -> str:
    return re.sub(r"\s+", " ", as_text(headlines(hand_made(**changes), FACTS)))


def test_says_what_was_trained() -> None:
    found = text()
    assert "10 dense networks (supervised) were trained on digits" in found
    assert "98.3 % (95 % interval 98.0 % to 98.6 %)" in found


def test_noise_at_the_knee_is_called_noise() -> None:
    found = text()
    assert (
        "The estimated fall of mean accuracy against the reference is at most one point up to 50 % of channels "
        "removed: 98.0 %, −0.3 points (95 % interval −0.6 to 0.0)."
    ) in found
    assert "There 3 of 900 images are PIEs (0.33 %); " in found
    assert (
        "that labels move is not shown (swap test, p = 0.3; at best it finds a shift of 1.2 points between single "
        "networks in 80 of 100 studies): no meaning should be read into these images."
    ) in found


def test_where_networks_were_treated_seeds_and_treatment_may_have_made_the_pies() -> None:
    found = text(pies={"treatment": "recalibrated"})
    assert "no meaning should be read into these images, which seeds and the treatment alone may have changed." in found


def test_networks_of_training_runs_of_their_own_have_a_permutation_test() -> None:
    found = text(pies={"pairing": "independent", "p_swap": [0.3, 0.2], "verdict": UNCLEAR})
    assert "that labels move is not shown (permutation test, p = 0.3; at best it finds" in found
    assert "That labels move is not shown at any of 2 levels tried (permutation test, smallest p = 0.2)." in found


def test_too_few_networks_are_said_to_be_unable_to_show_a_change() -> None:
    found = text(pies={"models": 5, "smallest_p_swap": 0.0625, "p_swap": [0.0625, 0.0625], "verdict": UNCLEAR})
    assert "that labels move is not shown (5 networks cannot show it, as their smallest p is 0.062)" in found
    assert "That labels move is shown at no level tried: 5 networks cannot show it" in found


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (MOVED, "(swap test, p = 0.01), and labels move away from the reference's: the shift is +0.1 points (95 % "),
        (SCATTERED, "(swap test, p = 0.01), and compressed networks agree less among themselves: the spread is 0.0 "),
        (CHANGED, "(swap test, p = 0.01); whether labels move or scatter is not shown: shift +0.1 points (95 % "),
    ],
)
def test_a_change_is_told_with_its_kind(verdict: str, expected: str) -> None:
    found = text(pies={"verdict": [verdict, MOVED], "p_swap": [0.01, 0.002], "shift_from_reference": [0.001, 0.26]})
    assert f"predictions change {expected}" in found
    assert "between populations of 3 networks" in found and "no meaning" not in found


def test_at_another_level_than_the_knee_the_verdict_is_told_with_its_interval() -> None:
    assert (
        "There predictions change (swap test, p = 0.002), and labels move away from the reference's: the shift is "
        "+26.0 points (95 % interval +24.0 to +28.0) between populations of 3 networks."
    ) in text()


def test_lost_and_gained_at_the_telling_level_and_who_loses_most() -> None:
    found = text()
    assert (
        "At 90 % of channels removed, the mildest level shown to change predictions, 29.0 % of the images are lost"
        in found
    )
    assert (
        "by their own tests (false discovery rate at most 5 %) 31 are reliably lost and 2 reliably gained, of "
        "120 images on which it could be shown."
    ) in found
    assert (
        "class one alone is shown to lose more than the average: its recall changes by −46.0 points, which is −18.0 "
        "points (95 % interval −26.0 to −10.0) beyond the change of accuracy"
    ) in found
    assert "(q = 0.002)" in found and "class zero" not in found


def test_real_pies_at_the_knee_are_not_called_noise() -> None:
    found = text(pies={"verdict": [MOVED, MOVED], "shift_from_reference_low": [0.0001, 0.24]})
    assert "no meaning" not in found
    assert "At 50 % of channels removed 0.20 % of the images are lost" in found


def test_no_claim_without_significance_or_above_noise() -> None:
    found = text(classes={"q": [0.6, 0.4, 0.7, 0.2]}, pies={"verdict": [UNCLEAR, UNCLEAR]})
    assert "class one" not in found
    assert "That labels move is not shown at any of 2 levels tried (swap test, smallest p = 0.002)." in found
    assert "no class is shown to lose more than the average (smallest q of those that lost more: 0.4)" in found


def test_classes_are_told_at_the_knee_and_at_the_harshest_level() -> None:
    found = text()
    assert "At 50 % of channels removed no class is shown to lose more than the average (smallest q" in found
    assert "At 90 % of channels removed class one alone is shown" in found
    both = text(classes={"normalised_change": [0.0, -0.003, -0.1, -0.18], "q": [0.6, 0.4, 0.01, 0.002]})
    assert "At 90 % of channels removed, of the 2 classes shown to lose more than the average, class one " in both


def test_nobody_is_told_which_class_a_random_control_costs() -> None:
    found = text(accuracy={"role": "random control"})
    assert "class" not in found and "31 are reliably lost" in found


def test_where_no_single_image_could_be_found_none_is_counted() -> None:
    found = text(pies={"could_be_found": 0})
    assert "no single image changes in enough networks for a test of its own to show it." in found
    assert "reliably" not in found


def test_a_class_that_gains_does_not_lose() -> None:
    assert "shown to lose more than the average:" not in text(classes={"q": [0.6, 0.4, 0.001, 0.2]})


def test_no_level_within_a_point_is_said() -> None:
    found = text(accuracy={"accuracy_change": [-0.02, -0.283]})
    assert "At no level tried is the estimated fall of mean accuracy against the reference at most one point; " in found
    assert "at the mildest, 50 % of channels removed, accuracy changes by −2.0 points (95 % interval " in found


NAN = float("nan")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"accuracy": {"dense_accuracy": NAN}}, "Dense accuracy on the test images could not be measured"),
        ({"accuracy": {"dense_accuracy_low": NAN}}, "is 98.3 %."),
        (
            {"accuracy": {"accuracy_change": NAN}},
            "The change of accuracy at 50 % of channels removed could not be measured",
        ),
        ({"pies": {"verdict": UNMEASURED, "p_swap": NAN}}, "whether predictions change could not be tested"),
        ({"pies": {"pie_share": NAN}}, "the PIE share could not be measured"),
        ({"pies": {"lost_share": NAN}}, "lost and gained images could not be measured"),
        ({"classes": {"q": np.nan}}, "the classes' recall could not be tested"),
    ],
)
def test_a_missing_number_is_said_in_words(changes: dict[str, dict[str, object]], expected: str) -> None:
    found = text(**changes)
    assert expected in found
    assert "nan" not in found.lower()


def test_the_knee_ends_at_the_first_level_that_loses_more() -> None:
    table = pd.DataFrame({"level": ["0.90", "0.50", "0.70"], "accuracy_change": [-0.002, 0.0, -0.05]})
    table = table.assign(level_kind="sparsity")
    assert knee_level(table) == "0.50"
    assert knee_level(table.assign(accuracy_change=NAN)) is None
    assert knee_level(table.assign(accuracy_change=-0.01)) == "0.90"
