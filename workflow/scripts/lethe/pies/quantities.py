"""The quantities that are estimated of every compressed cell, by the names that its tables give them."""

# Each with its unit; `dense_` and `compressed_` name the population.
QUANTITIES = {
    "dense_accuracy": "share",
    "compressed_accuracy": "share",
    "accuracy_change": "points",
    "dense_modal_accuracy": "share",
    "compressed_modal_accuracy": "share",
    "pie_share": "share",
    "lost_share": "share",
    "gained_share": "share",
    "swapped_share": "share",
    "untied_pie_share": "share",  # PIEs among examples where neither modal label is tied, over all examples
    "dense_tied_share": "share",
    "compressed_tied_share": "share",
    "flip_rate": "share",
    "taxicab_share": "share",  # mean taxicab distance over 2K
    "margin_shift": "logits",
    "null_share": "share",  # modal labels of dense half A against dense half B
    "cross_share": "share",  # modal labels of dense half A against compressed half B
    "excess_share": "points",  # cross_share minus null_share
    "held_out_pie_share": "share",  # PIEs chosen on one half of the seeds
    "dense_accuracy_on_pies": "share",  # ... scored on the other half
    "dense_accuracy_on_others": "share",
    "compressed_accuracy_on_pies": "share",
    "compressed_accuracy_on_others": "share",
    "naive_dense_accuracy_on_pies": "share",  # chosen and scored on the same seeds: circular
    "naive_dense_accuracy_on_others": "share",
    "naive_compressed_accuracy_on_pies": "share",
    "naive_compressed_accuracy_on_others": "share",
}

# Those of which the table of seeds has the value without each seed as well, for differences between cells.
WITHOUT = ("pie_share", "excess_share")
