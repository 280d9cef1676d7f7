"""Draw one page about a run, from the files that the run left.

The page can be drawn again at any time, and no network is run for it.
"""
