"""From a checkpoint to one row a seed and example."""
