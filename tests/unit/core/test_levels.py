"""Levels are text in paths: equal levels are equal text, and the text says the number exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.core.errors import ConfigError
from lethe.core.levels import canonical_level, canonical_levels

SPARSITIES = st.decimals(min_value="0.0001", max_value="0.9999", places=4)


@pytest.mark.parametrize(
    ("given_level", "text"),
    [(0.5, "0.50"), ("0.50", "0.50"), (0.9, "0.90"), (0.995, "0.995"), ("0.9950", "0.995"), (1e-3, "0.001")],
)
def test_sparsities_have_one_spelling(given_level: object, text: str) -> None:
    assert canonical_level(given_level, "sparsity") == text


@pytest.mark.parametrize(("given_level", "text"), [(8, "8"), ("4", "4"), (3.0, "3"), (2, "2"), ("16", "16")])
def test_bits_are_integers(given_level: object, text: str) -> None:
    assert canonical_level(given_level, "bits") == text


@pytest.mark.parametrize("wrong", [0, 1, 17, 32, 2.5, "eight", True, float("nan")])
def test_other_bits_are_refused(wrong: object) -> None:
    with pytest.raises(ConfigError):
        canonical_level(wrong, "bits")


def test_bits_out_of_range_are_told_the_range() -> None:
    with pytest.raises(ConfigError, match="32 is not a number of bits; allowed: whole numbers from 2 to 16"):
        canonical_level(32, "bits")


@given(SPARSITIES)
def test_the_text_is_the_number_and_a_fixed_point(level: Decimal) -> None:
    text = canonical_level(level, "sparsity")
    assert Decimal(text) == level
    assert canonical_level(text, "sparsity") == text == canonical_level(float(level), "sparsity")
    assert len(text) >= 4


@given(st.lists(SPARSITIES, min_size=1, unique=True))
def test_order_in_the_config_does_not_matter(levels: list[Decimal]) -> None:
    assert canonical_levels(levels, "sparsity") == canonical_levels(sorted(levels, reverse=True), "sparsity")
