"""One job of one measure: from the files it is given to its own, with a record of what they are of and made from."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lethe.core import registry
from lethe.core.errors import ConfigError, SchemaError
from lethe.core.explain import checked
from lethe.measures.given import Given
from lethe.measures.load import other_load
from lethe.measures.spec import Measured, MeasureSpec
from lethe.store.arrays import write_arrays
from lethe.store.provenance import made_by, networks_record
from lethe.store.tables import write_table
from lethe.study.results import Result, result

# A record says what belongs to one method only where its file is of one; all else belongs to the regime.
_OF = {"traits": "method", "achieved": "method"}


def measure(name: str, options: str, given: Given, output: Path, code_version: str) -> None:
    """Take one measure and write its file.

    Args: options: the measure's options as JSON.
    Raises:
        ConfigError: options that the measure does not know or allow.
        SchemaError: the measure gave other columns than it states, or two rows with one key.
    """
    spec: MeasureSpec = registry.load(registry.MEASURES, name)
    asked = checked(spec.Options, options, where=f"measures.{name}")
    with other_load() as load:
        measured = spec.measure(given, asked)
    record = _record(name, given, asked.model_dump(mode="json"), code_version)
    _write(output, measured, result(name), record | load if spec.alone else record)


def files_by_need(name: str, words: Sequence[str]) -> dict[str, list[Path]]:
    """The files that a measure is given, in the order of the words: `checkpoint=PATH`.

    Raises: ConfigError: a word names no need of the measure, or a need that must be met is met by none.
    """
    needs: tuple[str, ...] = registry.literal(registry.MEASURES, name, "needs")
    found: dict[str, list[Path]] = {need: [] for need in needs}
    for word in words:
        need, _, path = word.partition("=")
        if need not in found or not path:
            raise ConfigError(
                f"'{word}' given to measure '{name}'; allowed: NEED=PATH with NEED one of {', '.join(needs)}"
            )
        found[need].append(Path(path))
    lacking = [need for need, files in found.items() if not files and not _may_lack(need)]
    if lacking:
        raise ConfigError(f"measure '{name}' needs {', '.join(lacking)}, and no file is given; add {lacking[0]}=PATH")
    return found


def _may_lack(need: str) -> bool:
    """Whether a study may have no file of a need: labels, twins, snapshots, corrupted images are there if asked for."""
    return need in {"model", "labelled", "twins", "snapshots", "attributes", "parts"} or ":" in need


def _write(path: Path, measured: Measured, form: Result, record: dict[str, Any]) -> None:
    """Write rows or arrays, refused where they are not what the measure states or two rows have one key."""
    if form.writes == "arrays":
        assert not isinstance(measured, pd.DataFrame | pa.Table)
        _require_stated(measured, form, path)
        arrays = {name: np.asarray(values) for name, values in measured.items()}
        _require_types(arrays, form, path)
        write_arrays(path, arrays, record)
        return
    assert isinstance(measured, pd.DataFrame | pa.Table)
    _require_stated(measured.columns if isinstance(measured, pd.DataFrame) else measured.column_names, form, path)
    schema = form.schema(**_lengths(measured, form))
    keys = measured[list(form.key)] if isinstance(measured, pd.DataFrame) else measured.select(form.key).to_pandas()
    if keys.duplicated().any():
        twice = keys[keys.duplicated()].iloc[0].to_dict()
        raise SchemaError(f"{path}: two rows of '{form.name}' have {twice}; a measure gives each key once")
    write_table(path, measured, schema, record)


def _lengths(measured: pd.DataFrame | pa.Table, form: Result) -> dict[str, int]:
    """Lengths of the optional lists that a measure gave."""
    names = [name for name, _, _ in form.optional]
    if isinstance(measured, pd.DataFrame):
        return {name: len(measured[name].iloc[0]) for name in names if name in measured and len(measured)}
    return {name: measured.schema.field(name).type.list_size for name in names if name in measured.column_names}


def _require_stated(given: Iterable[str], form: Result, path: Path) -> None:
    """Refuse columns, or arrays, that the measure's file does not state, and those missing that it does."""
    stated, names = form.base.names, list(given)
    optional = [name for name, _, _ in form.optional]
    if not set(stated) <= set(names) <= {*stated, *optional}:
        raise SchemaError(f"{path}: {form.writes} {names} given, but '{form.name}' states {[*stated, *optional]}")


def _require_types(arrays: Mapping[str, np.ndarray], form: Result, path: Path) -> None:
    """Refuse arrays of other types than the measure states."""
    for column in form.base:
        found, stated = arrays[column.name].dtype, np.dtype(column.type.to_pandas_dtype())
        if found != stated:
            raise SchemaError(f"{path}: array '{column.name}' is {found}, '{form.name}' states {stated}")


def _record(name: str, given: Given, options: dict[str, Any], code_version: str) -> dict[str, Any]:
    """What a file is of, and what made it and the files that it was made from."""
    records = given.records()
    every = [record for of_need in records.values() for record in of_need]
    names = result(name).names
    networks = _networks(records)
    cell: dict[str, str] = {"split": given.split}
    cell |= {key: networks.pop(key) for key in ("regime", "method", "level") if key in networks}
    if not set(names) <= set(cell):
        raise ConfigError(
            f"measure '{name}' is of one {result(name).of}, but nothing that it needs says of which networks; "
            "add a need that does: checkpoint, dense, or a result of networks such as predictions"
        )
    return {
        "result": name,
        "cell": {key: cell[key] for key in names},
        **{key: value for key, value in networks.items() if _OF.get(key, "regime") in names},
        "seeds": sorted({seed for record in every for seed in record.get("seeds", [])}.union(given.seeds)),
        "options": options,
        "made_from": {need: sorted({_version(r) for r in of_need}) for need, of_need in records.items() if of_need},
        **made_by(code_version),
    }


def _networks(records: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What the first file says of its networks; those that a measure compares its own networks with come last."""
    own_first = sorted(records, key=lambda need: need.startswith(("dense", "reference", "twins")))
    found = (networks_record(record) for need in own_first for record in records[need])
    return next(filter(None, found), {})


def _version(record: dict[str, Any]) -> str:
    """What tells whether a file was made anew: the hash of its code, of images their checksum."""
    return str(record.get("sha256") or record.get("code_version", ""))
