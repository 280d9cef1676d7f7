"""The loader as Keras sees it."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from maxatac._core import Batches, Sampler
from maxatac.backend.device import untuned_pipeline
from maxatac.genome.windows import BINS, WINDOW_LENGTH

Inputs = NDArray[np.float32] | tuple[NDArray[np.uint8], NDArray[np.float32]]
Batch = tuple[Inputs, NDArray[np.float32]]


class WindowDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of a sampler, as the Sequence of Keras.

    Item ``index`` is batch ``index`` of the current epoch, whatever was asked for before: Keras reads the first batches
    an extra time to learn their shapes, and a dataset that counted its calls would lose them. While items are asked for
    in order, the next ones are made ahead by the loader's own threads.

    Parameters
    ----------
    sampler : Sampler
        Fills each batch with its own threads; Keras' workers stay off.
    batches : int
        Batches per epoch.
    compact : bool
        Hand out inputs as ``(codes, signal)``, see ``Sampler.batch``.

    Attributes
    ----------
    epoch : int
        Which epoch's batches are handed out; set it before each ``fit``. Fixed validation data leaves it at 0.
    seconds : float
        Time spent waiting for batches so far, by whoever asked for them.
    error : Exception or None
        What stopped the last batch. Backends wrap exceptions of a dataset in their own, so the original is kept here.
    """

    def __init__(self, sampler: Sampler, batches: int, *, compact: bool = False) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.sampler = sampler
        self.batches = batches
        self.compact = compact
        self.epoch = 0
        self.seconds = 0.0
        self.error: Exception | None = None
        self._ahead: Batches | None = None
        self._next = (0, 0)

    def __len__(self) -> int:
        """Batches per epoch."""
        return self.batches

    def __getitem__(self, index: int) -> Batch:
        """One batch.

        Returns
        -------
        inputs : shape (rows, 1024, 5), float32; or codes and signal
            Of the sampler's rows, which are those of the whole batch unless processes share it.
        targets : shape (rows, 32), float32
        """
        begin = time.perf_counter()
        try:
            return self._batch(index)
        except Exception as error:
            self.error = error
            raise
        finally:
            self.seconds += time.perf_counter() - begin

    def for_fit(self) -> Any:
        """Give what ``fit``, ``evaluate`` and ``predict`` of a model are to be given: batches that end when they end.

        With TensorFlow, Keras makes a ``tf.data`` pipeline of a dataset and leaves its autotuning on. The pipeline is
        taken down when ``fit`` is done, and that waits until the autotuning thread wakes up: after 5.1, 10.2, 20.5, 41
        or 82 seconds, and then once a minute. So the same pipeline is made here, without autotuning. It holds one batch
        beyond the one that is computed. Other backends take the dataset as it is.

        Returns
        -------
        tf.data.Dataset, or this dataset
            Of the epoch that is set when the first batch is asked for.
        """
        if keras.config.backend() != "tensorflow":
            return self

        reference = weakref.ref(self)

        def batches() -> Iterator[Batch]:
            # TensorFlow keeps this function as long as the process lives. It must not keep the tracks of the sampler.
            data = reference()
            assert data is not None
            yield from (data[index] for index in range(len(data)))

        # Keras leaves the number of rows open, too: a network that is compiled for a known one rounds differently.
        windows = ((None, WINDOW_LENGTH, 5), "float32")
        codes, signal = (((None, WINDOW_LENGTH), kind) for kind in ("uint8", "float32"))
        targets = ((None, BINS), "float32")
        pipeline = untuned_pipeline(batches, ((codes, signal) if self.compact else windows, targets), len(self))
        # Who has the pipeline keeps the data.
        pipeline.source = self
        return pipeline

    def whole(self) -> WindowDataset:
        """Make the same dataset with all rows of each batch; this one, if it has them."""
        if self.sampler.rows == (0, self.sampler.batch_size):
            return self
        whole = WindowDataset(self.sampler.with_rows(0, self.sampler.batch_size), self.batches, compact=self.compact)
        whole.epoch = self.epoch
        return whole

    def close(self) -> None:
        """Let go of the batches made ahead, for an epoch that is not finished; the next item starts anew."""
        if self._ahead is not None:
            self._ahead.close()
        self._ahead = None

    def _batch(self, index: int) -> Batch:
        if self._ahead is None or self._next != (self.epoch, index):
            self.close()
            self._ahead = self.sampler.batches(self.epoch, index, max(self.batches, index + 1), compact=self.compact)
        try:
            batch = next(self._ahead)
        except BaseException:
            self.close()
            raise
        self._next = (self.epoch, index + 1)
        if index + 1 >= self.batches:
            self.close()
        return batch
