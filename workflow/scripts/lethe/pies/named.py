"""Names beside numbers: of the classes that labels stand for, and of the files that images come from."""

from pathlib import Path

import pandas as pd

from lethe.store.schema import EXAMPLES, NAMES, name_column
from lethe.store.tables import read_record, read_table


def with_names(table: pd.DataFrame, examples: Path) -> pd.DataFrame:
    """A table with the columns of `schema.NAMES` that fit it, a path only where images have files of their own.

    Args: examples: the table of the split's examples.
    Raises: SchemaError: it is not one.
    """
    known = read_table(examples, EXAMPLES)
    classes = read_record(examples)["class_names"]
    for label in [str(name) for name in table if name_column(str(name)) in NAMES.names]:
        # A label that was excluded (-1) names no class.
        table = table.assign(**{name_column(label): pd.Categorical.from_codes(table[label], categories=classes)})
    if "path" in known and "example_id" in table:
        table = table.assign(path=table["example_id"].map(known.set_index("example_id")["path"]))
    return table
