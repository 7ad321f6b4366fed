"""A table of the report: built from results, written with every digit, read back, and put into words for people.

Words are rounded texts with units in the headings, an estimate and its interval in one column. Numbers are printed by
the unit that their table states, never by their name; they keep their full precision beside the text, so that a page
can sort by them. Equal values give equal bytes; each file is whole or absent.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from lethe.compare.frames import ACHIEVED, Frames, gather
from lethe.compare.level import Level
from lethe.core import registry
from lethe.core.errors import SchemaError
from lethe.core.levels import DENSE_LEVEL
from lethe.pies.quantities import QUANTITIES
from lethe.report.examples import read_class_names
from lethe.report.latex import latex
from lethe.report.plain import plain
from lethe.report.spec import Column, TableSpec
from lethe.store.files import write_text
from lethe.store.provenance import made_by
from lethe.store.records import BESIDE, digests_of
from lethe.store.schema import name_column, units_of
from lethe.store.tables import read_arrow, read_record, write_table
from lethe.study.results import result

# What readers of csv take for a missing value, in small letters; a class may be called so.
_MISSING_ELSEWHERE = frozenset(
    {"na", "n/a", "nan", "-nan", "<na>", "#n/a", "#na", "none", "null", "nil", "nat", "1.#qnan", "-1.#ind"}
)


def make_table(
    name: str,
    cells: Sequence[Path],
    *,
    csv: Path,
    parquet: Path,
    tex: Path,
    examples: Sequence[Path] = (),
    code_version: str = "",
) -> None:
    """Build one table of the report from per-cell tables of any result, in the order of the study.

    Args: examples: the splits' tables of examples, for the names of classes.
    """
    spec: TableSpec = registry.load(registry.TABLES, name)
    table = with_class_names(spec.build(gather(cells, spec.reads)), table_units(name), read_class_names(examples))
    save_table(spec, table, csv=csv, parquet=parquet, tex=tex, code_version=code_version)


def with_class_names(table: pd.DataFrame, units: Mapping[str, str], names: Mapping[int, str]) -> pd.DataFrame:
    """A table with the name of the class beside each of its labels, in columns that `schema.name_column` names."""
    columns: dict[str, pd.Series] = {}
    for name in map(str, table):
        columns[name] = table[name]
        if names and units.get(name) == "class":
            columns[name_column(name)] = table[name].map(names).astype(object).fillna("").astype(str)
    return pd.DataFrame(columns, index=table.index)


def save_table(
    spec: TableSpec, table: pd.DataFrame, *, csv: Path, parquet: Path, tex: Path, code_version: str = ""
) -> None:
    """Write one table three times: csv and parquet with every digit, LaTeX rounded for people."""
    write_text(csv, _csv(table))
    units = table_units(spec.name)
    plain = pa.Schema.from_pandas(table, preserve_index=False).remove_metadata()
    columns = pa.schema(
        column.with_metadata({"unit": unit_of(column.name, units)}) if is_number(table[column.name]) else column
        for column in plain
    )
    write_text(tex, latex(spec, readable(spec, table, units), shared(spec, table)))
    write_table(parquet, table, columns, {"table": spec.name, BESIDE: digests_of(csv, tex), **made_by(code_version)})


def _csv(table: pd.DataFrame) -> str:
    """A table as text in which every name survives.

    Pandas leaves a carriage return bare, which ends a line; and a reader may take a bare `nan` for a missing value.
    """
    texts = [table[name].dropna().astype(str) for name in table if not is_number(table[name])]
    is_unclear = any(
        (values.str.contains("\r", regex=False) | values.str.lower().isin(_MISSING_ELSEWHERE)).any() for values in texts
    )
    quoting: Literal[0, 2] = 2 if is_unclear else 0  # all texts, or those that need it
    return str(table.to_csv(index=False, lineterminator="\n", quoting=quoting))


def table_units(name: str) -> dict[str, str]:
    """Units of a table's columns: those of the results that it reads, and those that its SPEC states."""
    known = {**QUANTITIES, ACHIEVED: "share"}
    for read in registry.literal(registry.TABLES, name, "reads"):
        known |= units_of(result(read).base) | units_of(result(read).recorded)
    return known | dict(registry.literal(registry.TABLES, name, "units", default={}))


def read_tables(paths: Sequence[Path]) -> Frames:
    """The report's tables by name, as `save_table` wrote them.

    Raises: SchemaError: a file is no table of the report.
    """
    return {_table_name(path): _frame(read_arrow(path)) for path in paths}


def read_units(paths: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Units of the columns of the report's tables, by table, as the files say them."""
    return {_table_name(path): units_of(read_arrow(path).schema) for path in paths}


def _frame(table: pa.Table) -> pd.DataFrame:
    """As pandas; integers with missing values stay integers, where pandas alone would make them floats."""
    gaps = [f.name for f in table.schema if pa.types.is_integer(f.type) and table[f.name].null_count]
    whole = table.select(gaps).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return table.to_pandas().assign(**{name: whole[name] for name in gaps})


def _table_name(path: Path) -> str:
    """Which table of the report a file holds."""
    record = read_record(path)
    if "table" not in record:
        raise SchemaError(f"{path} is not a table of the report; give the parquet files that make_table.py wrote")
    return str(record["table"])


MISSING = "–"
# What a column may hold: pandas gives integers that are no floats.
Number: TypeAlias = float | int | np.integer
_WORDS = {"pies": "PIEs", "pie": "PIE"}  # all others are as they stand in names
_ENDS = ("_low", "_high")
_RATIO = "_ratio"
# Columns whose words stand in another column, where there is one.
_SAID_BY = {"level_kind": "level", "plugin": "method"}


def readable(
    spec: TableSpec, table: pd.DataFrame, units: Mapping[str, str], class_names: Mapping[int, str] | None = None
) -> list[Column]:
    """The columns to print; what all rows share is left out (see `shared`).

    A level says what it counts, a method its plug-in where that has another name.

    Args:
        units: of the columns of numbers, see `unit_of`.
        class_names: names that replace class numbers.
    """
    hidden = _hidden(spec, table)
    shown = [name for name in table.columns if name not in hidden]
    return [_column(table, name, units, class_names or {}, spec.headings.get(name, "")) for name in shown]


def shared(spec: TableSpec, table: pd.DataFrame) -> str:
    """What all rows have in common: "regime supervised, split test"; empty where nothing is."""
    return ", ".join(f"{name} {table[name].iloc[0]}" for name in _constant(spec, table))


def is_number(values: pd.Series) -> bool:
    """Whether a column has a unit: it holds numbers, not texts or truth values."""
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _constant(spec: TableSpec, table: pd.DataFrame) -> list[str]:
    """Columns of `said_once` that have one value, but those for programs."""
    said = [name for name in spec.said_once if name in table and name not in spec.hidden]
    return [name for name in said if table[name].nunique() == 1]


def _hidden(spec: TableSpec, table: pd.DataFrame) -> set[str]:
    """Columns that stand beside another, are told above the table, say nothing in any row, or are for programs."""
    beside = {f"{name}{end}" for name in table.columns for end in (*_ENDS, _RATIO)}
    beside |= {name for name, other in _SAID_BY.items() if other in table}
    beside |= {name_column(name) for name in table.columns if name_column(name) != name}
    texts = [str(name) for name in table if not is_number(table[name])]
    silent = {name for name in texts if len(table) and not table[name].any()}
    return {*spec.hidden, *beside, *silent, *_constant(spec, table)}


def _column(
    table: pd.DataFrame, name: str, units: Mapping[str, str], class_names: Mapping[int, str], words: str
) -> Column:
    """One column in words: an estimate with the ends of its interval, or with its ratio."""
    values = table[name]
    if name == "level":
        return _levels(table)
    if name == "method":
        return _methods(table)
    if not is_number(values):
        return Column(heading(name, words=words), tuple(_text(value) for value in values), tuple(values))
    unit = unit_of(name, units)
    if unit == "class":
        named = dict(zip(values, table[name_column(name)], strict=True)) if name_column(name) in table else class_names
        texts = [named.get(v, str(v)) if not pd.isna(v) else MISSING for v in values]
        return Column(heading(name, words=words), tuple(texts), tuple(texts) if named else _keys(values))
    texts = [number(value, unit) for value in values]
    if f"{name}_low" in table:
        ends = zip(texts, table[f"{name}_low"], table[f"{name}_high"], strict=True)
        texts = [f"{text} [{number(low, unit)}, {number(high, unit)}]" for text, low, high in ends]
    if f"{name}{_RATIO}" in table:
        texts = [f"{text} ({times(ratio)})" for text, ratio in zip(texts, table[f"{name}{_RATIO}"], strict=True)]
    texts = [MISSING if text.startswith(MISSING) else text for text in texts]
    return Column(heading(name, unit, words=words), tuple(texts), _keys(values))


def _text(value: Any) -> str:
    """A text, or a truth value, in a cell."""
    return MISSING if not value else plain(value) if isinstance(value, str) else value


def _methods(table: pd.DataFrame) -> Column:
    """Names of methods, with the plug-in where a study calls it otherwise."""
    plugins = table["plugin"] if "plugin" in table else table["method"]
    pairs = zip(table["method"], plugins, strict=True)
    texts = tuple(method if method == plugin else f"{method} ({plugin})" for method, plugin in pairs)
    return Column("method", texts, texts)


def _levels(table: pd.DataFrame) -> Column:
    """Levels in words, from mild to harsh; rows without a level, such as those of dense networks, have a dash."""
    if "level_kind" not in table:  # a table that does not say what its levels count shows them as they are
        return Column("level", tuple(table["level"]), tuple(table["level"]))
    pairs = zip(table["level"], table["level_kind"], strict=True)
    found = [Level(text, level_kind) if text else None for text, level_kind in pairs]
    texts = [MISSING if level is None or level.text == DENSE_LEVEL else level.words for level in found]
    return Column("level", tuple(texts), tuple(2.0 if level is None else level.harshness for level in found))


def _keys(values: pd.Series) -> tuple[float, ...]:
    return tuple(math.nan if pd.isna(value) else float(value) for value in values)


def number(value: Any, unit: str) -> str:
    """One value, rounded as its unit asks; a missing one is a dash."""
    return MISSING if pd.isna(value) else _PRINTED[unit][1](value)


def heading(name: str, unit: str = "", *, words: str = "") -> str:
    """A column's name in words, those that its table gives it or its own, with its unit."""
    words = words or " ".join(_WORDS.get(word, word) for word in name.split("_"))
    shown = _PRINTED[unit][0] if unit else ""
    return f"{words} ({shown})" if shown else words


def unit_of(name: str, units: Mapping[str, str]) -> str:
    """Unit of a column of numbers; the ends of an interval have their estimate's where they state none.

    Raises: SchemaError: its table does not state one.
    """
    estimate = next((name.removesuffix(end) for end in _ENDS if name.endswith(end)), name)
    for stated in (name, estimate):
        if stated in units:
            return units[stated]
    raise SchemaError(f"column '{name}' has no unit; state it in the table's SPEC")


def times(ratio: Number) -> str:
    """A ratio for people.

    >>> times(3.9942), times(0.95), times(123.4)
    ('3.99x', '0.95x', '123x')
    """
    return f"{_three(ratio)}x" if ratio >= 1 else f"{ratio:.2f}x"


def _count(value: Number) -> str:
    return f"{round(value):,}"


def _millions(value: Number) -> str:
    return _three(value / 1e6)


def _three(value: Number) -> str:
    """At least three significant digits, without an exponent."""
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(float(value)))))
    return f"{value:,.{decimals}f}"


def _signed(value: Number) -> str:
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def _probability(value: Number) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _plain(value: Number) -> str:
    return f"{value:.4g}".replace("-", "−")


def _whole(value: Number) -> str:
    return str(int(value))


_PRINTED: dict[str, tuple[str, Callable[[Any], str]]] = {
    "share": ("%", lambda value: f"{100 * value:.2f}".replace("-", "−")),
    "points": ("points", lambda value: _signed(100 * value)),
    "points lost": ("points", lambda value: f"{100 * value:.1f}"),
    "logits": ("logits", _signed),
    "nats": ("nats", _plain),
    "p": ("", _probability),
    "times": ("", times),
    "milliseconds": ("ms", _three),
    "bytes": ("MB", _millions),
    "operations": ("millions", _millions),
    "size": ("", _count),
    "count": ("", _count),
    "votes": ("votes", _count),
    "id": ("", _whole),
    "class": ("", _whole),
    "seed": ("", _whole),
    "epoch": ("", _whole),
    "spread": ("", _plain),
    "penalty": ("", _plain),
    "number": ("", _plain),
}
