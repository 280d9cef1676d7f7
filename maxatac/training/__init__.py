"""Fit a model: settings, inputs, epochs, checkpoints, and the independent test of the run."""
