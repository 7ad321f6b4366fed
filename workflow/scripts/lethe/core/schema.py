"""Columns and types of every table that one job writes and another reads, checked on write and on read.

Raise `VERSION` when a column changes its meaning, its type or its name.
"""

import pyarrow as pa

VERSION = 1

EXAMPLES = pa.schema(
    [
        ("example_id", pa.int64()),
        ("label", pa.int64()),
        ("class_name", pa.dictionary(pa.int32(), pa.string())),
    ]
)

TRAJECTORIES = pa.schema(
    [
        ("seed", pa.int64()),
        ("example_id", pa.int64()),
        ("epoch", pa.int64()),  # epochs finished when the example was evaluated
        ("correct", pa.bool_()),
        ("margin", pa.float32()),
        ("probability", pa.float32()),  # of the label
    ]
)

EVALUATIONS = pa.schema(
    [
        ("seed", pa.int64()),
        ("example_id", pa.int64()),
        ("label", pa.int64()),
        ("prediction", pa.int64()),
        ("confidence", pa.float32()),  # probability of the prediction
        ("margin", pa.float32()),  # logit of the label minus the largest other logit
        ("loss", pa.float32()),  # cross entropy, nats
    ]
)

PIES = pa.schema(
    [
        ("example_id", pa.int64()),
        ("label", pa.int64()),
        ("dense_label", pa.int64()),  # modal label of the dense population
        ("compressed_label", pa.int64()),
        ("dense_agreement", pa.float64()),  # share of the population on its modal label
        ("compressed_agreement", pa.float64()),
        ("is_pie", pa.bool_()),
        ("kind", pa.dictionary(pa.int32(), pa.string())),  # lost, gained, swapped, none
        ("flip_rate", pa.float64()),  # share of seeds whose own prediction changed
        ("taxicab", pa.int64()),  # L1 distance of the vote histograms, 0..2K
        ("margin_shift", pa.float64()),  # compressed minus dense, mean over seeds
        ("dense_tied", pa.bool_()),
        ("compressed_tied", pa.bool_()),
    ]
)

# What SHARES may hold of one cell; METHODS in docs/reading-the-report.md. `dense_`/`compressed_` name the population.
QUANTITIES = (
    "dense_accuracy",
    "compressed_accuracy",
    "accuracy_change",
    "dense_modal_accuracy",
    "compressed_modal_accuracy",
    "pie_share",
    "lost_share",
    "gained_share",
    "swapped_share",
    "untied_pie_share",  # PIEs among examples where neither modal label is tied, over all examples
    "dense_tied_share",
    "compressed_tied_share",
    "flip_rate",
    "taxicab_share",  # mean taxicab distance over 2K
    "margin_shift",
    "null_share",  # modal labels of dense half A against dense half B
    "cross_share",  # modal labels of dense half A against compressed half B
    "excess_share",  # cross_share minus null_share
    "held_out_pie_share",  # PIEs chosen on one half of the seeds
    "dense_accuracy_on_pies",  # ... scored on the other half
    "dense_accuracy_on_others",
    "compressed_accuracy_on_pies",
    "compressed_accuracy_on_others",
    "naive_dense_accuracy_on_pies",  # chosen and scored on the same seeds: circular
    "naive_dense_accuracy_on_others",
    "naive_compressed_accuracy_on_pies",
    "naive_compressed_accuracy_on_others",
)

# One row a quantity of one cell: an estimate with its jackknife interval.
SHARES = pa.schema(
    [
        ("quantity", pa.string()),
        ("estimate", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)

# One row a class of one cell.
CLASSES = pa.schema(
    [
        ("label", pa.int64()),
        ("examples", pa.int64()),
        ("dense_recall", pa.float64()),
        ("compressed_recall", pa.float64()),
        ("recall_change", pa.float64()),  # compressed minus dense, mean over seeds
        ("normalised_change", pa.float64()),  # the same minus the change of accuracy
        ("low", pa.float64()),  # 95 % interval of the normalised change
        ("high", pa.float64()),
        ("p_paired", pa.float64()),
        ("p_welch", pa.float64()),
    ]
)

# One row a population size of one cell: how much of the PIE share is seed noise at that size.
BY_SIZE = pa.schema(
    [
        ("models", pa.int64()),  # in each of the two populations
        ("null_share", pa.float64()),
        ("cross_share", pa.float64()),
    ]
)

# One row a network of one cell, the dense cell included: what it costs to keep and to run.
COST = pa.schema(
    [
        ("seed", pa.int64()),
        ("plugin", pa.string()),  # file in compress/, or "dense"
        ("level_kind", pa.string()),  # sparsity, channel_sparsity, bits; "none" for dense networks
        ("treatment", pa.string()),  # what was done after compression: raw, recalibrated, analytic, fine-tuned, ...
        ("simulated", pa.bool_()),  # stored and computed in float32 whatever the method's arithmetic would be
        ("parameters", pa.int64()),
        ("nonzero_parameters", pa.int64()),
        ("macs", pa.int64()),  # multiply-accumulates of one image in convolutions and linear layers, zeros included
        ("bytes", pa.int64()),  # of a plain safetensors state dict
        ("deflated_bytes", pa.int64()),  # of the same file after zlib
        ("packed_bytes", pa.int64()),  # if quantised weights were stored in their bits; otherwise as `bytes`
    ]
)

# One row a (level, batch size) of one method: dense and compressed networks timed in turns on one machine.
LATENCY = pa.schema(
    [
        ("level", pa.string()),
        ("batch", pa.int64()),  # images a forward pass
        ("threads", pa.int64()),
        ("rounds", pa.int64()),
        ("dense_milliseconds", pa.float64()),  # medians over rounds
        ("milliseconds", pa.float64()),
        ("milliseconds_low", pa.float64()),  # quartiles over rounds
        ("milliseconds_high", pa.float64()),
        ("speedup", pa.float64()),  # dense over compressed of the same round: median and quartiles
        ("speedup_low", pa.float64()),
        ("speedup_high", pa.float64()),
    ]
)

# One row a seed of one compressed cell: for comparisons that are paired by seed.
SEEDS = pa.schema(
    [
        ("seed", pa.int64()),
        ("dense_accuracy", pa.float64()),
        ("compressed_accuracy", pa.float64()),
        ("flip_rate", pa.float64()),  # share of examples on which this seed's two predictions differ
    ]
)


def with_logits(schema: pa.Schema, num_classes: int) -> pa.Schema:
    """An evaluation's schema with the logits of every class, as a fixed-size list of float32."""
    return schema.append(pa.field("logits", pa.list_(pa.float32(), num_classes)))
