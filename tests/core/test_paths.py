"""Paths are bytes to the system: any of them can be opened, given back and told in a message."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from writers import BedGraph, write_bigwig, write_twobit

from maxatac import Genome, Track
from maxatac.errors import GenomeError, TrackError

# Greek in UTF-8; Latin-1; two that a lossy form makes the same.
NAMES = [b"plain", "\u03b2".encode(), b"caf\xe9", b"\xff\xfe"]


@pytest.fixture(params=NAMES, ids=lambda name: repr(name)[2:-1])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / os.fsdecode(request.param)
    path.mkdir()
    write_twobit(path / "x.2bit", {"c": "ACGT"})
    write_bigwig(path / "x.bw", {"c": 4}, [[("c", BedGraph([(1, 2, 1.0)]))]])
    return path


@pytest.mark.parametrize("spelt", [str, os.fsencode, Path], ids=["str", "bytes", "PathLike"])
def test_a_path_is_opened_and_given_back(folder: Path, spelt: type) -> None:
    genome, track = Genome(spelt(folder / "x.2bit")), Track(spelt(folder / "x.bw"))
    assert genome.chrom_sizes == track.chrom_sizes == {"c": 4}
    assert (genome.path, track.path) == (str(folder / "x.2bit"), str(folder / "x.bw"))
    assert repr(folder.name)[1:-1] in repr(track)


def test_errors_name_the_path_as_python_does(folder: Path) -> None:
    (folder / "x.2bit").write_bytes(b"12345678")
    (folder / "x.bw").write_bytes(b"12345678")
    for kind, name, error in ((Genome, "x.2bit", GenomeError), (Track, "x.bw", TrackError)):
        with pytest.raises(error) as caught:
            kind(folder / name)
        assert str(caught.value).startswith(f"{folder / name}: ")
        with pytest.raises(FileNotFoundError) as missing:
            kind(folder / "none")
        assert missing.value.filename == str(folder / "none")
        with pytest.raises(OSError, match="is a directory") as other:
            kind(folder)
        assert str(other.value).startswith(f"{folder}: ")


def test_what_is_no_path_is_refused(tmp_path: Path) -> None:
    for wrong in (5, None, ["x.bw"]):
        with pytest.raises(TypeError):
            Track(wrong)  # type: ignore[arg-type]
    with pytest.raises((ValueError, OSError)):
        Track(str(tmp_path / "a\0b"))


def test_a_locale_without_the_letters_is_no_hindrance(folder: Path) -> None:
    """Python's own ``open`` fails there with the path as a meta file spells it."""
    text = os.fsencode(folder / "x.bw").decode("utf-8", "surrogateescape")
    script = f"from maxatac import Track; track = Track({text!a}); print(track.chrom_sizes, track.path == {text!a})"
    environment = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "{'c': 4} True\n"
