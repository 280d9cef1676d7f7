from __future__ import annotations

import bz2
import gzip
import lzma
import os
import struct
from pathlib import Path

import pytest

from maxatac.errors import Problems
from maxatac.files.sniff import check_file, file_fault, phrase, sniff, sniff_bytes, whose

HEADS = [
    (b"", "empty"),
    (b"<!DOCTYPE html><html>", "HTML page"),
    (b"\n  <HTML>\n", "HTML page"),
    (b"<?xml version='1.0'?><Error/>", "HTML page"),
    (gzip.compress(b"x", mtime=0), "gzip"),
    (struct.pack("<IH", 0x888FFC26, 4), "bigWig"),
    (struct.pack(">IH", 0x888FFC26, 4), "bigWig"),
    (struct.pack("<IH", 0x8789F2EB, 4), "bigBed"),
    (struct.pack(">IH", 0x8789F2EB, 4), "bigBed"),
    (struct.pack("<II", 0x1A412743, 0), "2bit"),
    (struct.pack(">II", 0x1A412743, 1), "2bit"),
    (b"\x89HDF\r\n\x1a\n\0\0", "HDF5"),
    (b"PK\x03\x04\x14", "Zip"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS pointer"),
    (bz2.compress(b"x"), "bzip2"),
    (lzma.compress(b"x"), "xz"),
    (b"\x28\xb5\x2f\xfd\0", "Zstandard"),
    (b"BAM\1\0\0", "BAM"),
    (b"CRAM\3\0", "CRAM"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "Excel"),
    ("chr1\t1\t2\n".encode("utf-16"), "UTF-16 text"),
    (b"\xfe\xff" + "Cell_Line".encode("utf-16-be"), "UTF-16 text"),
    ("chr1\t1\t2\n".encode("utf-16-le"), "UTF-16 text"),
    ("chr1\t1\t2\n".encode("utf-16-be"), "UTF-16 text"),
    (b"\0\0\0\0", "unknown"),
    (b"chr1\t10\t20\n", "BED text"),
    (b"chr1 10 20 peak", "BED text"),
    (b"\xef\xbb\xbfchr1\t10\t20\r\n", "BED text"),
    (b'track name="x"\n# note\n\nchr1\t10\t20\n', "BED text"),
    (b"track type=narrowPeak\n", "BED text"),
    (b"track type=wiggle_0\nfixedStep chrom=chr1 start=1 step=1\n1\n", "wiggle text"),
    (b">chr1\nACGT\n", "FASTA text"),
    (b"chr1\t248956422\n", "unknown"),
    (b"Cell_Line\tTF\n", "unknown"),
    (b"\0\1\2\3", "unknown"),
]


@pytest.mark.parametrize(("head", "kind"), HEADS)
def test_sniff(tmp_path: Path, head: bytes, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(head)
    assert sniff(path) == sniff_bytes(head) == kind
    assert phrase(kind).startswith(("a ", "an ", "BED", "FASTA", "wiggle", "UTF"))


def test_file_faults(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("x")
    (tmp_path / "empty").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    faults = {
        "full": None,
        "empty": "is empty",
        "dangling": "is a link to a file that does not exist",
        "nothing": "does not exist",
        "full/below": "does not exist",
        ".": "is a directory",
        "pipe": "is not a regular file",
    }
    assert {name: file_fault(tmp_path / name) for name in faults} == faults
    assert str(file_fault(tmp_path / ("x" * 5000))).startswith("cannot be opened")


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0)
    # The superuser may read everything, so the kernel's answer is put in its mouth.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert file_fault(path) == "is not readable"


def test_check_file_names_the_path_and_the_purpose(tmp_path: Path) -> None:
    problems = Problems()
    assert not check_file(tmp_path / "gone.bed", problems, what="blacklist")
    assert not check_file(tmp_path, problems, what="meta file")
    assert [(problem.kind, problem.file) for problem in problems] == [
        ("missing file", tmp_path / "gone.bed"),
        ("unreadable file", tmp_path),
    ]
    assert problems.sentences()[0] == f"{tmp_path / 'gone.bed'}: blacklist does not exist"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users have no numbers here")
@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv", None])
def test_whose(mark: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = tmp_path.stat()
    assert whose(tmp_path / "mine" / "absent.bw", tmp_path) == ""
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    if mark is not None:
        (tmp_path / mark).parent.mkdir(exist_ok=True)
        (tmp_path / mark).touch()
    told = f"; it belongs to user {owner.st_uid}, and this is user 54321"
    hint = f": start the container with --user {owner.st_uid}:{owner.st_gid}" if mark else ""
    assert whose(tmp_path / "absent" / "file.bw", tmp_path) == told + hint
