"""Fit a model: settings, inputs, epochs, checkpoints, and resuming a run that was stopped.

The selected model is then tested on chromosomes and cell types that took no part in fitting.
"""
