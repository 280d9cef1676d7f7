"""The process and the machine that it runs on: signals, logs, progress bars, processors and memory.

Nothing here knows what is computed.
"""
