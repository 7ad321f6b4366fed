"""Probes in the report: what is subtracted from what, which intervals, and treatments that name the head."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from lethe.core.errors import EmptyReport
from lethe.report import style
from lethe.report.figures import probes as figure
from lethe.report.lines import line_names, looks
from lethe.report.tables import probes
from support.near import assert_near


def rows(regime: str, on: str, accuracies: dict[int, float], probe: str = "linear") -> pd.DataFrame:
    """One accuracy per seed."""
    return pd.DataFrame(
        {
            "regime": regime,
            "seed": list(accuracies),
            "on": on,
            "probe": probe,
            "accuracy": list(accuracies.values()),
            "train_accuracy": 1.0,
            "penalty": 0.1,
        }
    )


ENCODER = {0: 0.95, 1: 0.99, 2: 0.97, 3: 0.98}
# Seeds in another order: differences must be taken seed by seed, not row by row.
UNTRAINED = {3: 0.90, 0: 0.86, 2: 0.89, 1: 0.91}


def study(**changed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    parts = {
        "pixels": rows("", "pixels", {-1: 0.96}),
        "untrained": rows("", "untrained", UNTRAINED),
        "encoder": rows("simclr", "encoder", ENCODER),
        **changed,
    }
    both = {name: [part.assign(probe=probe) for probe in ("linear", "knn")] for name, part in parts.items()}
    found = {name: pd.concat(rows, ignore_index=True) for name, rows in both.items()}
    return {"probes": found.pop("encoder"), **found}


def test_differences_are_paired_by_seed_with_students_interval() -> None:
    from scipy import stats

    table = probes.build(study())
    row = table.iloc[0]
    for name, values in {
        "accuracy": list(ENCODER.values()),
        "difference_to_pixels": [value - 0.96 for value in ENCODER.values()],
        "difference_to_untrained": [ENCODER[k] - UNTRAINED[k] for k in ENCODER],
        "untrained_accuracy": list(UNTRAINED.values()),
    }.items():
        low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
        expected = [np.mean(values), max(0, low) if name == "untrained_accuracy" else low, min(1, high)]
        assert_near(row[[name, f"{name}_low", f"{name}_high"]], expected, atol=1e-12)
    assert row["pixels_accuracy"] == 0.96
    assert table["regime"].tolist() == ["simclr"] * 2 and table["probe"].tolist() == ["linear", "knn"]


def test_a_regime_of_fewer_seeds_is_compared_with_those_alone() -> None:
    table = probes.build(study(encoder=rows("simclr", "encoder", {1: 0.99, 3: 0.98, 2: 0.97})))
    expected = np.mean([0.99 - 0.91, 0.98 - 0.90, 0.97 - 0.89])
    assert table["difference_to_untrained"].iloc[0] == pytest.approx(expected)


@pytest.mark.parametrize("missing", ["pixels", "untrained"])
def test_a_missing_baseline_is_a_named_error(missing: str) -> None:
    given = study()
    with pytest.raises(EmptyReport, match="give the baselines of every block"):
        probes.build({name: table for name, table in given.items() if name != missing})
    untrained = given["untrained"]
    with pytest.raises(EmptyReport, match="give the baselines of every block"):
        probes.build(given | {"untrained": untrained[untrained["seed"] != 3]})


@pytest.mark.slow
def test_the_figure_places_every_regime_and_shows_two_seeds_without_interval() -> None:
    two = {"untrained": rows("", "untrained", {0: 0.8, 1: 0.7})}
    encoders = pd.concat([rows(regime, "encoder", {0: 0.9, 1: 0.92}) for regime in ("simclr", "byol", "moco")])
    with style.applied():
        drawn = figure.build({"probes": probes.build(study(**two, encoder=encoders))})
        drawn.draw_without_rendering()
    linear = drawn.axes[0]
    assert [label.get_text() for label in linear.get_yticklabels()] == ["simclr", "byol", "moco"]
    assert linear.yaxis.get_inverted()
    (points,) = [marks for marks in linear.collections if isinstance(marks, PathCollection)]
    assert_near(np.asarray(points.get_offsets())[:, 0], [91.0] * 3)


def test_a_refitted_head_is_part_of_the_treatment() -> None:
    """`fold` and `fold_refit` have one colour; a treatment that fewer methods have is told by name, dash, marker."""
    table = pd.DataFrame(
        {
            "method": ["fold", "fold_refit", "channel_l2", "gmp"],
            "plugin": ["fold", "fold", "channel_l2", "gmp"],
            "treatment": ["recalibrated", "recalibrated, head refit", "recalibrated", "trained"],
            "pairing": ["paired", "paired", "paired", "independent"],
            "role": "method",
        }
    )
    assert line_names(table).tolist() == ["fold", "fold_refit: recalibrated, head refit", "channel_l2", "gmp"]
    fold, refit, *others = looks(table).values()
    assert refit.color == fold.color and refit.marker != fold.marker and refit.dash != fold.dash
    assert len({fold.color, *(other.color for other in others)}) == 3
