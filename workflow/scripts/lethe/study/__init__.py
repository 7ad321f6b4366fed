"""A study: its config, its grid, its options, and what is checked before anything starts. Never imports torch."""
