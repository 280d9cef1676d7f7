"""What a right loader returns, worked out slowly with py2bit, pyBigWig and plain numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import py2bit
import pyBigWig
from numpy.typing import NDArray

WINDOW = 1024
BIN = 32

_COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")


def reverse_complement(sequence: str) -> str:
    """Read the other strand, 5' to 3'."""
    return sequence.translate(_COMPLEMENT)[::-1]


def encode(sequence: str) -> NDArray[np.float32]:
    """Encode letters one by one: shape (bases, 4), columns A, C, G, T; all zeros for any other letter."""
    rows = dict(zip("ACGT", np.eye(4, dtype=np.float32), strict=True))
    nothing = np.zeros(4, np.float32)
    return np.array([rows.get(letter, nothing) for letter in sequence.upper()], np.float32).reshape(-1, 4)


def decode(one_hot: NDArray[np.float32]) -> str:
    """Turn one-hot rows back into upper-case letters; rows of zeros are N, anything else is refused."""
    assert one_hot.dtype == np.float32
    assert one_hot.shape[1] == 4
    assert set(np.unique(one_hot)) <= {0.0, 1.0}
    assert one_hot.sum(axis=1).max(initial=0) <= 1
    codes = np.where(one_hot.any(axis=1), one_hot.argmax(axis=1), 4)
    return np.frombuffer(b"ACGTN", np.uint8)[codes].tobytes().decode()


class Files:
    """The files of a sampler, opened with other people's readers."""

    def __init__(self, genome: Path, signal: Sequence[Path], binding: Sequence[Path]) -> None:
        self.genome = py2bit.open(str(genome))
        self.signal = [pyBigWig.open(str(path)) for path in signal]
        self.binding = [pyBigWig.open(str(path)) for path in binding]

    def window(self, track: Any, chrom: str, start: int) -> NDArray[np.float32]:
        """Signal of a window, no data = 0."""
        if chrom not in track.chroms():
            return np.zeros(WINDOW, np.float32)
        values = np.zeros(WINDOW, np.float32)
        end = min(start + WINDOW, track.chroms(chrom))
        if start < end:
            values[: end - start] = np.nan_to_num(track.values(chrom, start, end, numpy=True), nan=0.0)
        return values

    def input(self, track: Any, chrom: str, start: int, *, reverse: bool) -> NDArray[np.float32]:
        """One input, shape (1024, 5)."""
        sequence = self.genome.sequence(chrom, start, start + WINDOW)
        signal = self.window(track, chrom, start)
        if reverse:
            sequence, signal = reverse_complement(sequence), signal[::-1]
        return np.column_stack([encode(sequence), signal])

    def target(self, track: Any, chrom: str, start: int, *, reverse: bool, scale: float | None) -> NDArray[np.float32]:
        """One target, shape (32,): labels, or bin means times ``scale``."""
        bins = self.window(track, chrom, start).astype(np.float64).reshape(-1, BIN)
        if scale is None:
            target = (bins.sum(axis=1) > 0.5 * BIN).astype(np.float32)
        else:
            target = (bins.mean(axis=1) * np.float32(scale)).astype(np.float32)
        return np.flip(target) if reverse else target

    def batch(
        self, plan: Mapping[str, Any], chroms: Sequence[str], *, scale: float | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The batch that belongs to a plan."""
        inputs, targets = [], []
        columns = (plan[name].tolist() for name in ("track", "chrom", "start", "reverse"))
        for track, chrom, start, reverse in zip(*columns, strict=True):
            inputs.append(self.input(self.signal[track], chroms[chrom], start, reverse=reverse))
            targets.append(self.target(self.binding[track], chroms[chrom], start, reverse=reverse, scale=scale))
        return np.stack(inputs), np.stack(targets)
