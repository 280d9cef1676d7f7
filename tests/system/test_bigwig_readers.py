"""bigWig files of our writer in the readers of genome browsers: igv.js, and UCSC's library in rtracklayer."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.bigwig_cases import CASES, Case
from core.bigwig_walk import walk

HERE = Path(__file__).parent
MOST = 3_000
"""Items that are compared at each end of a chromosome."""

SIGNED = ("a sequence of 3.2 Gb", "the longest sequence")
"""Both readers, and IGV itself, have no positions from 2^31 on."""

MANY_NAMES = ("70,000 contigs", "70,000 contigs with a base each")
"""igv.js reads no chromosome tree of more than 1 MB, whoever wrote it."""


@pytest.fixture(scope="session")
def igv() -> Path:
    """igv.js, as the package igv-notebook brings it; not imported, because it wants a notebook."""
    found = importlib.util.find_spec("igv_notebook")
    if found is None or found.origin is None or shutil.which("node") is None:
        reason = "needs node (Debian: nodejs) and igv.js (pip install --no-deps -r requirements-igv.lock)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return Path(found.origin).parent / "js" / "igv.iife.js"


@pytest.fixture(scope="session")
def rtracklayer() -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("no R (Debian: r-bioc-rtracklayer)")
    command = ["Rscript", "-e", "library(rtracklayer)"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("R has no rtracklayer (Debian: r-bioc-rtracklayer)")


def ends(case: Case) -> dict[str, list[tuple[int, int, list[list[float]]]]]:
    """Regions at both ends of the data of some chromosomes, and the intervals in them."""
    regions: dict[str, list[tuple[int, int, list[list[float]]]]] = {}
    for chrom in [*list(case.data)[:2], *list(case.data)[-1:]]:
        starts, stops, values = case.data[chrom]
        regions[chrom] = []
        for part in (slice(MOST), slice(max(0, len(starts) - MOST), None)):
            rows = np.stack((starts[part], stops[part], values[part].astype(np.float64)), axis=1)
            regions[chrom].append((int(starts[part][0]), int(stops[part][-1]), rows.tolist()))
    return regions


@pytest.mark.parametrize("name", [name for name in CASES if name not in (*SIGNED, *MANY_NAMES)])
def test_igv_reads_the_same(tmp_path: Path, igv: Path, name: str) -> None:
    case = CASES[name]
    path = case.write(tmp_path / "x.bw")
    walked = walk(path)
    # igv.js takes each byte of a name for a letter.
    chroms = [chrom.encode().decode("latin-1") for chrom in walked.chroms]
    asked: list[tuple[str, float, int, float]] = []
    expected: list[Any] = []
    for chrom, regions in ends(case).items():
        number = list(walked.chroms).index(chrom)
        for start, stop, rows in regions:
            # igv.js gives the interval that ends where the region begins, too.
            asked.append((chroms[number], start + 0.5, stop, 0))
            expected.append(rows)
        for reduction, records in walked.zooms.items():
            here = records[records["chrom"] == number]
            # A level is used where a pixel is wider than its windows.
            asked.append((chroms[number], 0, case.sizes[chrom], reduction + 0.5))
            means = here["sum"].astype(np.float64) / here["bases"]
            expected.append(np.stack((here["start"], here["end"], means), axis=1).tolist())
    job = json.dumps({"path": str(path), "regions": asked})
    command = ["node", str(HERE / "igv_reader.js"), str(igv)]
    found = json.loads(subprocess.run(command, input=job, capture_output=True, check=True, text=True).stdout)
    assert found["chroms"] == chroms
    assert sorted(found["zooms"]) == list(walked.zooms)
    bases, least, most, total, _ = walked.summary
    summary = found["summary"]
    assert (summary["basesCovered"], summary["minVal"], summary["maxVal"], summary["sumData"]) == (
        bases, least, most, total,
    )  # fmt: skip
    for question, items, rows in zip(asked, found["regions"], expected, strict=True):
        assert items == rows, question


@pytest.mark.slow
def test_rtracklayer_reads_the_same(tmp_path: Path, rtracklayer: None) -> None:
    jobs, wanted = [], []
    for number, (name, case) in enumerate(CASES.items()):
        if name in SIGNED:
            continue
        path = case.write(tmp_path / f"{number}.bw")
        chrom, regions = next(iter(ends(case).items()))
        for start, stop, rows in regions:
            jobs.append(f"{path}\t{chrom}\t{start}\t{stop}\n")
            wanted.append((case, chrom, rows))
    # One process: R takes seconds to load the library.
    command = ["Rscript", str(HERE / "rtracklayer_reader.R")]
    told = subprocess.run(command, input="".join(jobs), capture_output=True, check=True, text=True).stdout
    for (case, chrom, rows), part in zip(wanted, told.split("end\n")[:-1], strict=True):
        fields = [line.split("\t") for line in part.splitlines()]
        assert {row[1]: int(row[2]) for row in fields if row[0] == "chrom"} == case.sizes
        items = [[float(number) for number in row[1:]] for row in fields if row[0] == "item"]
        np.testing.assert_allclose(items, rows, rtol=1e-7)
        starts, stops, values = case.data[chrom]
        mean = np.average(values.astype(np.float64), weights=stops - starts)
        assert float(fields[-1][1]) == pytest.approx(mean, rel=1e-5)
