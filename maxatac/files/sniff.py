"""Recognise what a file is from its first bytes, so that a message can name a mix-up and not only the failure."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

from maxatac.errors import Kind, Problems

HEAD_LENGTH = 4096
"""Bytes read to tell a format."""

# Signatures from UCSC's format pages (bigWig, bigBed and 2bit, each in both byte orders), the HDF5 file format
# specification, RFC 1952 (gzip), RFC 8878 (Zstandard), PKWARE's APPNOTE (Zip), the SAM and CRAM specifications, the
# documentation of bzip2 and xz, and Microsoft's of compound files.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x26\xfc\x8f\x88", "bigWig"),
    (b"\x88\x8f\xfc\x26", "bigWig"),
    (b"\xeb\xf2\x89\x87", "bigBed"),
    (b"\x87\x89\xf2\xeb", "bigBed"),
    (b"\x43\x27\x41\x1a", "2bit"),
    (b"\x1a\x41\x27\x43", "2bit"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"PK\x03\x04", "Zip"),
    (b"PK\x05\x06", "Zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"BAM\1", "BAM"),
    (b"CRAM\3", "CRAM"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"version https://git-lfs", "Git LFS pointer"),
)

_PHRASES = {
    "HTML page": "an HTML page",
    "gzip": "a gzip file",
    "BED text": "BED text",
    "FASTA text": "FASTA text",
    "wiggle text": "wiggle text",
    "bigWig": "a bigWig",
    "bigBed": "a bigBed",
    "2bit": "a 2bit file",
    "HDF5": "an HDF5 file",
    "Zip": "a Zip archive (.keras and .xlsx files are such)",
    "bzip2": "a bzip2 file (unpack it, or pack it with gzip)",
    "xz": "an xz file (unpack it, or pack it with gzip)",
    "Zstandard": "a Zstandard file (unpack it, or pack it with gzip)",
    "BAM": "a BAM file",
    "CRAM": "a CRAM file",
    "Excel": "an Excel workbook (save it as text between tabs)",
    "UTF-16 text": "UTF-16 text (save it as UTF-8)",
    "empty": "an empty file",
    "Git LFS pointer": "a Git LFS pointer (fetch the file itself with `git lfs pull`)",
    "unknown": "a file of unknown format",
}

_HTML = re.compile(rb"\s*<(!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_BED_LINE = re.compile(rb"\s*\S+\s+\d+\s+\d+(\s|$)")


def sniff_bytes(head: bytes) -> str:
    """Name the format that a file's first bytes look like.

    Parameters
    ----------
    head : bytes
        The first few kilobytes, or all of it.

    Returns
    -------
    str
        A key of the table that :func:`phrase` puts into words: ``gzip``, ``BED text``, ``bigWig``, ``2bit``, ...;
        ``empty`` and ``unknown`` too.
    """
    if not head:
        return "empty"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    # Without a byte-order mark, UTF-16 shows by the zero byte beside each ASCII character.
    if len(head) > 3 and any(not any(head[place::2]) and all(head[1 - place :: 2]) for place in (0, 1)):
        return "UTF-16 text"
    text = head.removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(text):
        return "HTML page"
    return _sniff_text(text)


def sniff(path: str | os.PathLike[str]) -> str:
    """Name the format that a file looks like; see :func:`sniff_bytes`.

    Parameters
    ----------
    path : path-like
        A file that can be read.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with open(path, "rb") as file:
        return sniff_bytes(file.read(HEAD_LENGTH))


def phrase(kind: str) -> str:
    """Put a name from :func:`sniff` into words that follow "found"."""
    return _PHRASES[kind]


def file_fault(path: str | os.PathLike[str]) -> str | None:
    """Tell why a path cannot serve as an input file.

    Parameters
    ----------
    path : path-like
        What the user gave.

    Returns
    -------
    str or None
        Words that follow the path (``does not exist``, ``is a directory``, ``is not readable``, ``is empty``, ...);
        None if it is a file with something in it.
    """
    try:
        status = os.stat(path)
    except PermissionError:
        return f"is in a folder that may not be read{whose(path)}"
    except (FileNotFoundError, NotADirectoryError):
        return "is a link to a file that does not exist" if os.path.islink(path) else "does not exist"
    except (OSError, ValueError) as error:
        return f"cannot be opened ({error})"
    if stat.S_ISDIR(status.st_mode):
        return "is a directory"
    if not stat.S_ISREG(status.st_mode):
        # A pipe would be used up by the first look at it.
        return "is not a regular file"
    if not os.access(path, os.R_OK):
        return f"is not readable{whose(path)}"
    return "is empty" if status.st_size == 0 else None


def whose(path: str | os.PathLike[str], root: Path = Path("/")) -> str:
    """Name the owner of a path that the process may not use; in a container also the user to start it with.

    Parameters
    ----------
    path : path-like
        A file or folder; where it cannot be looked at, the folder around it that can.
    root : Path
        Where a container engine leaves its mark.

    Returns
    -------
    str
        Words that follow a message, such as ``; it belongs to user 1000``; empty if it is the process's own.
    """
    path = Path(path).absolute()
    for place in (path, *path.parents):
        with contextlib.suppress(OSError):
            status = place.stat()
            break
    else:
        return ""
    if not hasattr(os, "geteuid") or status.st_uid == os.geteuid():
        return ""
    told = f"; it belongs to user {status.st_uid}, and this is user {os.geteuid()}"
    if any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")):
        told += f": start the container with --user {status.st_uid}:{status.st_gid}"
    return told


def kind_of_fault(path: str | os.PathLike[str]) -> Kind:
    """Tell a path at which there is nothing from one at which something cannot be read."""
    return "unreadable file" if os.path.exists(path) else "missing file"


def check_file(path: str | os.PathLike[str], problems: Problems, *, what: str) -> bool:
    """Tell whether a path is a file with something in it, and add a problem if not.

    Parameters
    ----------
    path : path-like
        What the user gave.
    problems : Problems
    what : str
        What the file is for (``blacklist``, ``meta file``).
    """
    fault = file_fault(path)
    if fault is None:
        return True
    problems.add(kind_of_fault(path), f"{what} {fault}", file=path)
    return False


def _sniff_text(text: bytes) -> str:
    """Name the format of something that has no signature."""
    has_track_line = False
    for line in text.splitlines():
        words = line.split(maxsplit=1)
        if not words or words[0].startswith(b"#"):
            continue
        if words[0] in (b"track", b"browser"):
            has_track_line = True
        elif words[0] in (b"fixedStep", b"variableStep"):
            return "wiggle text"
        elif words[0].startswith(b">"):
            return "FASTA text"
        else:
            return "BED text" if _BED_LINE.match(line) else "unknown"
    return "BED text" if has_track_line else "unknown"
