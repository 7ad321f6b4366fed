"""Every file of report/sentences keeps its promises, the moment it exists."""

import pandas as pd
import pytest

from lethe.core import registry
from lethe.report.headlines import headlines
from lethe.report.spec import Facts
from support.archive import archive, frames

FACTS = Facts("golden", "toy", 6, {1: "one"})
NAMES = registry.names(registry.SENTENCES)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    given = frames(archive())
    specs = [registry.load(registry.TABLES, name) for name in registry.names(registry.TABLES)]
    return {spec.name: spec.build(given) for spec in specs if spec.splits != "corrupted"}


@pytest.mark.parametrize("name", NAMES)
def test_has_literals_and_reads_known_tables(name: str) -> None:
    assert registry.literal(registry.SENTENCES, name, "name") == name
    assert registry.literal(registry.SENTENCES, name, "order") > 0
    read = registry.literal(registry.SENTENCES, name, "reads")
    may_read = registry.literal(registry.SENTENCES, name, "may_read", default=())
    assert read and {*read, *may_read} <= set(registry.names(registry.TABLES))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_says_the_same_again_and_leaves_tables_as_they_are(name: str, tables: dict[str, pd.DataFrame]) -> None:
    spec = registry.load(registry.SENTENCES, name)
    read = {table: tables[table] for table in (*spec.reads, *spec.may_read)}
    before = {table: frame.copy(deep=True) for table, frame in read.items()}
    found = spec.build(read, FACTS)
    assert found and found == spec.build(read, FACTS)
    for headline in found:
        assert headline.subject and headline.sentences
        assert all(sentence.endswith(".") and "nan" not in sentence.lower() for sentence in headline.sentences)
    for table, frame in read.items():
        pd.testing.assert_frame_equal(frame, before[table])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_speaks_without_the_tables_that_it_may_read(name: str, tables: dict[str, pd.DataFrame]) -> None:
    spec = registry.load(registry.SENTENCES, name)
    assert spec.build({table: tables[table] for table in spec.reads}, FACTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_report_without_its_tables_lacks_the_group_alone(name: str, tables: dict[str, pd.DataFrame]) -> None:
    spec = registry.load(registry.SENTENCES, name)
    lost = spec.reads[-1]
    left = headlines({table: frame for table, frame in tables.items() if table != lost}, FACTS)
    everything = headlines(tables, FACTS)
    assert set(left) < set(everything)
    assert not set(left) & set(spec.build({table: tables[table] for table in spec.reads}, FACTS))
