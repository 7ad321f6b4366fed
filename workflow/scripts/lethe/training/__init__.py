"""The one training loop, its checkpoint and its trajectories."""
