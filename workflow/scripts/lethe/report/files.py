"""The report's tables as files, and what it shows of the data set: pixels of a few examples, names of the classes.

Equal values give equal bytes; each file is whole or absent.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lethe.compare.frames import Frames, gather
from lethe.core import registry
from lethe.core.errors import DataError, SchemaError
from lethe.pies.quantities import QUANTITIES
from lethe.report.latex import latex
from lethe.report.spec import TableSpec
from lethe.report.words import is_number, unit_of
from lethe.store.files import write_text
from lethe.store.schema import EXAMPLES, units_of
from lethe.store.tables import read_record, read_table, write_table
from lethe.study.results import result


def make_table(name: str, cells: Sequence[Path], *, csv: Path, parquet: Path, tex: Path) -> None:
    """Build one table of the report from per-cell tables of any result, in the order of the study."""
    spec: TableSpec = registry.load(registry.TABLES, name)
    save_table(spec, spec.build(gather(cells, spec.reads)), csv=csv, parquet=parquet, tex=tex)


def save_table(spec: TableSpec, table: pd.DataFrame, *, csv: Path, parquet: Path, tex: Path) -> None:
    """Write one table three times: csv and parquet with every digit, LaTeX rounded for people."""
    write_text(csv, table.to_csv(index=False, lineterminator="\n"))
    units = table_units(spec.name)
    plain = pa.Schema.from_pandas(table, preserve_index=False).remove_metadata()
    columns = pa.schema(
        column.with_metadata({"unit": unit_of(column.name, units)}) if is_number(table[column.name]) else column
        for column in plain
    )
    write_table(parquet, table, columns, {"table": spec.name})
    write_text(tex, latex(spec, table, units))


def table_units(name: str) -> dict[str, str]:
    """Units of a table's columns: those of the results that it reads, and those that its SPEC states."""
    known = dict(QUANTITIES)
    for read in registry.literal(registry.TABLES, name, "reads"):
        known |= units_of(result(read).base)
    return known | dict(registry.literal(registry.TABLES, name, "units", default={}))


def read_tables(paths: Sequence[Path]) -> Frames:
    """The report's tables by name, as `save_table` wrote them.

    Raises: SchemaError: a file is no table of the report.
    """
    return {_table_name(path): _frame(pq.read_table(path)) for path in paths}


def read_units(paths: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Units of the columns of the report's tables, by table, as the files say them."""
    return {_table_name(path): units_of(pq.read_schema(path)) for path in paths}


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


def read_images(pairs: Mapping[Path, Path], wanted: pd.Series) -> pd.DataFrame:
    """Pixels of the wanted examples.

    Args:
        pairs: images (n, channels, height, width) -> the table of their examples, row by row.
        wanted: example ids; missing values are skipped.
    Returns: `example_id` and `pixels`, (h, w) or (h, w, 3).
    Raises: DataError: an example is in none of the files, or a file's rows do not fit its table.
    """
    ids = set(wanted.dropna().astype(int))
    found: dict[int, np.ndarray] = {}
    for images_path, examples_path in pairs.items():
        images, examples = np.load(images_path, mmap_mode="r"), read_table(examples_path, EXAMPLES)["example_id"]
        if len(images) != len(examples):
            raise DataError(
                f"{images_path} has {len(images)} images, {examples_path} {len(examples)} rows; prepare again"
            )
        wanted_rows = {int(i): images[row] for row, i in enumerate(examples) if int(i) in ids}
        found |= {
            i: np.ascontiguousarray(image[0] if len(image) == 1 else np.moveaxis(image, 0, -1))
            for i, image in wanted_rows.items()
        }
    if ids - set(found):
        missing = sorted(ids - set(found))[:5]
        raise DataError(f"no image for the examples {missing}; give the images of every split in the gallery")
    return pd.DataFrame({"example_id": list(found), "pixels": list(found.values())})


def read_class_names(examples: Sequence[Path]) -> dict[int, str]:
    """Names of the classes by label, from the tables of examples."""
    names: dict[int, str] = {}
    for path in examples:
        rows = read_table(path, EXAMPLES, ["label", "class_name"]).drop_duplicates()
        names |= dict(zip(rows["label"].astype(int), rows["class_name"].astype(str), strict=True))
    return names
