"""Apply a trained model to whole chromosomes.

Windows are read as one stream, and the bins of a chromosome are given as soon as they are complete.
"""
