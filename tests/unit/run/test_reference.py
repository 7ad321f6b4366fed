"""The pages and the schema that are made from the code say what the code says, and are those that lie in the folder."""

import re
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field, PositiveInt

from lethe.core import registry
from lethe.run.fields import fields_of, table
from lethe.run.known import ASKED_FOR
from lethe.run.reference import config_keys, option_reference
from lethe.run.schema import study_schema

ROOT = Path(__file__).resolve().parents[3]
PAGES = {"docs/options.md": option_reference, "config/README.md": config_keys, "docs/study.schema.json": study_schema}
TEXT = (ROOT / "docs/options.md").read_text()
PLUGINS = [(room, name) for room in ASKED_FOR for name in registry.names(room)]


@pytest.mark.parametrize("file", PAGES)
def test_the_page_is_that_of_the_code(file: str) -> None:
    assert (ROOT / file).read_text().rstrip("\n") == PAGES[file]().rstrip("\n"), "run `make reference`"


def section(room: str, name: str) -> str:
    """What the page says of one plug-in."""
    noun = registry.NOUNS[room]
    (of_room,) = re.findall(rf"^## {noun[0].upper()}{noun[1:]}s\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    (found,) = re.findall(rf"^### `{name}`\n(.*?)(?=^### |\Z)", of_room, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize(("room", "name"), PLUGINS)
def test_every_plugin_has_its_source_and_every_option_a_meaning(room: str, name: str) -> None:
    text = section(room, name)
    assert str(registry.literal(room, name, "source")) in text
    model = getattr(registry.load(room, name), "Options", None)
    for option in fields_of(model) if model else []:
        assert option.meaning, f"{room}/{name}: {option.key} has no description"
        assert f"`{option.key}`" in text


@pytest.mark.parametrize(("room", "name"), PLUGINS)
def test_what_a_plugin_calls_shared_stands_above(room: str, name: str) -> None:
    shared = re.search(r"as above: (.*)\.$", section(room, name), re.MULTILINE)
    above = TEXT[: TEXT.index(f"### `{name}`")].rpartition("\n## ")[2]
    for key in re.findall(r"`(\w+)`", shared.group(1)) if shared else []:
        assert f"| `{key}` |" in above


class Inner(BaseModel):
    """Within another."""

    depth: PositiveInt = Field(default=2, description="how deep")


class Outer(BaseModel):
    """One key of every kind."""

    name: Literal["a", "b"] = Field(description="which | what")
    rate: float | None = Field(default=None, gt=0, le=1, description="how fast")
    pair: tuple[float, float] = Field(default=(0.0, 0.5), description="ends")
    sizes: list[int | str] = Field(default=[1], min_length=1, description="how many")
    inner: Inner = Field(default=Inner(), description="more")


def test_a_row_says_type_range_default_and_meaning_in_words() -> None:
    header = ["| key | type | range | default | meaning |", "| --- | --- | --- | --- | --- |"]
    assert table(fields_of(Outer)).splitlines() == [
        *header,
        "| `name` | one of these | `a`, `b` | required | which \\| what |",
        "| `rate` | number | above 0, at most 1 | none | how fast |",
        "| `pair` | 2 numbers |  | `[0, 0.5]` | ends |",
        "| `sizes` | list of whole numbers or texts | 1 or more entries | `[1]` | how many |",
        "| `inner` | mapping |  |  | more |",
        "| `inner.depth` | whole number | above 0 | `2` | how deep |",
    ]
