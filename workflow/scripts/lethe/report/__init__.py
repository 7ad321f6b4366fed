"""The page, and what it consists of: `tables`, `figures` and `sentences`, one file each. Never imports torch."""
