"""What a command leaves behind: the names of its files, its record, and the process that is writing them.

Nothing here needs Keras.
"""
