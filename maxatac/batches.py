"""The loader as Keras sees it."""

from __future__ import annotations

import time

import keras
import numpy as np
from numpy.typing import NDArray

from maxatac._core import Sampler

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


class WindowDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of a sampler, as the Sequence of Keras.

    Item ``index`` is batch ``index`` of the current epoch, whatever was asked for before: Keras reads the first batches
    an extra time to learn their shapes, and a dataset that counted its calls would lose them.

    Parameters
    ----------
    sampler : Sampler
        Fills each batch with its own threads; Keras' workers stay off.
    batches : int
        Batches per epoch.

    Attributes
    ----------
    epoch : int
        Which epoch's batches are handed out; set it before each ``fit``. Fixed validation data leaves it at 0.
    seconds : float
        Time spent making batches so far.
    error : Exception or None
        What stopped the last batch. Backends wrap exceptions of a dataset in their own, so the original is kept here.
    """

    def __init__(self, sampler: Sampler, batches: int) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.sampler = sampler
        self.batches = batches
        self.epoch = 0
        self.seconds = 0.0
        self.error: Exception | None = None

    def __len__(self) -> int:
        """Batches per epoch."""
        return self.batches

    def __getitem__(self, index: int) -> Batch:
        """One batch.

        Returns
        -------
        inputs : shape (batch_size, 1024, 5), float32
        targets : shape (batch_size, 32), float32
        """
        begin = time.perf_counter()
        try:
            return self.sampler.batch(self.epoch, index)
        except Exception as error:
            self.error = error
            raise
        finally:
            self.seconds += time.perf_counter() - begin
