"""Train deep networks that predict transcription factor binding from ATAC-seq signal and DNA sequence.

``train(TrainConfig(...))`` runs a whole training, ``Trainer`` an epoch of one; ``Genome``, ``Track``, ``WindowReader``,
``Sampler`` and ``WindowDataset`` are the loader and work on their own. Names are loaded when they are first used, so
that ``import maxatac`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maxatac._core import Genome as Genome
    from maxatac._core import Memory as Memory
    from maxatac._core import Sampler as Sampler
    from maxatac._core import Track as Track
    from maxatac._core import WindowReader as WindowReader
    from maxatac.data.batches import WindowDataset as WindowDataset
    from maxatac.evaluation.benchmark_scorers import BenchmarkResult as BenchmarkResult
    from maxatac.evaluation.benchmarking import benchmark as benchmark
    from maxatac.evaluation.settings import BenchmarkConfig as BenchmarkConfig
    from maxatac.evaluation.settings import ThresholdConfig as ThresholdConfig
    from maxatac.evaluation.threshold import ThresholdResult as ThresholdResult
    from maxatac.evaluation.threshold import threshold as threshold
    from maxatac.prediction.merge import MergeResult as MergeResult
    from maxatac.prediction.merge import merge as merge
    from maxatac.prediction.peaks import PeaksResult as PeaksResult
    from maxatac.prediction.peaks import peaks as peaks
    from maxatac.prediction.settings import MergeConfig as MergeConfig
    from maxatac.prediction.settings import PeaksConfig as PeaksConfig
    from maxatac.prediction.settings import PredictConfig as PredictConfig
    from maxatac.prediction.workflow import PredictResult as PredictResult
    from maxatac.prediction.workflow import predict as predict
    from maxatac.preparation.binding import BindingResult as BindingResult
    from maxatac.preparation.binding import binding as binding
    from maxatac.preparation.settings import BindingConfig as BindingConfig
    from maxatac.preparation.settings import PrepareConfig as PrepareConfig
    from maxatac.preparation.workflow import PrepareResult as PrepareResult
    from maxatac.preparation.workflow import prepare as prepare
    from maxatac.training.result import TrainResult as TrainResult
    from maxatac.training.settings import TrainConfig as TrainConfig
    from maxatac.training.trainer import Trainer as Trainer
    from maxatac.training.workflow import train as train

_HOMES = {
    "BenchmarkConfig": "maxatac.evaluation.settings",
    "BenchmarkResult": "maxatac.evaluation.benchmark_scorers",
    "BindingConfig": "maxatac.preparation.settings",
    "BindingResult": "maxatac.preparation.binding",
    "Genome": "maxatac._core",
    "Memory": "maxatac._core",
    "MergeConfig": "maxatac.prediction.settings",
    "MergeResult": "maxatac.prediction.merge",
    "PeaksConfig": "maxatac.prediction.settings",
    "PeaksResult": "maxatac.prediction.peaks",
    "PredictConfig": "maxatac.prediction.settings",
    "PredictResult": "maxatac.prediction.workflow",
    "PrepareConfig": "maxatac.preparation.settings",
    "PrepareResult": "maxatac.preparation.workflow",
    "Sampler": "maxatac._core",
    "Track": "maxatac._core",
    "WindowReader": "maxatac._core",
    "ThresholdConfig": "maxatac.evaluation.settings",
    "ThresholdResult": "maxatac.evaluation.threshold",
    "TrainConfig": "maxatac.training.settings",
    "TrainResult": "maxatac.training.result",
    "Trainer": "maxatac.training.trainer",
    "WindowDataset": "maxatac.data.batches",
    "binding": "maxatac.preparation.binding",
    "merge": "maxatac.prediction.merge",
    "benchmark": "maxatac.evaluation.benchmarking",
    "peaks": "maxatac.prediction.peaks",
    "threshold": "maxatac.evaluation.threshold",
    "predict": "maxatac.prediction.workflow",
    "prepare": "maxatac.preparation.workflow",
    "train": "maxatac.training.workflow",
}

__all__ = [
    "BenchmarkConfig",
    "BenchmarkResult",
    "BindingConfig",
    "BindingResult",
    "Genome",
    "Memory",
    "MergeConfig",
    "MergeResult",
    "PeaksConfig",
    "PeaksResult",
    "PredictConfig",
    "PredictResult",
    "PrepareConfig",
    "PrepareResult",
    "Sampler",
    "ThresholdConfig",
    "ThresholdResult",
    "Track",
    "TrainConfig",
    "TrainResult",
    "Trainer",
    "WindowDataset",
    "WindowReader",
    "benchmark",
    "binding",
    "merge",
    "peaks",
    "threshold",
    "predict",
    "prepare",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("maxatac")
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'maxatac' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
