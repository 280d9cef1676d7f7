"""A genome, a track, a reader and models of plain numpy, of which every number is known."""

from __future__ import annotations

import numpy as np


class ArrayGenome:
    """A genome of letters."""

    def __init__(self, **chroms):
        self._chroms = chroms
        self.chrom_sizes = {name: len(letters) for name, letters in chroms.items()}

    def one_hot(self, chrom, start, end):
        assert 0 <= start <= end <= self.chrom_sizes[chrom]
        letters = np.frombuffer(self._chroms[chrom][start:end].encode(), dtype="S1")
        return (letters[:, None] == np.array([b"A", b"C", b"G", b"T"])).astype(np.float32)


class ArrayTrack:
    """A track with one stored value per base."""

    path = "signal.bw"

    def __init__(self, **chroms):
        self._chroms = {name: np.asarray(values, dtype=np.float32) for name, values in chroms.items()}
        self.chrom_sizes = {name: len(values) for name, values in self._chroms.items()}

    def values(self, chrom, start, end):
        assert 0 <= start <= end <= self.chrom_sizes[chrom]
        return self._chroms[chrom][start:end]


class ArrayReader:
    """A reader of windows of the two."""

    def __init__(self, genome, track):
        self.genome, self._track, self.calls = genome, track, 0
        self.signal = [track]

    def chrom_numbers(self, names):
        known = list(self.genome.chrom_sizes)
        return np.array([known.index(name) for name in names], dtype=np.int32)

    def inputs(self, track, chrom, start, reverse):
        self.calls += 1
        names = list(self.genome.chrom_sizes)
        windows = []
        for number, first, turned in zip(chrom.tolist(), start.tolist(), reverse.tolist(), strict=True):
            where = names[number], first, first + 1024
            values = self._track.values(*where)
            window = np.column_stack([self.genome.one_hot(*where), np.where(np.isnan(values), 0, values)])
            windows.append(window[::-1, [3, 2, 1, 0, 4]] if turned else window)
        return np.stack(windows).astype(np.float32)


class Recorder:
    """A model of plain numpy, which remembers what it was given."""

    def __init__(self, function):
        self.function = function
        self.shapes = []

    def predict_on_batch(self, windows):
        self.shapes.append(windows.shape)
        return self.function(windows)


def mean_signal(windows):
    return windows[..., 4].reshape(-1, 32, 32).mean(axis=2)


def share_of_a(windows):
    return windows[..., 0].reshape(-1, 32, 32).mean(axis=2)


rng = np.random.default_rng(0)
SIZE = 5000  # 156 bins and 8 bases; the last window starts at 3968 and ends at 4992
LETTERS = "".join(rng.choice(list("ACGTN"), SIZE, p=[0.3, 0.2, 0.2, 0.28, 0.02]))
SIGNAL = rng.random(SIZE).astype(np.float32)
SIGNAL[1000:1100] = np.nan
GENOME = ArrayGenome(c=LETTERS)
TRACK = ArrayTrack(c=SIGNAL)


def binned(values):
    whole = len(values) // 32 * 32
    return np.nan_to_num(np.asarray(values, dtype=np.float64))[:whole].reshape(-1, 32)
