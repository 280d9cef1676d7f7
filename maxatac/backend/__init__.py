"""Choose and start Keras' backend, and set its devices, threads and processes.

This is the only package that names TensorFlow or JAX.
"""
