"""`maxatac average` of more tracks than may be open at once."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pyBigWig
import tiny


def test_more_tracks_than_open_files(tmp_path: Path) -> None:
    paths = [tiny.write_bigwig(tmp_path / f"{n}.bw", [("a", n, n + 1, float(n + 1))], {"a": 99}) for n in range(70)]
    line = [sys.executable, "-m", "maxatac", "average", "-n", "mean", "-o", str(tmp_path / "out"), "-i"]
    done = subprocess.run(
        [*line, *map(str, paths)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with pyBigWig.open(str(tmp_path / "out" / "mean.bw")) as track:
        found = track.intervals("a")
    assert [start for start, _, _ in found] == list(range(70))
    assert [round(70 * value) for _, _, value in found] == list(range(1, 71))
