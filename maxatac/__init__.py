"""Train deep networks that predict transcription factor binding from ATAC-seq signal and DNA sequence.

``train(TrainConfig(...))`` runs a whole training, ``cross_validate`` one for each part of the data that is held out,
``Trainer`` an epoch of one; ``Genome``, ``Track``, ``WindowReader``, ``Sampler`` and ``WindowDataset`` are the loader
and work on their own. Names are loaded when they are first used, so that ``import maxatac`` costs next to nothing.
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
    from maxatac.preparation.average import AverageResult as AverageResult
    from maxatac.preparation.average import average as average
    from maxatac.preparation.binding import BindingResult as BindingResult
    from maxatac.preparation.binding import binding as binding
    from maxatac.preparation.normalize import NormalizeResult as NormalizeResult
    from maxatac.preparation.normalize import normalize as normalize
    from maxatac.preparation.settings import AverageConfig as AverageConfig
    from maxatac.preparation.settings import BindingConfig as BindingConfig
    from maxatac.preparation.settings import NormalizeConfig as NormalizeConfig
    from maxatac.preparation.settings import PrepareConfig as PrepareConfig
    from maxatac.preparation.workflow import PrepareResult as PrepareResult
    from maxatac.preparation.workflow import prepare as prepare
    from maxatac.training.cross_validation import CrossValidation as CrossValidation
    from maxatac.training.cross_validation import cross_validate as cross_validate
    from maxatac.training.result import TrainResult as TrainResult
    from maxatac.training.settings import TrainConfig as TrainConfig
    from maxatac.training.trainer import Trainer as Trainer
    from maxatac.training.workflow import train as train

_HOMES = {
    "AverageConfig": "maxatac.preparation.settings",
    "AverageResult": "maxatac.preparation.average",
    "BenchmarkConfig": "maxatac.evaluation.settings",
    "BenchmarkResult": "maxatac.evaluation.benchmark_scorers",
    "BindingConfig": "maxatac.preparation.settings",
    "BindingResult": "maxatac.preparation.binding",
    "CrossValidation": "maxatac.training.cross_validation",
    "Genome": "maxatac._core",
    "Memory": "maxatac._core",
    "MergeConfig": "maxatac.prediction.settings",
    "MergeResult": "maxatac.prediction.merge",
    "NormalizeConfig": "maxatac.preparation.settings",
    "NormalizeResult": "maxatac.preparation.normalize",
    "PeaksConfig": "maxatac.prediction.settings",
    "PeaksResult": "maxatac.prediction.peaks",
    "PredictConfig": "maxatac.prediction.settings",
    "PredictResult": "maxatac.prediction.workflow",
    "PrepareConfig": "maxatac.preparation.settings",
    "PrepareResult": "maxatac.preparation.workflow",
    "Sampler": "maxatac._core",
    "ThresholdConfig": "maxatac.evaluation.settings",
    "ThresholdResult": "maxatac.evaluation.threshold",
    "Track": "maxatac._core",
    "TrainConfig": "maxatac.training.settings",
    "TrainResult": "maxatac.training.result",
    "Trainer": "maxatac.training.trainer",
    "WindowDataset": "maxatac.data.batches",
    "WindowReader": "maxatac._core",
    "average": "maxatac.preparation.average",
    "benchmark": "maxatac.evaluation.benchmarking",
    "binding": "maxatac.preparation.binding",
    "cross_validate": "maxatac.training.cross_validation",
    "merge": "maxatac.prediction.merge",
    "normalize": "maxatac.preparation.normalize",
    "peaks": "maxatac.prediction.peaks",
    "predict": "maxatac.prediction.workflow",
    "prepare": "maxatac.preparation.workflow",
    "threshold": "maxatac.evaluation.threshold",
    "train": "maxatac.training.workflow",
}

__all__ = [
    "AverageConfig",
    "AverageResult",
    "BenchmarkConfig",
    "BenchmarkResult",
    "BindingConfig",
    "BindingResult",
    "CrossValidation",
    "Genome",
    "Memory",
    "MergeConfig",
    "MergeResult",
    "NormalizeConfig",
    "NormalizeResult",
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
    "average",
    "benchmark",
    "binding",
    "cross_validate",
    "merge",
    "normalize",
    "peaks",
    "predict",
    "prepare",
    "threshold",
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
