# A twin is a regime trained again with one thing changed: a share of random labels, or fewer images.
use rule train as train_twin with:
    output:
        TWIN,
    log:
        "results/{study}/logs/train_twin/{regime}/{twin}/seeds{block}.log",
    wildcard_constraints:
        twin=none_of(grid.twins),
    params:
        change=lambda wc: grid.twin_arguments(wc.twin),
    message:
        "Training {wildcards.regime} with {wildcards.twin}, seeds {wildcards.block}"
