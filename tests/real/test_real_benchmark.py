"""``maxatac benchmark`` on the yeast set, against what the original computes, with the libraries that it calls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from numpy.typing import NDArray
from sklearn.metrics import auc, precision_recall_curve

from maxatac.evaluation.benchmarking import benchmark
from maxatac.evaluation.settings import BenchmarkConfig

CHROMS = ("chrI", "chrIII")
SIGNAL = "SRR1822137_part1of2_RP20M_minmax_percentile99.bw"


def summaries(path: Path, chrom: str, width: int) -> NDArray[np.float64]:
    """The highest value of each bin, as pyBigWig sees bins; no data is 0."""
    with pyBigWig.open(str(path)) as track:
        size = track.chroms(chrom)
        found = track.stats(chrom, 0, size, type="max", nBins=size // width, exact=True)
    return np.array([0.0 if value is None else value for value in found])


def test_original_equals_its_libraries(yeast: Path, tmp_path: Path) -> None:
    prediction, binding, black = yeast / SIGNAL, yeast / "Abf1_binding.bw", yeast / "sacCer3_blacklist.bw"
    benchmark(
        BenchmarkConfig(
            prediction=prediction, gold_standard=binding, blacklist_bw=black, chroms=CHROMS, original=True,
            full_curve=True, plot=False, output=tmp_path, prefix="Abf1",
        )
    )  # fmt: skip
    for chrom in CHROMS:
        for width in (32, 200):
            scores = summaries(prediction, chrom, width).round(9)
            labels, masked = summaries(binding, chrom, width) > 0, summaries(black, chrom, width) == 1
            assert masked.any()
            precision, recall, thresholds = precision_recall_curve(
                labels[~masked], scores[~masked], drop_intermediate=False
            )
            area, guess = auc(recall[:-1], precision[:-1]), labels.sum() / (~masked).sum()
            table = np.loadtxt(tmp_path / f"Abf1_{chrom}_{width}bp_PRC.tsv", skiprows=1, delimiter="\t")
            assert table.shape == (len(thresholds), 7)
            np.testing.assert_allclose(table[:, 0], precision[:-1], rtol=1e-9)
            np.testing.assert_allclose(table[:, 1], recall[:-1], rtol=1e-9)
            np.testing.assert_allclose(table[:, 2], thresholds, rtol=1e-6)
            expected = (area, labels.sum(), guess, np.log2(area / guess))
            assert table[0, 3:].tolist() == pytest.approx(expected, abs=1e-9)
