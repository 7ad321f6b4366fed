"""Compression: channels, masks, clustering, repair, fine-tuning; the methods stand in `methods`, one file each."""
