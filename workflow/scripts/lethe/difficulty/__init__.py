"""Difficulty: how hard an example is for the dense networks of a regime, in the words of the field; higher = harder."""
