"""The order of sites, as GNU sort sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from maxatac.prediction.settings import SITE_FORMATS
from maxatac.prediction.sites import call_sites, write_sites


@pytest.mark.skipif(shutil.which("sort") is None, reason="there is no sort")
@pytest.mark.parametrize("format", SITE_FORMATS)
def test_sort_finds_them_in_order(tmp_path: Path, format: str) -> None:
    starts = np.array([0, 96, 960, 9_600, 96_000, 100_000])
    sites = call_sites(starts, starts + 32, np.ones(len(starts)), 0.5)
    names = ("chr2", "chr10", "chr1", "chrX", "chr1_KI270706v1_random", "chrUn-1", "Chr3", "1", "é")
    path = tmp_path / f"sites.{format}"
    write_sites(path, dict.fromkeys(names, sites), format)
    assert len(path.read_text().splitlines()) == len(names) * len(starts)
    command = ["sort", "-c", "-k1,1", "-k2,2n", str(path)]
    subprocess.run(command, env=os.environ | {"LC_ALL": "C"}, check=True, timeout=60)
