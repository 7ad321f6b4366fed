"""Columns are stated by name, type and unit; what is not known is refused with what is."""

import pyarrow as pa
import pytest

from lethe.core.errors import SchemaError
from lethe.pies.quantities import QUANTITIES
from lethe.store import schema as module
from lethe.store.schema import UNITS, schema, units_of

COLUMNS = (
    ("seed", "int64", "seed"),
    ("method", "category", ""),
    ("is_right", "bool", ""),
    ("share", "float64", "share"),
    ("logits", "float32[]?", "logits"),
)


def test_columns_have_their_types_and_units() -> None:
    found = schema(COLUMNS, lengths={"logits": 3})
    assert found.names == ["seed", "method", "is_right", "share", "logits"]
    assert found.types == [
        pa.int64(), pa.dictionary(pa.int32(), pa.string()), pa.bool_(), pa.float64(), pa.list_(pa.float32(), 3),
    ]  # fmt: skip
    assert units_of(found) == {"seed": "seed", "share": "share", "logits": "logits"}


def test_a_list_without_a_length_is_left_out() -> None:
    assert schema(COLUMNS).names == ["seed", "method", "is_right", "share"]


@pytest.mark.parametrize(
    "column",
    [
        ("seed", "int", "seed"),
        ("seed", "int64", "seeds"),
        ("logits", "float16[]?", "logits"),
        ("logits", "float32[]", "logits"),
        ("logits", "float32?", "logits"),
    ],
)
def test_an_unknown_type_or_unit_is_refused_with_those_that_are_known(column: tuple[str, str, str]) -> None:
    with pytest.raises(SchemaError) as caught:
        schema([column], lengths={"logits": 3})
    message = str(caught.value)
    assert f"column '{column[0]}' of type '{column[1]}' and unit '{column[2]}' given" in message
    assert "types: int64, float64, " in message and "units: id, class, " in message and "or none" in message


TABLES = {name: value for name, value in vars(module).items() if isinstance(value, pa.Schema)}


@pytest.mark.parametrize("name", TABLES)
def test_every_number_of_every_table_has_a_unit_and_nothing_else_has(name: str) -> None:
    for column in TABLES[name]:
        is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        assert (column.name in units_of(TABLES[name])) == is_number, column.name


def test_every_quantity_has_a_known_unit() -> None:
    assert set(QUANTITIES.values()) <= set(UNITS) - {""}
