"""Columns and types of every table that one job writes and another reads, checked on write and on read.

Raise `VERSION` when a column changes its meaning, its type or its name. A new column does not: what lacks it is refused
by name, and the one rule that writes it runs again with its code, while checkpoints and other tables stay valid.
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

# One row a (seed, watched epoch, split): how learning went; of the training split as many images as there are of test.
CURVES = pa.schema(
    [
        ("seed", pa.int64()),
        ("epoch", pa.int64()),
        ("split", pa.dictionary(pa.int32(), pa.string())),
        ("accuracy", pa.float64()),
        ("soft_error", pa.float64()),  # mean of 1 - probability of the label
        ("feature_spread", pa.float64()),  # of the test features: 1 as spread as can be, 0 collapsed
    ]
)

NO_TWIN = "none"
# One row a (twin, seed) of a regime: the study's own networks, and those trained with wrong labels or fewer images.
# Accuracies and soft errors on training images are of those whose labels were given; soft error as in CURVES.
GENERALISATION = pa.schema(
    [
        ("seed", pa.int64()),
        ("twin", pa.string()),  # none, noise0.05, size450
        ("images", pa.int64()),  # trained on
        ("labels", pa.int64()),  # given: fewer than images where a regime uses some
        ("wrong_labels", pa.int64()),  # of those given
        ("label_noise", pa.float64()),  # share of labels replaced by random ones, of which some are right by chance
        ("train_accuracy", pa.float64()),  # by the true labels
        ("given_accuracy", pa.float64()),  # by the labels given
        ("mislabelled_accuracy", pa.float64()),  # by the true labels where the given one is wrong; NaN where none is
        ("learned_wrong_share", pa.float64()),  # of the wrong labels, those that are predicted; NaN where none is wrong
        ("test_accuracy", pa.float64()),
        ("corrupted_test_accuracy", pa.float64()),  # mean over corrupted splits; NaN without one, and for twins
        ("train_soft_error", pa.float64()),  # by the true labels
        ("test_soft_error", pa.float64()),
    ]
)

# One row a (seed, training image whose label the semi-supervised regimes of that seed may use).
LABELLED = pa.schema([("seed", pa.int64()), ("example_id", pa.int64())])

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

# One row a (seed, probe): what a simple classifier, fitted to all training images, reads off frozen features.
PROBES = pa.schema(
    [
        ("seed", pa.int64()),  # -1 for pixels, which belong to no seed
        ("on", pa.string()),  # encoder, untrained (that seed's network before training), pixels
        ("probe", pa.string()),  # linear, knn
        ("accuracy", pa.float64()),  # on the test images
        ("train_accuracy", pa.float64()),  # knn: no image is its own neighbour
        ("penalty", pa.float64()),  # of the linear probe, chosen on held-out training images; NaN for knn
    ]
)

# One row a seed of one compressed cell: for comparisons paired by seed, and for the interval of any difference.
SEEDS = pa.schema(
    [
        ("seed", pa.int64()),
        ("dense_accuracy", pa.float64()),
        ("compressed_accuracy", pa.float64()),
        ("flip_rate", pa.float64()),  # share of examples on which this seed's two predictions differ
        ("pie_share_without", pa.float64()),  # of both populations less this seed: the jackknife's replicates
        ("excess_share_without", pa.float64()),  # NaN with fewer than 4 seeds
    ]
)


def with_logits(schema: pa.Schema, num_classes: int) -> pa.Schema:
    """An evaluation's schema with the logits of every class, as a fixed-size list of float32."""
    return schema.append(pa.field("logits", pa.list_(pa.float32(), num_classes)))
