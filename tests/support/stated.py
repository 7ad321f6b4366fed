"""What plug-ins state, as made-up results say it: rows of a measure, traits of a method."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from lethe.core import registry
from lethe.core.levels import DENSE, DENSE_LEVEL
from lethe.core.splits import is_corrupted
from lethe.study.results import Result, result

STATED_TRAITS = ("level_kind", "pairing", "acts_on", "role", "control")
_ROWS = 4
_TEXTS = [f"kind{number}" for number in range(_ROWS)]


def stated_rows(
    name: str, *, regimes: Sequence[str], levels: Sequence[tuple[str, Sequence[str]]], splits: Sequence[str]
) -> pd.DataFrame:
    """Four rows per file of the measure in a study of these cells; all values differ, shares lie within 0..1."""
    kind = result(name)
    methods = [(method, level) for method, of_method in levels for level in of_method]
    if kind.cells != "compressed":
        methods = [(DENSE, DENSE_LEVEL), *(methods if kind.cells == "all" else [])]
    taken = [split for split in splits if kind.splits == "all" or not is_corrupted(split)]
    files = [
        {"regime": regime, "method": method, "level": level, "split": split}
        for regime, (method, level), split in product(regimes, methods, taken)
    ]
    named = pd.DataFrame(files)[list(kind.names)].drop_duplicates() if kind.names else pd.DataFrame(index=[0])
    parts = [_rows(kind, number, len(named)).assign(**about) for number, about in enumerate(named.to_dict("records"))]
    return pd.concat(parts, ignore_index=True).assign(**({} if "regime" in kind.names else {"regime": ""}))


def _rows(kind: Result, number: int, files: int) -> pd.DataFrame:
    whole = np.arange(_ROWS)
    part = (1 + number + whole / _ROWS) / (files + 2)
    columns = {}
    for column in kind.base:
        text = str(column.type)
        if text.startswith("int"):
            columns[column.name] = whole
        elif text == "bool":
            columns[column.name] = whole % 2 == 0
        else:
            columns[column.name] = part if text in ("double", "float") else _TEXTS
    return pd.DataFrame(columns)


def traits(plugin: str, treatment: str = "recalibrated") -> dict[str, str]:
    """What the record of a method's networks says of it; `trained` where it acts in training."""
    if plugin == DENSE:
        return {
            "plugin": DENSE,
            "treatment": "raw",
            **dict.fromkeys(STATED_TRAITS, ""),
            "level_kind": "none",
            "role": DENSE,
        }
    stated = {name: str(registry.literal(registry.METHODS, plugin, name, default="")) for name in STATED_TRAITS}
    in_training = stated["pairing"] == "in_training"
    stated["pairing"] = "independent" if in_training else "paired"
    return {"plugin": plugin, "treatment": "trained" if in_training else treatment, **stated}
