"""CPU time and memory of writing 32-bp bins as a bigWig: ``python tests/benchmarks/bigwig_writer.py [MEGABASES]``."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BIN = 32  # bp
_BINS_AT_ONCE = 1 << 18


def _bins(count: int, first: int) -> NDArray[np.float32]:
    """Smooth values, most of them near 0, as predictions are."""
    rng = np.random.default_rng(first)
    return np.convolve(rng.random(count) ** 8, np.full(9, 1 / 9), "same").astype(np.float32)


def _core(path: Path, count: int) -> float:
    from maxatac._core import BigWigWriter

    seconds = 0.0
    writer = BigWigWriter(path, {"chr1": count * _BIN})
    for first in range(0, count, _BINS_AT_ONCE):
        values = _bins(min(_BINS_AT_ONCE, count - first), first)
        begin = time.process_time()
        writer.write_bins("chr1", first * _BIN, _BIN, values)
        seconds += time.process_time() - begin
    begin = time.process_time()
    writer.close()
    return seconds + time.process_time() - begin


def _pybigwig(path: Path, count: int) -> float:
    import pyBigWig

    seconds = 0.0
    track = pyBigWig.open(str(path), "w")
    track.addHeader([("chr1", count * _BIN)])
    for first in range(0, count, _BINS_AT_ONCE):
        values = _bins(min(_BINS_AT_ONCE, count - first), first)
        begin = time.process_time()
        track.addEntries("chr1", first * _BIN, values=values, span=_BIN, step=_BIN)
        seconds += time.process_time() - begin
    begin = time.process_time()
    track.close()
    return seconds + time.process_time() - begin


def _pybigtools(path: Path, count: int) -> float:
    """Write through the crate bigtools; CPU time of its threads too, without that of making the values."""
    import pybigtools

    # It takes tuples, one a bin, from an iterator that it pulls in a thread of its own.
    making = 0.0

    def rows() -> Iterator[tuple[str, int, int, float]]:
        nonlocal making
        for first in range(0, count, _BINS_AT_ONCE):
            begin = time.thread_time()
            values = _bins(min(_BINS_AT_ONCE, count - first), first).tolist()
            making += time.thread_time() - begin
            for number, value in enumerate(values, first):
                yield "chr1", number * _BIN, (number + 1) * _BIN, value

    begin = time.process_time()
    pybigtools.open(str(path), "w").write({"chr1": count * _BIN}, rows())
    return time.process_time() - begin - making


def _measure(write: Callable[[Path, int], float], count: int) -> None:
    _bins(_BINS_AT_ONCE, 0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.bw"
        seconds = write(path, count)
        size = path.stat().st_size
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{write.__name__.lstrip('_'):12}{seconds:10.2f} s CPU{memory:10.0f} MB of memory{size / 1e6:10.1f} MB file")


if __name__ == "__main__":
    bins = int(sys.argv[1] if len(sys.argv) > 1 else 200) * 1_000_000 // _BIN
    for write in (_core, _pybigwig, _pybigtools):
        process = multiprocessing.get_context("spawn").Process(target=_measure, args=(write, bins))
        process.start()
        process.join()
