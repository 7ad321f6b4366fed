"""Lethe: which images does a neural network forget when it is compressed?"""
