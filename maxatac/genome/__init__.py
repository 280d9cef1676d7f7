"""Coordinates: chromosomes, intervals, windows, the blacklist, and the split into training, validation and test.

Positions are 0-based and half-open everywhere.
"""
