"""Other ways to make the same batches: each reads the windows of a plan into arrays that it keeps.

Files stay open and arrays are reused. What is left to numpy is done in two ways (:class:`Steps`): ``PLAIN`` is what
comes to mind first, ``TUNED`` the fastest that was found. Windows are read forward; a plan with reverse complements is
refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import BenchSet
from maxatac.genome.windows import BIN_SIZE, BINS, WINDOW_LENGTH

if TYPE_CHECKING:
    from maxatac._core import Plan

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]

CHANNELS = 5

# One row per byte of text, with room for the signal: a row of a batch is then one contiguous take.
LETTERS = np.zeros((256, CHANNELS), np.float32)
for _column, _letter in enumerate("ACGT"):
    LETTERS[ord(_letter), _column] = LETTERS[ord(_letter.lower()), _column] = 1

_ONES = {kind: np.ones(BIN_SIZE, kind) for kind in (np.float32, np.float64)}


@dataclass(frozen=True)
class Steps:
    """What numpy does for a window.

    Attributes
    ----------
    one_hot : callable
        Writes letters, shape (1024,) uint8, into the first four columns of a window, shape (1024, 5).
    fill_gaps : callable
        Puts 0 where values, shape (1024,), are NaN; may change them in place.
    bound : callable
        Tells of values, shape (1024,), whether the sum of each of 32 bins exceeds half its width.
    """

    one_hot: Callable[[NDArray[np.uint8], NDArray[np.float32]], None]
    fill_gaps: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    bound: Callable[[NDArray[Any]], NDArray[np.bool_]]


def _index(text: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    out[:, :4] = LETTERS[text, :4]


def _take(text: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    # With an output and without a check of the bounds.
    LETTERS.take(text, axis=0, out=out, mode="clip")


def _nan_to_num(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.nan_to_num(values, copy=False)


def _assign(values: NDArray[np.float32]) -> NDArray[np.float32]:
    values[np.isnan(values)] = 0
    return values


def _sum(values: NDArray[Any]) -> NDArray[np.bool_]:
    binned: NDArray[np.bool_] = values.reshape(BINS, BIN_SIZE).sum(axis=1) > BIN_SIZE / 2
    return binned


def _product(values: NDArray[Any]) -> NDArray[np.bool_]:
    binned: NDArray[np.bool_] = values.reshape(BINS, BIN_SIZE) @ _ONES[values.dtype.type] > BIN_SIZE / 2
    return binned


PLAIN = Steps(_index, _nan_to_num, _sum)
TUNED = Steps(_take, _assign, _product)


class WindowReader:
    """Reads batches window by window; a subclass knows how to read one.

    Parameters
    ----------
    steps : Steps
    data : BenchSet
    batch_size : int
    """

    def __init__(self, steps: Steps, data: BenchSet, batch_size: int) -> None:
        self._steps = steps
        self._chroms = data.chroms
        self._inputs = np.empty((batch_size, WINDOW_LENGTH, CHANNELS), np.float32)
        self._targets = np.empty((batch_size, BINS), np.float32)

    def read(self, plan: Plan) -> Batch:
        """Read the windows of a plan.

        Returns
        -------
        inputs : shape (batch_size, 1024, 5), float32
        targets : shape (batch_size, 32), float32
        """
        if plan["reverse"].any():
            raise ValueError("a peer reads forward only")
        columns = (plan["track"].tolist(), plan["chrom"].tolist(), plan["start"].tolist())
        for row, (track, chrom, start) in enumerate(zip(*columns, strict=True)):
            self._targets[row] = self.window(track, self._chroms[chrom], start, self._inputs[row])
        return self._inputs, self._targets

    def window(self, track: int, chrom: str, start: int, out: NDArray[np.float32]) -> NDArray[Any]:
        """Read one window into ``out``, shape (1024, 5), and return its targets, shape (32,)."""
        raise NotImplementedError


class PyBigWig(WindowReader):
    """pyBigWig with ``values(numpy=True)``, and py2bit."""

    def __init__(self, steps: Steps, data: BenchSet, batch_size: int) -> None:
        import py2bit
        import pyBigWig

        super().__init__(steps, data, batch_size)
        self._genome = py2bit.open(str(data.sequence))
        self._signal = [pyBigWig.open(str(path)) for path in data.signal]
        self._binding = [pyBigWig.open(str(path)) for path in data.binding]

    def window(self, track: int, chrom: str, start: int, out: NDArray[np.float32]) -> NDArray[Any]:
        """Read one window."""
        end = start + WINDOW_LENGTH
        self._steps.one_hot(np.frombuffer(self._genome.sequence(chrom, start, end).encode(), np.uint8), out)
        signal = self._signal[track].values(chrom, start, end, numpy=True)
        out[:, 4] = self._steps.fill_gaps(signal)
        binding = self._binding[track].values(chrom, start, end, numpy=True)
        return self._steps.bound(self._steps.fill_gaps(binding))


class PyBigTools(WindowReader):
    """pybigtools and py2bit; the values go into an array that is kept.

    pybigtools holds up to 5,000 inflated blocks per file, which is all of a small genome, and little of a large one.
    """

    def __init__(self, steps: Steps, data: BenchSet, batch_size: int) -> None:
        import py2bit

        super().__init__(steps, data, batch_size)
        self._data = data
        self._genome = py2bit.open(str(data.sequence))
        self._values = np.empty(WINDOW_LENGTH, np.float64)
        self.reopen()

    def reopen(self) -> None:
        """Open the tracks anew, without inflated blocks."""
        import pybigtools

        self._signal = [pybigtools.open(str(path)) for path in self._data.signal]
        self._binding = [pybigtools.open(str(path)) for path in self._data.binding]

    def window(self, track: int, chrom: str, start: int, out: NDArray[np.float32]) -> NDArray[Any]:
        """Read one window."""
        end = start + WINDOW_LENGTH
        self._steps.one_hot(np.frombuffer(self._genome.sequence(chrom, start, end).encode(), np.uint8), out)
        self._signal[track].values(chrom, start, end, fillna=0.0, arr=self._values)
        out[:, 4] = self._values
        self._binding[track].values(chrom, start, end, fillna=0.0, arr=self._values)
        return self._steps.bound(self._values)


class Decoded:
    """Whole chromosomes in memory: letters, and a float32 for each base of each track.

    It takes 1 + 8 bytes per base for each pair of tracks, which no human genome allows; it is here because slices of it
    are the least that Python can do.
    """

    def __init__(self, data: BenchSet) -> None:
        import py2bit

        from maxatac import Track

        genome = py2bit.open(str(data.sequence))
        sizes = genome.chroms()
        self.letters = {chrom: np.frombuffer(genome.sequence(chrom).encode(), np.uint8).copy() for chrom in data.chroms}

        def decode(path: object) -> dict[str, NDArray[np.float32]]:
            track = Track(str(path))
            return {chrom: _assign(track.values(chrom, 0, sizes[chrom])) for chrom in data.chroms}

        self.signal = [decode(path) for path in data.signal]
        self.binding = [decode(path) for path in data.binding]


class Slices(WindowReader):
    """Slices of chromosomes that were decoded beforehand."""

    def __init__(self, steps: Steps, data: BenchSet, batch_size: int, decoded: Decoded | None = None) -> None:
        super().__init__(steps, data, batch_size)
        self._decoded = decoded or Decoded(data)

    def window(self, track: int, chrom: str, start: int, out: NDArray[np.float32]) -> NDArray[Any]:
        """Read one window."""
        end = start + WINDOW_LENGTH
        self._steps.one_hot(self._decoded.letters[chrom][start:end], out)
        out[:, 4] = self._decoded.signal[track][chrom][start:end]
        return self._steps.bound(self._decoded.binding[track][chrom][start:end])


def make_peers(data: BenchSet, batch_size: int) -> dict[str, WindowReader]:
    """Make all peers that this environment has, by their name in the results."""
    decoded = Decoded(data)
    kinds: dict[str, Callable[[Steps, BenchSet, int], WindowReader]] = {
        "pybigwig": PyBigWig,
        "pybigtools": PyBigTools,
        "slices": partial(Slices, decoded=decoded),
    }
    return {
        f"{name}{suffix}": make(steps, data, batch_size)
        for name, make in kinds.items()
        for suffix, steps in (("", PLAIN), ("_tuned", TUNED))
    }
