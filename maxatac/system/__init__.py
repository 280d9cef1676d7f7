"""The process on this machine: signals, logs, progress, processors and memory."""
