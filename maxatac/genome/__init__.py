"""Coordinates: chromosomes, intervals, windows, the split into training, validation and test."""
