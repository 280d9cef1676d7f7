"""The network and what it is trained with: architectures, losses, metric, optimiser and batch-norm statistics.

Everything here uses ``keras`` and ``keras.ops`` alone, so that it runs on every backend of Keras.
"""
