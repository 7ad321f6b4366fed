"""The quantities that are estimated of every compressed cell, by the names that its tables give them."""

# Each with its unit; `dense_` and `compressed_` name the population.
QUANTITIES = {
    "dense_accuracy": "share",
    "compressed_accuracy": "share",
    "reference_accuracy": "share",  # of dense networks after the same treatment
    "accuracy_change": "points",  # compressed minus reference
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
    "null_share": "share",  # modal labels of m dense networks against m other dense ones
    "compressed_null_share": "share",  # of m compressed networks against m other compressed ones
    "cross_share": "share",  # of m dense networks against m other compressed ones
    "excess_share": "points",  # cross minus null = shift + spread
    "shift": "points",  # cross minus the mean of null and compressed null
    "spread": "points",  # half of compressed null minus null
    "shift_from_reference": "points",  # the same three, with treated dense networks in place of the dense ones
    "spread_from_reference": "points",
    "excess_from_reference": "points",
    "left_out_pie_share": "share",  # PIEs chosen by all seeds but one
    "dense_accuracy_on_pies": "share",  # ... scored on that one
    "dense_accuracy_on_others": "share",
    "compressed_accuracy_on_pies": "share",
    "compressed_accuracy_on_others": "share",
    "dense_accuracy_on_null_pies": "share",  # chosen by dense against other dense networks, scored on a third party
    "compressed_accuracy_on_null_pies": "share",
    "dense_accuracy_on_cross_pies": "share",  # chosen by dense against other compressed networks
    "compressed_accuracy_on_cross_pies": "share",
    "dense_accuracy_cross_minus_null": "points",  # on cross PIEs minus on null PIEs
    "compressed_accuracy_cross_minus_null": "points",
    "naive_dense_accuracy_on_pies": "share",  # chosen and scored on the same seeds: circular
    "naive_dense_accuracy_on_others": "share",
    "naive_compressed_accuracy_on_pies": "share",
    "naive_compressed_accuracy_on_others": "share",
}

# Those of which the table of seeds has the value without each seed as well, for differences between cells.
WITHOUT = ("pie_share", "excess_from_reference", "shift_from_reference")
