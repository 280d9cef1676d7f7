"""Make what is read ready for a network: cell types, regions of interest, tracks, labels of bins and batches.

Nothing here knows a model or an output folder.
"""
