"""What is measured of networks: what a result promises; `results`, one file each."""
