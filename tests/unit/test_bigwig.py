"""bigWig files that are whole or absent, on disks that fill and in folders that go."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from maxatac.files.atomic import replacing
from maxatac.files.bigwig import new_bigwig

VALUES = np.random.default_rng(1).random(400_000, dtype=np.float32)
SIZES = {"chr1": 32 * len(VALUES)}


def write(path: Path) -> None:
    with new_bigwig(path, SIZES) as track:
        track.write_bins("chr1", 0, 32, VALUES)


@pytest.mark.parametrize("max_zooms", [0, 1, 3])
def test_number_of_zoom_levels(tmp_path: Path, max_zooms: int) -> None:
    path = tmp_path / "x.bw"
    with new_bigwig(path, SIZES, max_zooms=max_zooms) as track:
        track.write_bins("chr1", 0, 32, VALUES)
    with pyBigWig.open(str(path)) as track:
        assert track.header()["nLevels"] == max_zooms


def test_what_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    path.write_text("earlier")
    with pytest.raises(ValueError, match="chr1:0-32"), new_bigwig(path, SIZES) as track:
        track.write_bins("chr1", 0, 32, np.array([np.inf], np.float32))
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_goes_while_the_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "results" / "x.bw"
    path.parent.mkdir()
    with pytest.raises(FileNotFoundError) as caught, new_bigwig(path, SIZES) as track:
        shutil.rmtree(path.parent)
        track.write_bins("chr1", 0, 32, VALUES)
    assert caught.value.filename == str(path)


@pytest.mark.parametrize(
    ("name", "number"), [("gone/x.bw", errno.ENOENT), ("file/x.bw", errno.ENOTDIR), ("x" * 255, errno.ENAMETOOLONG)]
)
def test_path_that_cannot_be_opened(tmp_path: Path, name: str, number: int) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / name
    with pytest.raises(OSError, match="x") as caught:
        write(path)
    assert (caught.value.errno, caught.value.filename) == (number, str(path))


def test_folder_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(PermissionError) as caught:
        write(tmp_path / "x.bw")
    assert caught.value.filename == str(tmp_path / "x.bw")


def test_path_that_is_no_text(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9"))
    folder.mkdir()
    write(folder / "x.bw")
    assert os.listdir(os.fsencode(folder)) == [b"x.bw"]


def test_temporary_name_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "x.csv"
    with pytest.raises(FileNotFoundError) as caught, replacing(path) as partial:
        partial.write_text("x")
    assert caught.value.filename == str(path)
