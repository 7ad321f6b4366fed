"""Results of real studies, small and finished, in tests/golden: what the report's tests read, all or a part.

What measures say of difficulty, planted truth and groups is of a second study, `planted`, of the same regimes and
methods.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from lethe.compare.cells import in_order
from lethe.compare.frames import TRAITS, Frames, gather_result
from lethe.core import registry
from lethe.core.levels import DENSE
from lethe.run.report import Finished
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid
from lethe.study.needs import own_files
from lethe.study.results import STAGES, result
from support.stated import stated_rows, traits

ARCHIVE = Path(__file__).parents[1] / "golden/study"
STUDY = read_study_file(ARCHIVE / "study.yaml")
PLANTED = ARCHIVE.with_name("planted")
KINDS = (*STAGES, *registry.names(registry.MEASURES))


def archive(*, regimes: Sequence[str] = (), methods: Sequence[str] = (), splits: Sequence[str] = ("test",)) -> Finished:
    """The archived study as it would be with these regimes and methods alone (with all if none is named)."""
    kept = {name: regime for name, regime in STUDY.regimes.items() if name in (regimes or STUDY.regimes)}
    compression = {}
    for name, method in STUDY.compression.items():
        on = [regime for regime in method.regimes or STUDY.regimes if regime in kept]
        if on and name in (methods or STUDY.compression):
            compression[name] = method.model_copy(update={"regimes": on})
    evaluation = STUDY.evaluation.model_copy(update={"splits": list(splits)})
    changes = {"regimes": kept, "compression": compression, "evaluation": evaluation}
    return Finished(Grid(STUDY.model_copy(update=changes)), ARCHIVE)


def files(study: Finished, kind: str) -> list[Path]:
    """The files that the archive has of one kind of result; none of predictions, which are large."""
    return [path for path in study.located(own_files(result(kind), study.grid).paths) if path.is_file()]


def frames(study: Finished) -> Frames:
    """Every kind of result, gathered; one that the archive has no file of is made up from what its file states."""
    grid = study.grid
    cells = {(cell.regime, cell.method, cell.level) for cell in (*grid.cells, *grid.treated_cells)}
    methods = [method for method in grid.study.compression if method != DENSE]
    found = {}
    for kind in KINDS:
        rows = _everything(kind)
        if rows.empty:
            levels = [(method, grid.levels(method)) for method in methods]
            rows = _with_traits(
                stated_rows(kind, regimes=list(grid.study.regimes), levels=levels, splits=grid.splits), kind
            )
        if "regime" in rows:
            rows = rows[rows["regime"].isin(list(grid.study.regimes))]
        if "method" in rows:
            rows = rows[[cell in cells for cell in zip(rows["regime"], rows["method"], rows["level"], strict=True)]]
        if "split" in result(kind).names:
            rows = rows[rows["split"].isin(grid.splits)]
        found[kind] = rows.reset_index(drop=True)
    return found


def _with_traits(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Made-up rows as they are gathered: in order, with what their records would say of the method and the regime."""
    names = result(kind).names
    if "method" in names:
        known = [traits(STUDY.plugin(method) if method != DENSE else DENSE) for method in rows["method"]]
        rows = rows.assign(**{name: [of_one[name] for of_one in known] for name in TRAITS})
    if "regime" in names:
        rows = rows.assign(regime_plugin=[STUDY.regime_plugin(regime) for regime in rows["regime"]], stop_after="")
        rows = in_order(rows)
    return rows


@cache
def _everything(kind: str) -> pd.DataFrame:
    """All rows of one kind, read once in a process."""
    paths = files(archive(splits=STUDY.evaluation.splits), kind)
    if not paths and kind in registry.names(registry.MEASURES):
        paths = sorted(PLANTED.glob(f"measures/{kind}/**/*.parquet"))
    return gather_result(kind, paths) if paths else pd.DataFrame()
