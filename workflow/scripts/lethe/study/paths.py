"""Where the artefacts of a study lie, as patterns: the rules write them, `lethe status` and `lethe report` read them.

The words in braces are the wildcards of the rules; `grid.paths` fills them in.
"""

EXAMPLES = "results/{study}/data/{split}.parquet"
DENSE_CHECKPOINT = "results/{study}/checkpoints/{regime}/dense/0/seeds{block}.safetensors"
CHECKPOINT = "results/{study}/checkpoints/{regime}/{method}/{level}/seeds{block}.safetensors"
EVALUATION = "results/{study}/evaluations/{regime}/{method}/{level}/{split}/seeds{block}.parquet"
COST = "results/{study}/cost/{regime}/{method}/{level}/seeds{block}.parquet"
LATENCY = "results/{study}/cost/{regime}/{method}.latency.parquet"
CURVES = "results/{study}/curves/{regime}/seeds{block}.parquet"
TWIN = "results/{study}/generalisation/{regime}/{twin}/seeds{block}.safetensors"
GENERALISATION = "results/{study}/generalisation/{regime}/seeds{block}.parquet"
LABELLED = "results/{study}/labelled/seeds{block}.parquet"
PROBES = "results/{study}/probes/{regime}/seeds{block}.parquet"
# No regime can have a name with a dot in it.
BASELINES = "results/{study}/probes/baselines.{part}.parquet"
CHANNELS = "results/{study}/channels.json"
PIES = "results/{study}/pies/{regime}/{method}/{level}/{split}.parquet"
EXPORT = "results/{study}/export/{regime}/{method}/{level}/seed{seed}"

# What this folder remembers of configs that were checked; part of no study.
CHECKED = ".snakemake/lethe/checked"
