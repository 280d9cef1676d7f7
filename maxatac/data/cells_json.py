"""Cell types from JSON: what a meta file says, as a workflow language can write it.

A meta file names files by their paths. A workflow engine moves files, and knows of those alone that are typed as files,
so it hands over records, with the paths that the files have where the program runs::

    {
      "tf": "CTCF",
      "cells": [
        {
          "cell_type": "GM12878",
          "atac_signal": "/data/GM12878_atac.bw",
          "binding": {"class": "File", "path": "/data/GM12878_CTCF_binding.bw"},
          "atac_peaks": "/data/GM12878_atac_peaks.bed",
          "chip_peaks": "/data/GM12878_CTCF_peaks.bed",
          "label": "Train"
        }
      ]
    }

A file is a path, as the ``write_json`` of WDL writes it, or a File object of the Common Workflow Language.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from maxatac.data.samples import (
    PATH_COLUMNS,
    PEAK_COLUMNS,
    Place,
    Sample,
    check_samples,
    label_of,
    resolve_path,
)
from maxatac.errors import Problems
from maxatac.files.sniff import check_file, phrase, sniff_bytes
from maxatac.files.strict_json import unique_keys

KEYS = {
    "cell_type": "Cell_Line",
    "atac_signal": "ATAC_Signal_File",
    "binding": "Binding_File",
    "atac_peaks": "ATAC_Peaks",
    "chip_peaks": "CHIP_Peaks",
    "label": "Train_Test_Label",
}
"""Keys of a record, and the columns of a meta file that they stand for."""

_FILES = tuple(key for key in KEYS if KEYS[key] in PATH_COLUMNS)
_PEAKS = tuple(key for key in _FILES if KEYS[key] in PEAK_COLUMNS)

# What a table with tabs cannot hold: control characters, and what may end a line.
_UNTABLED = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def read_cells(
    path: Path,
    problems: Problems,
    *,
    peaks_required: bool = True,
    test_cell_types: Sequence[str] | None = None,
) -> list[Sample]:
    """Read cell types from JSON, and check everything about them except the content of the files that they name.

    Parameters
    ----------
    path : Path
        UTF-8 JSON: an object with ``tf`` and ``cells``. Paths in it are absolute, else relative to the working
        directory, else to the folder of the JSON file.
    problems : Problems
        Places are records, counted from 1, and keys.
    peaks_required : bool
        If false, the peak files may be absent; those of test cell types always may.
    test_cell_types : sequence of str, optional
        Cell types that become Test, all others becoming Train; the labels are then not looked at.

    Returns
    -------
    list of Sample
        In the order of the file; incomplete if there are problems.
    """
    found = Problems()
    content = _parse(path, found)
    samples: list[Sample] = []
    if content is not None:
        here = Place(path)
        _check_keys(here, content, ("tf", "cells"), found)
        tf = _name(here, "tf", content.get("tf"), found)
        cells = content.get("cells")
        if not isinstance(cells, list) or not cells:
            told = "an empty list" if cells == [] else _shown(cells)
            here.tell(found, "value", told, expected="a list with one record per cell type", column="cells")
        else:
            for number, cell in enumerate(cells, 1):
                sample = _read_cell(path, number, cell, tf, peaks_required, test_cell_types, found)
                samples += [] if sample is None else [sample]
            check_samples(path, samples, test_cell_types, found, complete=len(samples) == len(cells))
    problems += found
    return samples


def _parse(path: Path, found: Problems) -> dict[str, Any] | None:
    if not check_file(path, found, what="cells file"):
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, object_pairs_hook=unique_keys)
    except json.JSONDecodeError as error:
        header = error.doc.lstrip().partition("\n")[0]
        hint = "a meta file with tabs is given by --meta_file" if "\t" in header and "{" not in header else None
        told, place = f"is not JSON ({error.msg})", f"column {error.colno}"
        found.add("format", told, hint=hint, file=path, line=error.lineno, place=place)
        return None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        kind = sniff_bytes(error.object)
        what = "bytes that are not UTF-8" if kind == "unknown" else phrase(kind)
        found.add("format", what, expected="JSON", file=path, line=line)
        return None
    except (OSError, ValueError, RecursionError) as error:
        found.add("format", f"cannot be read as JSON ({error})", file=path)
        return None
    if not isinstance(content, dict):
        found.add("format", _shown(content), expected="an object with the keys tf and cells", file=path)
        return None
    return content


def _read_cell(
    path: Path,
    number: int,
    cell: Any,
    tf: str,
    peaks_required: bool,
    test_cell_types: Sequence[str] | None,
    found: Problems,
) -> Sample | None:
    """Turn a record into a sample, with gaps where something is missing; None if it has no label."""
    place = here = Place(path, record=f"record {number}")
    if not isinstance(cell, dict):
        here.tell(found, "value", _shown(cell), expected=f"an object with the keys {', '.join(KEYS)}")
        return None
    name = _name(here, "cell_type", cell.get("cell_type"), found)
    if name:
        here = Place(path, record=f"{place} ({name})")
    _check_keys(here, cell, tuple(KEYS), found)
    given = cell.get("label")
    written = given.strip() if isinstance(given, str) else ""
    label = label_of(name, written, test_cell_types)
    files: dict[str, Path | None] = {}
    for key in _FILES:
        if cell.get(key) is not None:
            text = _path(here, key, cell[key], found)
            files[key] = resolve_path(here, key, text, found) if text else None
        else:
            files[key] = None
            # Nothing is drawn from the peaks of a test cell type.
            if key not in _PEAKS or (peaks_required and label != "Test"):
                here.tell(found, "value", "no file", expected="one", column=key)
    if label is None:
        told = f"'{written}'" if written else _shown(given)
        here.tell(found, "value", told, expected="Train or Test", column="label")
        return None
    return Sample(
        cell_line=name,
        tf=tf,
        signal=files["atac_signal"] or Path(),
        binding=files["binding"] or Path(),
        atac_peaks=files["atac_peaks"],
        chip_peaks=files["chip_peaks"],
        label=label,
        place=place,
    )


def _check_keys(here: Place, given: Mapping[str, Any], known: Sequence[str], found: Problems) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(known)}"
            here.tell(found, "value", f"unknown key {json.dumps(key)}", hint=hint)


def _name(here: Place, key: str, value: Any, found: Problems) -> str:
    """Read a name; empty if it cannot be one."""
    if not isinstance(value, str):
        here.tell(found, "value", _shown(value), expected="a name", column=key)
        return ""
    # White space around it would be lost in a meta file.
    name = value.strip(" ")
    if _UNTABLED.search(name):
        here.tell(found, "value", json.dumps(name), expected="a name without tabs and line breaks", column=key)
        return ""
    # A dot is the empty cell of many tables; see meta.
    if name in ("", "."):
        here.tell(found, "value", "an empty name", expected="a name", column=key)
        return ""
    return name


def _path(here: Place, key: str, value: Any, found: Problems) -> str:
    """Read the path of a file; empty if there is none to be had."""
    if isinstance(value, dict):
        kind = value.get("class")
        if kind != "File":
            here.tell(found, "value", f"an object of class {_shown(kind)}", expected="a File", column=key)
            return ""
        text = value.get("path") or _local(value.get("location"))
        if not isinstance(text, str) or not text:
            where = f" (its location is {_shown(value['location'])})" if value.get("location") else ""
            told = f"a File without a local path{where}"
            here.tell(found, "value", told, expected="one that is staged here", column=key)
            return ""
    elif isinstance(value, str):
        text = value.strip()
        if not text:
            here.tell(found, "value", "an empty path", expected="a file", column=key)
            return ""
    else:
        here.tell(found, "value", _shown(value), expected="a path or a File", column=key)
        return ""
    if _UNTABLED.search(text):
        here.tell(found, "value", json.dumps(text), expected="a path without tabs and line breaks", column=key)
        return ""
    return text


def _local(location: Any) -> str | None:
    """Turn a location into a path; None if it is on another machine."""
    if not isinstance(location, str):
        return None
    parts = urlsplit(location)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return unquote(parts.path)
    return None if parts.scheme else unquote(location)


def _shown(value: Any) -> str:
    """Show a value of JSON, shortened."""
    if value is None:
        return "nothing"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
