"""What makes some examples hard for a known reason, one file each."""
