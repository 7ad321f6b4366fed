"""Names of splits: what a config may write, in which order it is done, and what a mistake is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.splits import (
    SEVERITIES,
    Corrupted,
    expand,
    expand_all,
    is_corrupted,
    needs_color,
    parse_corrupted,
)

KINDS = registry.names(registry.CORRUPTIONS)


@given(st.sampled_from(KINDS), st.sampled_from(SEVERITIES))
def test_a_name_says_what_it_was_made_of(kind: str, severity: int) -> None:
    name = str(Corrupted(kind, severity))
    assert parse_corrupted(name) == Corrupted(kind, severity)
    assert expand(name) == (name,) and is_corrupted(name)


def test_ordinary_splits_stay() -> None:
    assert expand_all(["train", "test"]) == ("train", "test")
    assert not is_corrupted("test")


def test_stars_stand_for_all_in_a_stable_order() -> None:
    assert expand("test@fog-*") == tuple(f"test@fog-{severity}" for severity in SEVERITIES)
    assert expand("test@*-3") == tuple(f"test@{kind}-3" for kind in sorted(KINDS))
    assert len(expand("test@*-*")) == len(KINDS) * len(SEVERITIES) == len(set(expand("test@*-*")))
    assert expand_all(["test@jpeg-2", "test", "test@fog-1"]) == ("test@jpeg-2", "test", "test@fog-1")


def test_a_star_leaves_colours_out_where_there_are_none() -> None:
    grey = expand("test@*-1", color=False)
    assert {name for name in expand("test@*-1") if name not in grey} == {
        f"test@{kind}-1" for kind in KINDS if needs_color(kind)
    }
    assert "test@saturate-1" not in grey and "test@fog-1" in grey


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("holdout", "allowed: 'test', 'validation' or 'train', or corrupted test images such as 'test@fog-3'"),
        ("test@fgo-3", "unknown corruption 'fgo'; known: brightness, .*did you mean 'fog'?"),
        ("test@fgo-*", "unknown corruption 'fgo'"),
        ("test@fog-0", r"severity '0' is not known; allowed: 1 to 5, or \*"),
        ("test@fog-6", "severity '6' is not known"),
        ("test@fog-03", "severity '03' is not known"),
        ("test@fog-", "severity '' is not known"),
        ("test@fog", "test@KIND-SEVERITY"),
        ("test@-3", "test@KIND-SEVERITY"),
        ("train@fog-3", "only the test images are corrupted; write test@fog-3"),
        ("*@fog-3", "only the test images are corrupted"),
    ],
)
def test_a_mistake_says_what_is_allowed(written: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        expand(written)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (["test", "test"], "split 'test' is asked for twice, by 'test' and 'test'; ask once"),
        (["test", "test@fog-*", "test@*-3"], "'test@fog-3' is asked for twice, by 'test@fog-*' and 'test@*-3'"),
        (["test@fog-3"], "compared with the clean ones; add 'test' to the list"),
        (["train", "test@fog-3"], "add 'test' to the list"),
    ],
)
def test_entries_must_fit_together(written: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        expand_all(written)


@pytest.mark.parametrize("name", ["test", "test@fog-*", "test@*-2"])
def test_only_one_corrupted_split_has_one_corruption(name: str) -> None:
    with pytest.raises(ConfigError, match="write one corrupted split such as test@fog-3"):
        parse_corrupted(name)
