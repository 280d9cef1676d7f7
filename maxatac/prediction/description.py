"""How a prediction is described: what its scores depend on, and what later commands compare of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.genome.windows import BIN_SIZE
from maxatac.prediction.calibration import SEEN
from maxatac.runs.command import CommandFolder
from maxatac.runs.input_files import InputFile
from maxatac.runs.record import package_versions

if TYPE_CHECKING:
    from maxatac.prediction.inputs import PredictInputs
    from maxatac.prediction.model_file import Predictor
    from maxatac.prediction.settings import PredictConfig

_SHAPING = ("step_size", "batch_size", "rev_comp", "clip_to_roi", "out_of_fold", "fast_math")
"""Settings that the scores depend on; all others may change when a run goes on."""

_COMPUTING = ("tensorflow", "tensorflow-cpu", "keras", "jax", "jaxlib", "numpy")
"""Packages that compute the scores."""

MADE_OF = "made_of"
"""Entry of the run record: what the results depend on."""


def journal_path(folder: CommandFolder) -> Path:
    """Name the file that keeps the finished chromosomes of a prediction."""
    return folder.named("_predict_parts.bin")


def made_of(
    config: PredictConfig, inputs: PredictInputs, paths: Mapping[str, Path], models: Sequence[str], device: str
) -> dict[str, Any]:
    """Describe what the scores depend on: what is kept in a journal is used only if all of it is the same.

    Parameters
    ----------
    config : PredictConfig
    inputs : PredictInputs
    paths : mapping of str to Path
        Files that are read, by purpose.
    models : sequence of str
        SHA-256 of each model.
    device : str
    """
    read = {name: path for name, path in paths.items() if not name.startswith(("model", "cutoff_file", "chrom_sizes"))}
    files = {name: InputFile.of(path) for name, path in read.items()}
    settings = {name: getattr(config, name) for name in _SHAPING}
    return {
        **{f"--{name}": value for name, value in settings.items()},
        "--chroms": list(inputs.plan.predicted),
        "models": list(models),
        **{name: f"{file.bytes} bytes, {file.sampled}" for name, file in files.items()},
        "device": device,
        **{f"version of {name}": value for name, value in package_versions().items() if name in _COMPUTING},
    }


def prediction_facts(config: PredictConfig, predictor: Predictor, chroms: Sequence[str]) -> dict[str, Any]:
    """Describe for the record how a track is predicted, as far as later commands compare it."""
    return {
        # Other jobs may have the same files in other folders.
        "models": [{name: fact for name, fact in facts.items() if name != "path"} for facts in predictor.facts()],
        "kind": predictor.kind,
        "both_strands": config.rev_comp,
        "bin_size": BIN_SIZE,
        "step_size": config.step_size,
        "out_of_fold": config.out_of_fold,
        SEEN: [] if config.out_of_fold else predictor.seen_chroms(chroms),
    }
