"""Data sets, one file each; the store of memory-mapped images; batched views."""
