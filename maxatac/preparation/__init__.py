"""From reads and peaks to the tracks that a model reads.

The commands ``prepare``, ``normalize``, ``average`` and ``binding``.
"""
