"""What is measured of networks: what a result promises, and one file a result."""
