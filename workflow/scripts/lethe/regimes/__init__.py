"""Training regimes, one file each: which views and labels they use, and their loss."""
