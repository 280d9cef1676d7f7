"""Read and write files whatever their content: whole or not at all, with checksums, and with their format recognised.

Nothing here knows what a run or a genome is.
"""
