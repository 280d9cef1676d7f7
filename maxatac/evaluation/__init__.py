"""Measure how good predictions are: rankings, curves, confidence intervals, baselines and thresholds.

The functions take arrays; none of them opens the folder of a run.
"""
