"""Columns, types and units of every table that one job writes and another reads, checked on write and on read.

Raise `VERSION` when a column changes its meaning, its type or its name. A new column does not: what lacks it is refused
by name, and the one rule that writes it runs again with its code, while checkpoints and other tables stay valid.
What measures write stands in their own files, see `measures.spec`.
"""

from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from lethe.core.errors import SchemaError

DECIDES_NO_RESULT = "names of columns; the code that fills them is hashed, VERSION is checked on reading"

VERSION = 2
# Versions whose files have no checksum: what they hold is read as it was, so that an old study's report can be made.
UNSEALED_VERSIONS = (1,)

# name, type, unit. A type that ends in []? is a list, as long in one file as the study decides, or missing.
Columns = tuple[tuple[str, str, str], ...]
_LIST = "[]?"

_TYPES: Final = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "float32": pa.float32(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}
# What a number counts or measures; report/table.py says how each is printed. Texts and truth values have none.
UNITS: Final = (
    "",
    "id",
    "class",
    "seed",
    "epoch",
    "count",  # of images, networks, rounds, ...
    "size",  # of a network: parameters; large counts
    "operations",
    "bytes",
    "milliseconds",
    "share",  # of a whole, in [0, 1]
    "points",  # difference of two shares, in [-1, 1]
    "points lost",  # a difference that is stated without its sign
    "logits",
    "nats",
    "votes",
    "p",  # probability of an observation as extreme as this
    "times",  # ratio
    "penalty",
    "spread",  # 1 as spread as can be, 0 all the same
    "number",  # without a unit
)


def schema(columns: Iterable[tuple[str, str, str]], *, lengths: dict[str, int] | None = None) -> pa.Schema:
    """Columns as parquet stores them, each with its unit.

    Args: lengths: of the columns that are lists; an optional column without a length is left out.
    Raises: SchemaError: a type or unit that is not known.
    """
    known = lengths or {}
    there = [column for column in columns if column[0] in known or not column[1].endswith(_LIST)]
    return pa.schema([_field(*column, known) for column in there])


def name_column(label: str) -> str:
    """The column that names the classes of a column of labels: `dense_class_name` of `dense_label`."""
    return label.replace("label", "class_name")


def units_of(columns: pa.Schema) -> dict[str, str]:
    """Unit of every column that has one."""
    return {f.name: f.metadata[b"unit"].decode() for f in columns if f.metadata and f.metadata.get(b"unit")}


def _field(name: str, of_type: str, unit: str, lengths: dict[str, int]) -> pa.Field:
    """One column as parquet stores it, its unit in the metadata; an unknown type or unit is refused."""
    base = of_type.removesuffix(_LIST)
    if base not in _TYPES or unit not in UNITS:
        raise SchemaError(
            f"column '{name}' of type '{of_type}' and unit '{unit}' given; types: {', '.join(_TYPES)}, each perhaps "
            f"with {_LIST}; units: "
            f"{', '.join(filter(None, UNITS))}, or none"
        )
    stored = _TYPES[base] if base == of_type else pa.list_(_TYPES[base], lengths[name])
    return pa.field(name, stored, metadata={"unit": unit} if unit else None)


EXAMPLES = schema((("example_id", "int64", "id"), ("label", "int64", "class"), ("class_name", "category", "")))
# Where images have files of their own: below the data set's root.
EXAMPLES_WITH_PATHS = pa.schema([*EXAMPLES, *schema((("path", "string", ""),))])

# One row per (seed, watched epoch, split): how learning went, on all images of both splits.
CURVES = schema(
    (
        ("seed", "int64", "seed"),
        ("epoch", "int64", "epoch"),
        ("split", "category", ""),
        ("accuracy", "float64", "share"),
        ("soft_error", "float64", "share"),  # mean of 1 - probability of the label
        ("feature_spread", "float64", "spread"),  # of the test features: 1 as spread as can be, 0 collapsed
    )
)

# One row per (attribute, example) of a split: which group the example belongs to.
ATTRIBUTES = schema((("attribute", "category", ""), ("example_id", "int64", "id"), ("value", "category", "")))

NO_TWIN = "none"

# One row per (seed, training image whose label the semi-supervised regimes of that seed may use).
LABELLED = schema((("seed", "int64", "seed"), ("example_id", "int64", "id")))

# One row per (seed, training image on which the networks of that seed are trained), where these are not all.
PARTS = LABELLED

PIES = schema(
    (
        ("example_id", "int64", "id"),
        ("label", "int64", "class"),
        ("dense_label", "int64", "class"),  # modal label of the dense population
        ("compressed_label", "int64", "class"),
        ("dense_agreement", "float64", "share"),  # of the population on its modal label
        ("compressed_agreement", "float64", "share"),
        ("is_pie", "bool", ""),
        ("kind", "category", ""),  # lost, gained, swapped, none
        ("flip_rate", "float64", "share"),  # of seeds whose own prediction changed
        ("taxicab", "int64", "votes"),  # L1 distance of the vote histograms, 0..2K
        ("margin_shift", "float64", "logits"),  # compressed minus dense, mean over seeds
        ("dense_tied", "bool", ""),
        ("compressed_tied", "bool", ""),
    )
)

# One row per image of one cell: whether it is reliably lost or gained.
IMAGE_TESTS = schema(
    (
        ("example_id", "int64", "id"),
        ("p", "float64", "p"),  # that it is as often right in the compressed population as in the reference
        ("smallest_p", "float64", "p"),  # that it could have
        ("q", "float64", "p"),  # false discovery rate at which it would just be found
        ("reliably_lost", "bool", ""),
        ("reliably_gained", "bool", ""),
    )
)

# What tables of labels have beside them where the study's examples are given: the names of classes, and of images that
# have files of their own (below the data set's root).
NAMES = schema(
    (
        ("class_name", "category", ""),
        ("dense_class_name", "category", ""),
        ("compressed_class_name", "category", ""),
        ("path", "string", ""),
    )
)

# One row per quantity of one cell: an estimate with its jackknife interval over seeds, and where it is a mean over
# images with that over seeds and images.
SHARES = schema(
    (
        ("quantity", "string", ""),
        ("estimate", "float64", "number"),
        ("low", "float64", "number"),
        ("high", "float64", "number"),
        ("two_way_low", "float64", "number"),
        ("two_way_high", "float64", "number"),
    )
)

# One row per cell: whether compression changed anything, and how many images reliably.
TESTS = schema(
    (
        ("models", "int64", "count"),  # K, in either population
        ("population", "int64", "count"),  # m, networks in each population of null, cross, excess, shift and spread
        ("p_swap", "float64", "p"),
        ("smallest_p_swap", "float64", "p"),  # that a test of so many networks can have
        ("reliably_lost", "int64", "count"),
        ("reliably_gained", "int64", "count"),
        ("could_be_found", "int64", "count"),  # images of which one alone could have been found
        ("detectable_shift", "float64", "points"),  # of single networks, that is found in 80 of 100 studies
    )
)

# One row per class of one cell.
CLASSES = schema(
    (
        ("label", "int64", "class"),
        ("examples", "int64", "count"),
        ("reference_recall", "float64", "share"),
        ("compressed_recall", "float64", "share"),
        ("recall_change", "float64", "points"),  # compressed minus dense, mean over seeds
        ("normalised_change", "float64", "points"),  # the same minus the change of accuracy
        ("low", "float64", "points"),  # 95 % interval of the normalised change
        ("high", "float64", "points"),
        ("p_paired", "float64", "p"),
        ("p_welch", "float64", "p"),
    )
)

# One row per seed and class of one cell.
RECALLS = schema(
    (
        ("seed", "int64", "seed"),
        ("label", "int64", "class"),
        ("reference_recall", "float64", "share"),
        ("compressed_recall", "float64", "share"),
    )
)

# One row per population size of one cell: how much of the PIE share is seed noise at that size.
BY_SIZE = schema(
    (
        ("models", "int64", "count"),  # in each of the two populations
        ("null_share", "float64", "share"),
        ("cross_share", "float64", "share"),
    )
)

# One row per seed of one compressed cell: for comparisons paired by seed, and for the interval of any difference.
SEEDS = schema(
    (
        ("seed", "int64", "seed"),
        ("dense_accuracy", "float64", "share"),
        ("reference_accuracy", "float64", "share"),  # of the dense network after the same treatment
        ("compressed_accuracy", "float64", "share"),
        ("flip_rate", "float64", "share"),  # of examples on which this seed's two predictions differ
        ("pie_share_without", "float64", "share"),  # of both populations less this seed: the jackknife's replicates
        ("excess_from_reference_without", "float64", "points"),  # NaN with fewer than 2 m + 1 seeds
        ("shift_from_reference_without", "float64", "points"),
    )
)
