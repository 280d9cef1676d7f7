"""Simulate example data: a genome, a motif, and cell types with their tracks and peaks.

Every byte is determined by the settings and the seed, and binding needs both a motif match and accessible chromatin.
"""
