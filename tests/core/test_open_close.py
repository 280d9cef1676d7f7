"""Thousands of readers, opened and dropped, leave no open file and take no memory."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from writers import FixedStep, write_bigwig, write_twobit

from maxatac import Genome, Track
from maxatac.errors import TrackError

CYCLES = 2000


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def resident() -> int:
    """Memory of this process in bytes; 0 where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return 0
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def test_readers_leave_nothing_behind(tmp_path: Path) -> None:
    genome = write_twobit(tmp_path / "x.2bit", {"c": "ACGTNNac" * 50})
    track = write_bigwig(tmp_path / "x.bw", {"c": 1000}, [[("c", FixedStep(0, 1, 1, [0.5] * 200))]])
    cut = tmp_path / "cut.bw"
    cut.write_bytes(track.read_bytes()[:300])

    def cycle() -> None:
        assert Genome(genome).one_hot("c", 0, 400).shape == (400, 4)
        assert len(Genome(genome).n_intervals("c")) == 50
        opened = Track(track)
        assert opened.values("c", 0, 1000).shape == (1000,)
        assert len(opened.intervals("c", 0, 1000)[0]) == 200
        with pytest.raises(TrackError):
            Track(cut).values("c", 0, 1000)

    # What Python and the allocator keep for later, they may take first.
    for _ in range(CYCLES // 4):
        cycle()
    gc.collect()
    files, memory = open_files(), resident()
    for _ in range(CYCLES):
        cycle()
    gc.collect()
    assert open_files() == files
    # One array of a cycle that stays would be 4 bytes times 1000 in each.
    assert resident() - memory < 1000 * CYCLES
