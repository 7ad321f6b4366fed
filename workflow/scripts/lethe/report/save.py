"""Write the report's tables and figures: equal values give equal bytes, each file is whole or absent."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from lethe.core.errors import DataError, SchemaError
from lethe.core.files import atomic, write_text
from lethe.core.schema import EXAMPLES
from lethe.core.tables import read_record, read_table, write_table
from lethe.report import style
from lethe.report.latex import latex
from lethe.report.spec import FigureSpec, Frames, TableSpec

# What would carry a date, a host or a version of the drawing library into the bytes.
_NO_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


def save_table(spec: TableSpec, table: pd.DataFrame, *, csv: Path, parquet: Path, tex: Path) -> None:
    """Write one table three times: csv and parquet with every digit, LaTeX rounded for people."""
    write_text(csv, table.to_csv(index=False, lineterminator="\n"))
    columns = pa.Schema.from_pandas(table, preserve_index=False).remove_metadata()
    write_table(parquet, table, columns, {"table": spec.name})
    write_text(tex, latex(spec, table))


def read_tables(paths: Sequence[Path]) -> Frames:
    """The report's tables by name, as `save_table` wrote them.

    Raises: SchemaError: a file is no table of the report.
    """
    return {_table_name(path): _frame(pq.read_table(path)) for path in paths}


def _frame(table: pa.Table) -> pd.DataFrame:
    """As pandas; integers with missing values stay integers, where pandas alone would make them floats."""
    gaps = [f.name for f in table.schema if pa.types.is_integer(f.type) and table[f.name].null_count]
    whole = table.select(gaps).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return table.to_pandas().assign(**{name: whole[name] for name in gaps})


def _table_name(path: Path) -> str:
    record = read_record(path)
    if "table" not in record:
        raise SchemaError(f"{path} is not a table of the report; give the parquet files that make_table.py wrote")
    return str(record["table"])


def save_figure(spec: FigureSpec, frames: Frames, *, png: Path, pdf: Path) -> None:
    """Draw one figure in the shared style and write it as PNG and PDF."""
    with style.applied():
        figure = spec.build(frames)
        for path, kind in ((png, "png"), (pdf, "pdf")):
            _write_figure(figure, path, kind)


def _write_figure(figure: Figure, path: Path, kind: str) -> None:
    with atomic(path) as temporary:
        figure.savefig(temporary, format=kind, metadata=_NO_METADATA[kind])


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
        found |= {int(i): _pixels(images[row]) for row, i in enumerate(examples) if int(i) in ids}
    if ids - set(found):
        missing = sorted(ids - set(found))[:5]
        raise DataError(f"no image for the examples {missing}; give the images of every split in the gallery")
    return pd.DataFrame({"example_id": list(found), "pixels": list(found.values())})


def _pixels(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[0] if image.shape[0] == 1 else np.moveaxis(image, 0, -1))


def read_class_names(examples: Sequence[Path]) -> dict[int, str]:
    """Names of the classes by label, from the tables of examples."""
    names: dict[int, str] = {}
    for path in examples:
        rows = read_table(path, EXAMPLES, ["label", "class_name"]).drop_duplicates()
        names |= dict(zip(rows["label"].astype(int), rows["class_name"].astype(str), strict=True))
    return names


def study_text(study: Mapping[str, Any]) -> str:
    """A study's config as YAML, keys in their order; where the data lie is nobody else's business."""
    import yaml

    shown = json.loads(json.dumps(study))
    shown.get("dataset", {}).pop("root", None)
    return str(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True))
