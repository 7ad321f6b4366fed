"""The command `lethe`: what a person starts, follows and asks for. No other package imports it."""
