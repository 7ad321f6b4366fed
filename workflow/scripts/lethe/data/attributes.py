"""Attributes of examples from a file of the user's: a CSV with one row per example, and its columns.

It has a column `example_id` or `path` (below the data set's root) that says which example a row is of; every other
column is an attribute, whose values are groups. It may leave out whole splits, not some examples of one.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lethe.core.errors import ConfigError, DataError
from lethe.core.options import expanded
from lethe.data.spec import Split
from lethe.study.config import Study

_KEYS = ("example_id", "path")
MOST_GROUPS = 100


def with_attributes(splits: Mapping[str, Split], file: Path) -> dict[str, Split]:
    """The splits with the attributes that a file gives their examples.

    Raises: DataError: it cannot be read; it names examples that are not there, leaves some of a split out, or has one
        twice; an attribute has too many values for groups, or the name of one that there is already.
    """
    table, key = _read(file)
    known = pd.concat([_keys(split, key, file) for split in splits.values()])
    _refuse(table[key], known, key, file)
    return {name: _of_split(name, split, table, key, file) for name, split in splits.items()}


def check_attributes(study: Study, *, where: str) -> None:
    """Refuse a table of attributes that is not there or names no examples, before any job.

    Raises: ConfigError: in one sentence.
    """
    if study.dataset.attributes is None:
        return
    try:
        _read(expanded(study.dataset.attributes))
    except DataError as error:
        raise ConfigError(f"{where}: {error}") from None


def _read(file: Path) -> tuple[pd.DataFrame, str]:
    """The rows as texts, and the column that names examples."""
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"dataset.attributes: {file} cannot be read as a CSV with a heading ({error})") from None
    keys = [name for name in _KEYS if name in table]
    if len(keys) != 1:
        raise DataError(
            f"dataset.attributes: {file} has the columns {', '.join(table.columns)}; exactly one of example_id and "
            "path must be among them"
        )
    attributes = [name for name in table if name != keys[0]]
    if not attributes:
        raise DataError(f"dataset.attributes: {file} has no column but {keys[0]}; add one per attribute")
    for name in attributes:
        number = table[name].nunique()
        if number > MOST_GROUPS:
            raise DataError(
                f"dataset.attributes: column '{name}' of {file} has {number} values; allowed: at most {MOST_GROUPS} "
                "groups: cut numbers into bins"
            )
    return table, keys[0]


def _keys(split: Split, key: str, file: Path) -> pd.Series:
    """What rows may name in a split."""
    if key == "example_id":
        return pd.Series(split.example_ids.astype(str))
    if not split.paths:
        raise DataError(
            f"dataset.attributes: {file} names examples by path, but the images of this data set have none; name them "
            "by example_id"
        )
    return pd.Series(split.paths)


def _refuse(given: pd.Series, known: pd.Series, key: str, file: Path) -> None:
    """Refuse rows of examples that are not there, and two rows of one."""
    unknown = given[~given.isin(known)]
    if len(unknown):
        raise DataError(
            f"dataset.attributes: {len(unknown)} of {len(given)} rows of {file} name no example of this study, the "
            f"first {key} {unknown.iloc[0]!r}; remove them"
        )
    twice = given[given.duplicated()]
    if len(twice):
        raise DataError(f"dataset.attributes: {file} has {key} {twice.iloc[0]!r} twice; give every example one row")


def _of_split(name: str, split: Split, table: pd.DataFrame, key: str, file: Path) -> Split:
    """A split with its attributes; as it is where the file says nothing of it."""
    keys = _keys(split, key, file)
    rows = table.set_index(key).reindex(keys)
    number = int(keys.isin(table[key]).sum())
    if number == 0:
        return split
    if number < len(keys):
        missing = keys[~keys.isin(table[key])].iloc[0]
        raise DataError(
            f"dataset.attributes: {file} has rows of {number} of the {len(keys)} {name} examples, the first without "
            f"one is {missing!r}; give all of them a row, or none"
        )
    taken = set(rows.columns) & set(split.attributes)
    if taken:
        raise DataError(f"dataset.attributes: '{min(taken)}' of {file} is an attribute already; call it otherwise")
    attributes = {str(column): rows[column].to_numpy(dtype=object) for column in rows}
    return replace(split, attributes={**split.attributes, **attributes})
