"""Results, one file each."""
