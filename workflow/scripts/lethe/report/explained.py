"""Words in which tables and figures tell what the measure `explanation` found."""

# Columns that name the cell whose losses are foretold, and what they are called in tables.
CELL = {"one_regime": "regime", "one_method": "method", "one_level": "level"}
MODELS = {"vote_margin": "vote margin", "logistic": "logistic regression", "boosted_trees": "boosted trees"}
