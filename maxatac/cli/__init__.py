"""The command line: it turns options into one call of a function, and errors into messages and exit statuses.

Each command has a file of its own, and numpy and Keras are imported only when a command runs.
"""
