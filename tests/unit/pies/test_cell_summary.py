"""All tables of a cell: complete, within their ranges, deterministic, and defined for few seeds as stated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lethe.pies.find import find_pies
from lethe.pies.jackknife import CHANGE, Jackknifed
from lethe.pies.population import Population
from lethe.pies.quantities import QUANTITIES, WITHOUT
from lethe.pies.summary import CellSummary, Compared, describe_cell
from lethe.store.schema import BY_SIZE, CLASSES, IMAGE_TESTS, PIES, RECALLS, SEEDS, SHARES, TESTS
from lethe.store.tables import read_table, write_table
from support.near import assert_near
from unit.pies.populations import Pair, simulated_pair


def describe(
    pair: Pair, ties: str = "smallest", seed: int = 0, reference: Population | None = None, *, is_paired: bool = True
) -> CellSummary:
    dense, compressed = pair
    compared = Compared(dense, compressed, reference or dense, is_paired)
    return describe_cell(compared, ties=ties, generator=np.random.default_rng(seed))


@pytest.mark.parametrize("ties", ["smallest", "largest", "exclude"])
def test_shares_agree_with_the_pie_table(ties: str) -> None:
    pair = simulated_pair(np.random.default_rng(1), num_models=6)
    summary = describe(pair, ties)
    shares, pies = summary.shares.set_index("quantity").estimate, summary.pies
    decided = pies[(pies.dense_label >= 0) & (pies.compressed_label >= 0)]
    assert summary.shares.quantity.tolist() == list(QUANTITIES)
    assert_near(shares["pie_share"], decided.is_pie.mean())
    for kind in ("lost", "gained", "swapped"):
        assert_near(shares[f"{kind}_share"], (decided.kind == kind).mean())
    untied = pies.is_pie & ~pies.dense_tied & ~pies.compressed_tied
    assert_near(shares["untied_pie_share"], untied.mean())
    assert_near(shares["dense_tied_share"], pies.dense_tied.mean())
    assert_near(shares["compressed_modal_accuracy"], (decided.compressed_label == decided.label).mean())
    assert_near(shares["flip_rate"], pies.flip_rate.mean())
    assert_near(shares["taxicab_share"], pies.taxicab.mean() / 12)
    assert_near(shares["margin_shift"], pies.margin_shift.mean())
    change = shares["compressed_modal_accuracy"] - shares["dense_modal_accuracy"]
    assert_near(change, shares["gained_share"] - shares["lost_share"])
    assert_near(shares["excess_share"], shares["cross_share"] - shares["null_share"])
    assert_near(shares["excess_share"], shares["shift"] + shares["spread"])
    assert_near(shares["excess_from_reference"], shares["shift_from_reference"] + shares["spread_from_reference"])


def test_seeds_have_the_shares_as_their_means_and_keep_their_numbers() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(1), num_models=5)
    numbered = tuple(replace(p, seeds=np.arange(3, 8)) for p in (dense, compressed))
    summary = describe(numbered)
    seeds, shares = summary.seeds.set_index("seed"), summary.shares.set_index("quantity").estimate
    assert seeds.index.tolist() == [3, 4, 5, 6, 7]
    for name in ("dense_accuracy", "compressed_accuracy", "flip_rate"):
        assert_near(seeds[name].mean(), shares[name])
    third = np.mean([p == q for p, q in zip(compressed.predictions[2], compressed.labels, strict=True)])
    assert seeds.loc[5, "compressed_accuracy"] == third


@pytest.mark.parametrize("ties", ["smallest", "exclude"])
def test_seeds_say_what_both_populations_are_without_them(ties: str) -> None:
    pair = simulated_pair(np.random.default_rng(2), num_models=5)
    summary = describe(pair, ties)
    for k, found in enumerate(summary.seeds["pie_share_without"]):
        rest = tuple(
            replace(p, **{name: np.delete(getattr(p, name), k, axis=0) for name in ("seeds", "predictions", "margins")})
            for p in pair
        )
        pies = find_pies(*rest, ties=ties)
        assert found == pies[(pies.dense_label >= 0) & (pies.compressed_label >= 0)].is_pie.mean()
    shares = summary.shares.set_index("quantity")
    for name in WITHOUT:
        row = shares.loc[name]
        found = Jackknifed(np.array([row.estimate, *summary.seeds[f"{name}_without"]])).interval(CHANGE)
        assert (found.estimate, found.low, found.high) == pytest.approx((row.estimate, row.low, row.high))


def test_intervals_hold_their_estimate_and_stay_in_range() -> None:
    shares = describe(simulated_pair(np.random.default_rng(1))).shares.set_index("quantity")
    assert (shares.low <= shares.estimate).all()
    assert (shares.estimate <= shares.high).all()
    bounded = shares.drop(index="margin_shift")
    assert bounded.low.ge(-1).all()
    assert bounded.high.le(1).all()
    signed = [name for name, unit in QUANTITIES.items() if unit in ("points", "logits")]
    assert shares.drop(index=signed).low.ge(0).all()
    wide = shares[shares.two_way_low.notna()]
    assert set(wide.index) == {
        *("null_share", "compressed_null_share", "cross_share", "excess_share", "shift", "spread"),
        *("excess_from_reference", "shift_from_reference", "spread_from_reference"),
    }
    assert (wide.two_way_low <= wide.low).all() and (wide.two_way_high >= wide.high).all()


def test_the_reference_is_what_accuracy_classes_tests_and_images_are_compared_with() -> None:
    """A treatment that alone does all that the compressed networks do leaves nothing for compression."""
    dense, treated = simulated_pair(np.random.default_rng(1), num_models=8, harm=1.0)
    plain, found = describe((dense, treated)), describe((dense, treated), reference=treated)
    assert plain.tests.p_swap[0] <= 0.05 and found.tests.p_swap[0] == 1
    shares = found.shares.set_index("quantity").estimate
    assert shares["accuracy_change"] == 0 and shares["reference_accuracy"] == shares["compressed_accuracy"]
    assert (found.classes.normalised_change == 0).all()
    assert not (found.image_tests.reliably_lost | found.image_tests.reliably_gained).any()
    assert plain.pies.is_pie.equals(found.pies.is_pie)
    assert plain.shares.set_index("quantity").estimate["shift"] == shares["shift"]
    assert shares["shift"] > 0 == shares["shift_from_reference"] == shares["excess_from_reference"]
    without = [column for column in found.seeds if column.endswith("from_reference_without")]
    assert len(without) == 2 and (found.seeds[without] == 0).all(axis=None)


@pytest.mark.slow
def test_planted_images_are_counted_by_the_table_of_tests() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(1), num_models=10, harm=0.0)
    lost = np.flatnonzero(dense.is_right.all(axis=0))[:40]
    wrong = np.array(compressed.predictions)
    wrong[:, lost] = (dense.labels[lost] + 1) % 4
    for is_paired in (True, False):
        found = describe((dense, replace(compressed, predictions=wrong)), is_paired=is_paired)
        assert found.image_tests.reliably_lost.to_numpy()[lost].all()
        assert found.tests.reliably_lost[0] == found.image_tests.reliably_lost.sum() >= 40
        assert found.tests.could_be_found[0] >= 40
        assert (found.tests.models[0], found.tests.population[0]) == (10, 3)


def test_the_order_of_seeds_does_not_matter_where_all_pairs_are_used() -> None:
    pair = simulated_pair(np.random.default_rng(1), num_models=6)
    order = np.array([3, 1, 5, 0, 2, 4])
    shuffled = tuple(replace(p, predictions=p.predictions[order], margins=p.margins[order]) for p in pair)
    columns = ["estimate", "low", "high"]
    assert_near(describe(pair).shares[columns], describe(shuffled, seed=9).shares[columns])


@pytest.mark.slow
def test_drawn_populations_agree_with_other_drawn_ones_within_the_interval() -> None:
    pair = simulated_pair(np.random.default_rng(1), num_models=12)
    one, other = (describe(pair, seed=seed).shares.set_index("quantity") for seed in (0, 1))
    width = (one.high - one.low)["excess_share"]
    assert 0 < abs(one.estimate - other.estimate)["excess_share"] < width / 10


@pytest.mark.parametrize("num_models", [1, 2, 3, 4])
def test_few_seeds_have_estimates_but_not_all_intervals(num_models: int) -> None:
    summary = describe(simulated_pair(np.random.default_rng(2), num_models=num_models))
    shares = summary.shares.set_index("quantity")
    assert np.isfinite(shares.estimate["pie_share"])
    assert np.isfinite(shares.estimate["excess_share"]) == (num_models >= 2)
    assert np.isfinite(shares.low["pie_share"]) == (num_models >= 3)
    assert np.isfinite(shares.low["excess_share"]) == (num_models >= 3)
    assert np.isfinite(summary.tests.p_swap[0]) == (num_models >= 2)
    assert len(summary.by_size) == num_models // 2


@pytest.mark.parametrize("num_models", [1, 4])
def test_every_table_fits_its_schema(tmp_path: Path, num_models: int) -> None:
    summary = describe(simulated_pair(np.random.default_rng(1), num_models=num_models))
    tables = {"pies": PIES, "shares": SHARES, "image_tests": IMAGE_TESTS, "tests": TESTS, "classes": CLASSES}
    tables |= {"recalls": RECALLS, "by_size": BY_SIZE, "seeds": SEEDS}
    for name, schema in tables.items():
        path = tmp_path / f"{name}.parquet"
        write_table(path, getattr(summary, name), schema, {})
        assert len(read_table(path, schema)) == len(getattr(summary, name))


def test_flips_and_taxicab_by_hand() -> None:
    """Votes (2, 1, 0) and (1, 0, 2): 1 + 1 + 2 of at most 6; two of three networks change."""
    dense, compressed = simulated_pair(np.random.default_rng(0), num_models=3)
    one = {"example_ids": dense.example_ids[:1], "labels": np.array([0])}
    margins = np.zeros((3, 1))
    dense = replace(dense, predictions=np.array([[0], [0], [1]]), margins=margins, **one)
    compressed = replace(compressed, predictions=np.array([[0], [2], [2]]), margins=margins, **one)
    summary = describe((dense, compressed))
    shares = summary.shares.set_index("quantity").estimate
    assert_near(shares[["taxicab_share", "flip_rate"]], [4 / 6, 2 / 3])
    assert summary.pies["taxicab"].tolist() == [4]
