"""Whether images that compression forgets are also the ones that corruption harms, see `pies.sensitivity`."""

from pathlib import Path

import numpy as np
import pandas as pd

from lethe.core.errors import PopulationError
from lethe.core.options import NoOptions
from lethe.core.splits import TEST, is_corrupted
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.pies.population import Population, read_population
from lethe.pies.sensitivity import Rights, sensitivity


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per set of images: the clean test images, then every corrupted copy; none without test images.

    Raises: PopulationError: splits or cells differ in their examples or seeds.
    """
    dense, compressed = _by_split(given, "dense/predictions"), _by_split(given, "predictions")
    columns = [name for name, _, _ in SPEC.columns]
    if TEST not in dense:
        return pd.DataFrame(columns=columns).astype({"images": str})
    clean = dense[TEST]
    for population in (*dense.values(), *compressed.values()):
        if not np.array_equal(population.example_ids, clean.example_ids):
            raise PopulationError(f"split '{population.cell.split}' has other examples than the test images")
    splits = {name: Rights(dense[name].is_right, compressed[name].is_right) for name in dense}
    found = sensitivity(clean, compressed[TEST], splits)
    rows = [{"images": name, **told} for name, told in found.items()]
    return pd.DataFrame(rows)[columns]


def _by_split(given: Given, need: str) -> dict[str, Population]:
    """The test images and their corrupted copies, in the order of the files."""
    paths: dict[str, list[Path]] = {}
    for path, record in zip(given.files[need], given.records()[need], strict=True):
        split = record["cell"]["split"]
        if split == TEST or is_corrupted(split):
            paths.setdefault(split, []).append(path)
    ordered = sorted(paths, key=lambda split: (split != TEST, list(paths).index(split)))
    return {split: read_population(paths[split]) for split in ordered}


SPEC = MeasureSpec(
    name="sensitivity",
    summary="accuracy on PIEs of the clean images and on the others, clean and corrupted",
    source="Hooker et al. 2019, arXiv:1911.05248",
    of="cell",
    cells="compressed",
    needs=("predictions", "dense/predictions"),
    columns=(
        ("images", "category", ""),  # test, or a corrupted copy
        ("pie_share", "float64", "share"),  # of the clean images, chosen by all seeds but one
        ("dense_on_pies", "float64", "share"),
        ("dense_on_pies_low", "float64", "share"),
        ("dense_on_pies_high", "float64", "share"),
        ("dense_on_others", "float64", "share"),
        ("dense_on_others_low", "float64", "share"),
        ("dense_on_others_high", "float64", "share"),
        ("dense_gap", "float64", "points"),  # accuracy on the others minus on PIEs
        ("dense_gap_low", "float64", "points"),
        ("dense_gap_high", "float64", "points"),
        ("compressed_on_pies", "float64", "share"),
        ("compressed_on_pies_low", "float64", "share"),
        ("compressed_on_pies_high", "float64", "share"),
        ("compressed_on_others", "float64", "share"),
        ("compressed_on_others_low", "float64", "share"),
        ("compressed_on_others_high", "float64", "share"),
        ("compressed_gap", "float64", "points"),
        ("compressed_gap_low", "float64", "points"),
        ("compressed_gap_high", "float64", "points"),
    ),
    key=("images",),
    resources={"mem_mb": 4000, "runtime": 30},
    measure=measure,
)
