"""The front door: what a person starts, follows and asks for. Nobody imports it."""
