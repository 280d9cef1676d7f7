"""Time and memory of normalising a dense track: ``python tests/benchmarks/normalize.py [MEGABASES] [coverage|noise]``.

The track has a value for each base, as the original's ``average`` and ``normalize`` write them, in eight chromosomes.
The original's method is beside it: values of a chromosome as a Python list, numpy, ``addEntries`` of a list.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_CHROMS = 8
_SLOP = 20
_AT_ONCE = 1 << 20
_PERCENTILE = 99


def _values(kind: str, count: int, seed: int) -> NDArray[np.float32]:
    """Coverage by cut sites in reads per 20 million: few values and long runs; or another number on each base."""
    rng = np.random.default_rng(seed)
    if kind == "noise":
        return rng.gamma(0.3, size=count).astype(np.float32)
    rate = 0.02 * np.repeat(rng.gamma(0.2, 5, count // 500 + 1), 500)[:count]
    counts = np.convolve(rng.poisson(rate), np.ones(2 * _SLOP + 1), "same")
    return (np.round(counts) * 0.3891).astype(np.float32)


def _write(path: Path, kind: str, size: int) -> None:
    from maxatac._core import BigWigWriter

    writer = BigWigWriter(path, {f"chr{number}": size for number in range(1, _CHROMS + 1)}, threads=2)
    for number in range(1, _CHROMS + 1):
        for first in range(0, size, _AT_ONCE):
            values = _values(kind, min(_AT_ONCE, size - first), number * size + first)
            writer.write_bins(f"chr{number}", first, 1, values)
    writer.close()


def _ours(signal: Path, result: Path) -> None:
    from maxatac import NormalizeConfig, normalize

    normalize(NormalizeConfig(signal=signal, output=result.parent, prefix=result.stem, loglevel="error"))


def _original(signal: Path, result: Path) -> None:
    import pyBigWig

    with pyBigWig.open(str(signal)) as track, pyBigWig.open(str(result), "w") as written:
        sizes = track.chroms()
        every = np.empty(0, np.float32)
        for chrom, size in sizes.items():
            values = np.nan_to_num(np.array(track.values(chrom, 0, size), np.float32))
            every = np.concatenate((every, values))
        covered = every[every > 0]
        low, high = every.min(), np.percentile(covered, _PERCENTILE)
        np.median(covered), covered.mean(), covered.std()
        written.addHeader(sorted(sizes.items()))
        for chrom in sorted(sizes):
            values = np.nan_to_num(np.array(track.values(chrom, 0, sizes[chrom]), np.float32))
            scaled = (values - low) / (high - low)
            written.addEntries(chrom, 0, values=scaled.tolist(), span=1, step=1)


def _measure(normalise: Callable[[Path, Path], None], signal: Path, result: Path) -> None:
    begin = time.monotonic()
    normalise(signal, result)
    wall = time.monotonic() - begin
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{normalise.__name__.lstrip('_'):12}{wall:8.1f} s{usage.ru_utime + usage.ru_stime:8.1f} s CPU"
        f"{usage.ru_maxrss / 1024:8.0f} MB of memory{result.stat().st_size / 1e6:8.1f} MB file",
        flush=True,
    )


def _run(work: Callable[..., None], *arguments: object) -> None:
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()


if __name__ == "__main__":
    megabases = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in sys.argv[2:] or ("coverage", "noise"):
            signal = folder / f"{kind}.bw"
            _run(_write, signal, kind, megabases * 1_000_000 // _CHROMS)
            print(f"{kind}: {megabases} Mb, {signal.stat().st_size / 1e6:.1f} MB", flush=True)
            for normalise in (_ours, _original):
                _run(_measure, normalise, signal, folder / f"{kind}{normalise.__name__}.bw")
