"""One page about a run, drawn from the files that the run left.

It can be drawn again at any time, and opens without a network.
"""
