"""The sites that ``predict`` and ``merge`` write are those that ``peaks`` calls in their tracks, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import predicting
import pytest
from predicting import PredictSet, track_intervals

from maxatac.prediction.merge import merge
from maxatac.prediction.peaks import peaks
from maxatac.prediction.settings import MergeConfig, PeaksConfig, PredictConfig
from maxatac.prediction.workflow import predict

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PredictSet:
    return predicting.make(tmp_path_factory.mktemp("predict"))


@pytest.fixture(autouse=True)
def without_xla(monkeypatch: pytest.MonkeyPatch) -> None:
    predicting.quick.leave_xla_out(monkeypatch)


def called(track: Path, output: Path, **settings: Any) -> bytes:
    return peaks(PeaksConfig(input_bigwig=track, output=output, **settings)).path.read_bytes()


def test_sites_are_the_same(made: PredictSet, tmp_path: Path) -> None:
    [first] = predict(PredictConfig(**made.settings(tmp_path / "first"))).tracks
    scores = np.array([row[2] for rows in track_intervals(first).values() for row in rows], np.float32)
    # A score of the track, as short a decimal as a table has it: a comparison with the decimal itself may lose it.
    for number, share in enumerate((0.3, 0.5, 0.9)):
        cutoff = {"cutoff_type": "score", "cutoff_value": float(str(np.quantile(scores, share, method="nearest")))}
        output = tmp_path / str(number)
        whole = predict(PredictConfig(**made.settings(output, **cutoff)))
        sites = whole.peaks[0].read_bytes()
        assert len(sites.splitlines()) > 1
        assert called(whole.tracks[0], output, **cutoff) == sites
    parts = [
        predict(PredictConfig(**made.settings(tmp_path / chrom, chroms=[chrom], **cutoff)))
        for chrom in sorted(made.sizes, reverse=True)
        if chrom in track_intervals(first)
    ]
    tracks = [part.tracks[0] for part in parts]
    joined = merge(MergeConfig(parts=tracks, output=tmp_path / "joined", prefix="x", **cutoff))
    assert joined.peaks is not None
    assert joined.peaks.read_bytes() == sites == called(joined.track, tmp_path / "joined", **cutoff)
