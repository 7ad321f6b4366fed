"""Images that are reliably lost: exact tests, planted images that are found, and few false ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact

from lethe.pies.reliable import SURE, fisher_p, q_values, reliable, sign_p
from support.near import assert_near
from unit.pies import literal
from unit.pies.populations import quick


def votes(draws: np.random.Generator, num_models: int, num_images: int, planted: int = 0) -> list[np.ndarray]:
    """Whether networks are right: most images nearly always, some by chance, the planted ones by the dense alone."""
    share = np.where(
        draws.random(num_images) < 0.8, 1 - draws.random(num_images) * 0.02, draws.beta(0.5, 0.5, num_images)
    )
    dense, compressed = draws.random((2, num_models, num_images)) < share
    dense[:, :planted], compressed[:, :planted] = True, False
    return [dense, compressed]


@pytest.mark.parametrize("num_models", [1, 2, 6, 10])
def test_the_sign_test_is_scipys(num_models: int) -> None:
    table = sign_p(num_models)
    for lost in range(num_models + 1):
        for gained in range(num_models + 1 - lost):
            expected = binomtest(lost, lost + gained).pvalue if lost + gained else 1.0
            assert_near(table[lost, gained], expected)


@pytest.mark.parametrize("num_models", [1, 2, 6, 10])
def test_fishers_test_is_scipys(num_models: int) -> None:
    table = fisher_p(num_models)
    for before in range(num_models + 1):
        for after in range(num_models + 1):
            counts = [[before, num_models - before], [after, num_models - after]]
            assert_near(table[before, after], fisher_exact(counts).pvalue)


@quick
@given(st.lists(st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)), min_size=1, max_size=12))
def test_q_is_the_literal_one(tests: list[tuple[float, float]]) -> None:
    p = np.array([max(pair) for pair in tests])
    smallest = np.array([min(pair) for pair in tests])
    assert_near(q_values(p, smallest), literal.found_rate(p.tolist(), smallest.tolist()))


@quick
@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=12))
def test_where_every_test_could_be_found_q_is_benjamini_hochbergs(p: list[float]) -> None:
    from scipy.stats import false_discovery_control

    assert_near(q_values(np.array(p), np.full(len(p), 1e-9)), false_discovery_control(p))


@pytest.mark.parametrize("is_paired", [True, False])
@pytest.mark.parametrize(("num_models", "planted"), [(10, 40), (16, 1)])
def test_planted_images_are_lost_for_sure(num_models: int, planted: int, is_paired: bool) -> None:
    draws = np.random.default_rng(0)
    for _ in range(20):
        found = reliable(*votes(draws, num_models, 901, planted), is_paired=is_paired)
        assert found.lost[:planted].all()
        back = reliable(*votes(draws, num_models, 901, planted)[::-1], is_paired=is_paired)
        assert back.gained[:planted].all()


def test_five_seeds_find_nothing_by_pairs() -> None:
    draws = np.random.default_rng(0)
    found = reliable(*votes(draws, 5, 901, 100), is_paired=True)
    assert not found.lost.any()
    assert not found.could_be.any()
    assert reliable(*votes(draws, 6, 901, 100), is_paired=True).lost[:100].all()


@pytest.mark.slow
@pytest.mark.parametrize("is_paired", [True, False])
@pytest.mark.parametrize("num_models", [6, 10, 30])
def test_without_an_effect_few_studies_list_any_image(num_models: int, is_paired: bool) -> None:
    draws = np.random.default_rng(0)
    listed = [(reliable(*votes(draws, num_models, 901), is_paired=is_paired).q <= SURE).any() for _ in range(400)]
    assert np.mean(listed) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("is_paired", [True, False])
def test_beside_lost_images_the_false_ones_stay_below_one_in_twenty(is_paired: bool) -> None:
    draws = np.random.default_rng(0)
    rates = []
    for _ in range(200):
        found = reliable(*votes(draws, 10, 901, 20), is_paired=is_paired)
        listed = found.q <= SURE
        rates.append(listed[20:].sum() / max(listed.sum(), 1))
    assert np.mean(rates) <= 0.05
