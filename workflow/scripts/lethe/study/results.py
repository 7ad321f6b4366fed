"""The files that a study leaves and the report reads: what a row is, its columns, where it lies.

Stages write some of them (training, finding PIEs), measures the others; a measure's file says it in its SPEC, whose
literals are read here, so that nobody imports torch to read a table.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pyarrow as pa

from lethe.core import registry
from lethe.store import schema

Of = Literal["block", "cell", "regime", "seeds", "study"]
Cells = Literal["all", "dense", "compressed"]
Splits = Literal["all", "clean", "none"]
Writes = Literal["rows", "arrays"]
_BLOCK = "seeds{block}"
_ENDINGS: dict[Writes, str] = {"rows": "parquet", "arrays": "safetensors"}
_FOLDERS: dict[Of, str] = {
    "block": f"{{regime}}/{{method}}/{{level}}/{{split}}/{_BLOCK}",
    "cell": "{regime}/{method}/{level}/{split}",
    "regime": "{regime}/{split}",
    "seeds": f"{{split}}/{_BLOCK}",
    "study": "{split}",
}

NOTHING_RECORDED = pa.schema([])
# Networks in each of the populations that shares are between.
POPULATION = schema.schema((("population", "float64", "count"),))


@dataclass(frozen=True)
class Result:
    """The form of one result: what its files are of, their columns, where they lie.

    Attributes:
        of: what one file is of: a block of seeds of a cell, a cell, a regime, a block of seeds, the study.
        base: the columns that every file has, with their units.
        key: columns that tell the rows of one file apart.
        path: pattern below the study's folder.
        cells: of which cells there is one, where it is of blocks or cells.
        treated: whether there is one of the cells in which nothing is removed as well, see `treatments`.
        splits: on which splits: all, those without corruption, or on none in particular.
        writes: rows of a table, or arrays.
        optional: columns that some files have: lists of a length that the study decides.
        recorded: columns of numbers that stand once in a file's record, with their units; older files may lack them.
        may_have: names of further columns, of texts, that are gathered from the files that have them.
    """

    name: str
    of: Of
    base: pa.Schema
    key: tuple[str, ...]
    path: str
    cells: Cells = "all"
    treated: bool = False
    splits: Splits = "none"
    writes: Writes = "rows"
    optional: schema.Columns = ()
    recorded: pa.Schema = NOTHING_RECORDED
    may_have: tuple[str, ...] = ()

    def schema(self, **lengths: int) -> pa.Schema:
        """The columns of a file that has optional ones of these lengths."""
        return pa.schema([*self.base, *schema.schema(self.optional, lengths=lengths)])

    @property
    def names(self) -> tuple[str, ...]:
        """What tells its files apart: regime, method, level, split."""
        return tuple(name for name in ("regime", "method", "level", "split") if f"{{{name}}}" in self.path)


def _of_cell(name: str, columns: pa.Schema, key: tuple[str, ...], ending: str, **more: Any) -> Result:
    path = f"pies/{{regime}}/{{method}}/{{level}}/{{split}}{ending}.parquet"
    return Result(name, "cell", columns, key, path, cells="compressed", treated=True, splits="all", **more)


STAGES = {
    result.name: result
    for result in (
        Result(
            "curves",
            "block",
            schema.CURVES,
            ("seed", "epoch", "split"),
            "curves/{regime}/seeds{block}.parquet",
            cells="dense",
        ),
        _of_cell("pies", schema.PIES, ("example_id",), "", may_have=("path",)),
        _of_cell("shares", schema.SHARES, ("quantity",), ".shares", recorded=POPULATION),
        _of_cell("image_tests", schema.IMAGE_TESTS, ("example_id",), ".image_tests"),
        _of_cell("tests", schema.TESTS, (), ".tests"),
        _of_cell("classes", schema.CLASSES, ("label",), ".classes"),
        _of_cell("recalls", schema.RECALLS, ("seed", "label"), ".recalls"),
        _of_cell("by_size", schema.BY_SIZE, ("models",), ".by_size"),
        _of_cell("seeds", schema.SEEDS, ("seed",), ".seeds"),
    )
}


@cache
def result(name: str) -> Result:
    """The form of a result by its name: what a stage writes, or a measure.

    Raises: UnknownName: neither.
    """
    if name in STAGES:
        return STAGES[name]

    def stated(field: str, default: Any = registry.REQUIRED) -> Any:
        return registry.literal(registry.MEASURES, name, field, default=default)

    like = stated("like", "") or name
    of, splits, writes = stated("of"), stated("splits", "none"), stated("writes", "rows")
    columns: schema.Columns = registry.literal(registry.MEASURES, like, "columns")
    is_optional = [of_type.endswith("[]?") for _, of_type, _ in columns]
    return Result(
        name,
        of,
        schema.schema(column for column, optional in zip(columns, is_optional, strict=True) if not optional),
        tuple(registry.literal(registry.MEASURES, like, "key", default=())),
        stated("path", _path(name, of, splits, writes)),
        stated("cells", "all"),
        stated("treated", False),
        splits,
        writes,
        tuple(column for column, optional in zip(columns, is_optional, strict=True) if optional),
        schema.schema(stated("recorded", ())),
    )


def _path(name: str, of: Of, splits: Splits, writes: Writes) -> str:
    """Where a measure's files lie unless its SPEC says otherwise."""
    parts = [part for part in _FOLDERS[of].split("/") if part != "{split}" or splits != "none"]
    return f"measures/{'/'.join([name, *parts] if parts else [name, name])}.{_ENDINGS[writes]}"


# The measure that find_pies.py reads.
NEEDED_BY_PIES = "predictions"


def needed_results(name: str) -> tuple[str, ...]:
    """Other results that a measure is made from."""
    bare = [need.rpartition("/")[2].split(":")[0] for need in registry.literal(registry.MEASURES, name, "needs")]
    return tuple(need for need in bare if need in known_results())


def known_results() -> tuple[str, ...]:
    """Names of all results."""
    return (*STAGES, *registry.names(registry.MEASURES))
