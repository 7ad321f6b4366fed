"""Where a study's files lie: patterns that the rules fill in, and that everything which looks for a file shares.

What measures and stages write that the report reads lies where `study.results` says.
"""

DECIDES_NO_RESULT = "where files lie, not what is in them"

STUDY = "results/{study}"
DENSE_CHECKPOINT = "results/{study}/checkpoints/{regime}/dense/0/seeds{block}.safetensors"
CHECKPOINT = "results/{study}/checkpoints/{regime}/{method}/{level}/seeds{block}.safetensors"
TWIN = "results/{study}/generalisation/{regime}/{twin}/seeds{block}.safetensors"
LABELLED = "results/{study}/labelled/seeds{block}.parquet"
PARTS = "results/{study}/parts/seeds{block}.parquet"
CHANNELS = "results/{study}/channels.json"
TRAJECTORIES = "results/{study}/trajectories/{regime}/seeds{block}.safetensors"
SNAPSHOTS = "results/{study}/snapshots/{regime}/seeds{block}.safetensors"
IMAGES_AND_EXAMPLES = "results/{study}/data/{split}{ending}"
EXAMPLES = "results/{study}/data/{split}.parquet"
ATTRIBUTES = "results/{study}/data/{split}.attributes.parquet"
TABLE = "results/{study}/tables/{table}"
FIGURE = "results/{study}/figures/{figure}"
EXPORT = "results/{study}/export/{regime}/{method}/{level}/seed{seed}"
REPORT, HEADLINES = "results/{study}/report.html", "results/{study}/headlines.txt"

# What a study has read that is no file of its own: a digest of the files that one part of its config names.
INPUTS = ".lethe/inputs/{study}/{part}.json"

# What this folder remembers of configs that were checked; part of no study.
CHECKED = ".snakemake/lethe/checked"
