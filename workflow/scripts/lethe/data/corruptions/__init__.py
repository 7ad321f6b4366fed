"""Corruptions of images, one file each; every file without a SPEC is shared by several."""
