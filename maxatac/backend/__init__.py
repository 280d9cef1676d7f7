"""Keras' backend: its start, its devices, its threads and its processes.

TensorFlow and JAX are named here and nowhere else.
"""
