"""Bytes on disk, whatever is in them: written whole or not at all, hashed, told apart.

Nothing here knows what a run or a genome is.
"""
