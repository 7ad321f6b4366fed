"""Training regimes: which views and labels they use, and their loss; one file each in `kinds`."""
