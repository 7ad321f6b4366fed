"""Statistics over cells: equal size, equal drop, regimes, verdicts. Never imports torch."""
