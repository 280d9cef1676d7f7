"""How good predictions are: rankings, curves, intervals, baselines and thresholds.

The parts take arrays; none of them opens the folder of a run.
"""
