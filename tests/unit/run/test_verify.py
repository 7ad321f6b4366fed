"""What is wrong is told: the first of it, or all."""

import pytest

from lethe.run.findings import Finding
from lethe.run.verify import Verified
from lethe.study.standing import DAMAGED, FINE, MISSING, STALE

WRONG = [Finding("compress", (f"{n:02}.parquet",), DAMAGED, f"{n:02}.parquet is empty") for n in range(25)]
FOREIGN = [f"results/small/{n}.txt" for n in range(23)]


def test_more_than_twenty_are_counted_and_all_can_be_named() -> None:
    found = Verified("small", [Finding("train", ("a", "b"), FINE), *WRONG], FOREIGN)
    short, long = found.told(), found.told(shows_all=True)
    assert "25 of 27 files of study 'small' are to be made again:" in short
    assert (
        "19.parquet is empty\n  and 5 jobs more; lethe verify --all names them\n" in short and "20.parquet" not in short
    )
    assert "results/small/19.txt\n  and 3 more; lethe verify --all names them" in short and "20.txt" not in short
    assert all(f"  {finding.reason}\n" in long for finding in WRONG) and all(f"  {file}" in long for file in FOREIGN)
    assert "more" not in long and not found.is_fine


def test_what_is_damaged_or_missing_stands_before_what_is_stale_for_it() -> None:
    stale = [Finding("train", (f"a{n}",), STALE, f"a{n} was made from another b") for n in range(30)]
    found = Verified(
        "small", [*stale, Finding("data", ("z",), DAMAGED, "z is empty"), Finding("x", ("c",), MISSING, "no c")], []
    )
    told = found.told()
    assert told.index("no c") < told.index("z is empty") < told.index("a0 was made")


@pytest.mark.parametrize("count", [0, 1, 20])
def test_up_to_twenty_are_named(count: int) -> None:
    found = Verified("small", [Finding("train", ("a",), FINE), *WRONG[:count]], [])
    assert found.told() == found.told(shows_all=True)
    assert found.told().count("is empty") == count and found.is_fine == (count == 0)
