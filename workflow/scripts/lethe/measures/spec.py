"""What a file in measures/results promises: one result: what it is of, what it needs, what its columns mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel

from lethe.core.options import NoOptions
from lethe.measures.given import Given
from lethe.store.schema import Columns
from lethe.study.results import Cells, Of, Splits, Writes

Measured: TypeAlias = pd.DataFrame | pa.Table | dict[str, np.ndarray]


@dataclass(frozen=True)
class MeasureSpec:
    """One measure: `SPEC = MeasureSpec(...)` in its file, all but `Options` and `measure` as literals.

    Rules, config keys, paths, the report's readers and the survey of `lethe status` follow from it.

    Attributes:
        of: what one file is of: "block" (a block of seeds of a cell), "cell" (all seeds), "regime", "seeds" (a block of
            seeds, whatever the regime), "study".
        columns: name, type, unit of each column (see `store.schema`); of arrays, their names.
        key: columns that tell the rows of one file apart; none of arrays.
        recorded: further columns of numbers, equal in all rows of a file, which stand once in its record: name, type,
            unit of each. Files that were made before one was recorded have none. A job that is `alone` records
            `other_load`.
        like: a measure that states the columns and the key, where two give rows of one form.
        measure: (what is given, options) -> rows with these columns, or arrays by name. It depends on what is given
            alone; a draw comes from the generators of `Given`.
        needs: what is given: "checkpoint" (the cell's networks), "dense" (the dense networks of the same seeds),
            "twins", "trajectories" and "snapshots" (of dense networks), "train", "test" (images), "split" (images of
            the split that is measured), "labelled", "parts" (images on which each seed is
            trained, where these are not all), "model", or a
            result by name, such as "predictions" or "shares". "dense/NAME" is that of the dense cell,
            "reference/NAME" that of the cell with the same treatment from which nothing was removed,
            "NAME:corrupted" that on corrupted splits alone. "attributes" are the groups of the examples.
        cells: of which cells a measure of blocks or cells is taken: "all", "dense", "compressed".
        splits: on which splits: "all", "clean" (not the corrupted copies), or "none" in particular.
        difficulties: of which measures of difficulty it loads the files: "population" or "network"; "" for none.
        blocks: "all" seeds, or the "first" block, for a measure of a cell that would cost too much.
        writes: "rows" or "arrays".
        default: whether it is taken in a study that does not say, or in one whose examples have "attributes", or in one
            in which something is "planted". A new measure is asked for by name otherwise, so that it starts no job in
            studies that are finished.
        resources: what a job asks for beside one core: mem_mb, runtime in minutes, gpu: 1 if it computes on a device.
        alone: whether other jobs beside it would change what is measured, as they do times: here it starts when no
            other job runs, and none starts beside it; on Slurm it asks for a node of its own.
        path: below the study's folder, where it is not measures/{name}/...
    """

    name: str
    summary: str
    source: str
    of: Of
    measure: Callable[[Given, Any], Measured]
    needs: tuple[str, ...]
    columns: Columns = ()
    key: tuple[str, ...] = ()
    recorded: Columns = ()
    like: str = ""
    cells: Cells = "all"
    treated: bool = False
    splits: Splits = "none"
    difficulties: str = ""
    blocks: str = "all"
    writes: Writes = "rows"
    default: bool | str = False
    Options: type[BaseModel] = NoOptions
    resources: Mapping[str, int] = field(default_factory=dict)
    alone: bool = False
    path: str = ""
