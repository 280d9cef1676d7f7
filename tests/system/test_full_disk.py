"""A bigWig on a disk that fills."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from maxatac._core import Track
from maxatac.files.bigwig import new_bigwig

VALUES = np.random.default_rng(1).random(400_000, dtype=np.float32)


SIZES = {"chr1": 32 * len(VALUES)}


def write(path: Path) -> None:
    with new_bigwig(path, SIZES) as track:
        track.write_bins("chr1", 0, 32, VALUES)


@pytest.mark.parametrize("kilobytes", [4, 64, 1000, 1300, 1400])
def test_full_disk(small_disk: Path, kilobytes: int) -> None:
    path, filler = small_disk / "x.bw", small_disk / "filler"
    path.unlink(missing_ok=True)
    filler.write_bytes(bytes(3 * 1024 * 1024 - 1024 * kilobytes))
    with pytest.raises(OSError, match=str(path)) as caught:
        write(path)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert list(small_disk.iterdir()) == [filler]
    filler.unlink()
    write(path)
    np.testing.assert_array_equal(Track(path).intervals("chr1", 0, SIZES["chr1"])[2], VALUES)
