"""What a model file says of its training: kind of prediction, chromosomes, cell types, signal, and a check window.

``maxatac train`` keeps this record inside every model that it writes, not beside it: models are renamed, sent to others
and handed from job to job as single files, and each checkpoint needs a check window of its own. Keras ignores it.

The check window is a made-up sequence and signal with the 32 predictions that the weights gave when they were saved,
computed in plain numpy. Whoever loads the model computes them again: other weights, channels in another order and a
device that computes with less precision all show.
"""

from __future__ import annotations

import dataclasses
import json
import math
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.signal_scale import SignalScale
from maxatac.errors import WeightsError
from maxatac.files.strict_json import to_json, unique_keys
from maxatac.genome.windows import BINS, WINDOW_LENGTH
from maxatac.model.reference import predict
from maxatac.model.stored import StoredModel
from maxatac.model.weights import TEXTS, read_text

if TYPE_CHECKING:
    import h5py

FORMAT = 1
"""Version of the record; of later versions, what is known is read."""

CHANNELS = ("A", "C", "G", "T", "signal")
"""Channels of a window, in order."""

_CANDIDATES = 4
_BASES = "ACGTN"


@dataclasses.dataclass(frozen=True)
class CheckWindow:
    """A window whose predictions are known.

    Attributes
    ----------
    sequence : str
        Bases, 5' to 3'.
    signal : tuple of float
        At each base.
    outputs : tuple of float
        Prediction for each bin.
    """

    sequence: str
    signal: tuple[float, ...]
    outputs: tuple[float, ...]

    def window(self) -> NDArray[np.float32]:
        """Make the input of the network, shape (1024, 5)."""
        return _window(np.array([_BASES.index(base) for base in self.sequence]), np.array(self.signal))

    @classmethod
    def of(cls, model: StoredModel) -> CheckWindow:
        """Choose the window, of a few that are always the same, for which the predictions of a model differ most."""
        best: tuple[float, CheckWindow] | None = None
        for codes, signal in _candidates():
            outputs = predict(model, _window(codes, signal))
            spread = float(np.ptp(outputs))
            if best is None or spread > best[0]:
                sequence = "".join(_BASES[code] for code in codes)
                best = spread, cls(sequence, tuple(map(float, signal)), tuple(map(float, outputs)))
        assert best is not None
        return best[1]


@dataclasses.dataclass(frozen=True)
class TrainingFacts:
    """What a model was trained on and for.

    Attributes
    ----------
    quantitative : bool
        Whether it predicts values, not probabilities.
    target_scale_factor : float
        By which quantitative targets were multiplied.
    training_chroms, validation_chroms : tuple of str
        Those of the weights that it started from too.
    cell_types : tuple of str
        Those that trained, also the weights that it started from.
    unknown_start : bool
        Whether it started from weights that do not say what they were trained on.
    signal : mapping of str to SignalScale
        Scale of the ATAC-seq signal by cell type, on a part of the training chromosomes.
    """

    quantitative: bool
    target_scale_factor: float
    training_chroms: tuple[str, ...]
    validation_chroms: tuple[str, ...]
    cell_types: tuple[str, ...]
    unknown_start: bool
    signal: Mapping[str, SignalScale]


@dataclasses.dataclass(frozen=True)
class ModelRecord:
    """The record of a model: facts of its training, the order of its channels, and its check window."""

    facts: TrainingFacts
    check: CheckWindow
    channels: tuple[str, ...] = CHANNELS

    def to_text(self) -> str:
        """Make the JSON text that is stored."""
        return to_json({"format": FORMAT, "maxatac": version("maxatac"), **dataclasses.asdict(self)})


def read_record(path: Path) -> ModelRecord | None:
    """Read the record of a model file; ``None`` if it has none, as models of other programs.

    Raises
    ------
    WeightsError
        If the file or the record is damaged.
    """
    text = read_text(path, "record")
    if text is None:
        return None
    try:
        return _parse(json.loads(text, object_pairs_hook=unique_keys))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _error(path, f"its record of maxatac is damaged ({error})") from error


def add_record(path: Path, record: ModelRecord) -> None:
    """Put a record into a ``.keras`` file that has none."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        # A fixed date: equal records are equal bytes.
        archive.writestr(zipfile.ZipInfo(TEXTS["record"][0]), record.to_text(), zipfile.ZIP_DEFLATED)


def add_record_to_hdf5(file: h5py.File, record: ModelRecord) -> None:
    """Put a record into an open ``.h5`` model."""
    file.attrs[TEXTS["record"][1]] = record.to_text()


def _error(path: Path, told: str) -> WeightsError:
    error = WeightsError(f"{path}: {told}")
    error.path = path
    return error


def _parse(record: Any) -> ModelRecord:
    """Make a record of its JSON.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError, OverflowError
        If something is missing or of another type.
    """
    facts, check = record["facts"], record["check"]
    scales = {_text(cell_type): _scale(scale) for cell_type, scale in facts["signal"].items()}
    if any(type(facts[name]) is not bool for name in ("quantitative", "unknown_start")):
        raise ValueError("quantitative or unknown_start is neither true nor false")
    sequence = _text(check["sequence"])
    if len(sequence) != WINDOW_LENGTH or set(sequence) - set(_BASES):
        raise ValueError("the sequence of its check window is not one of 1,024 bases")
    return ModelRecord(
        TrainingFacts(
            quantitative=facts["quantitative"],
            target_scale_factor=_numbers([facts["target_scale_factor"]], 1)[0],
            training_chroms=_texts(facts["training_chroms"]),
            validation_chroms=_texts(facts["validation_chroms"]),
            cell_types=_texts(facts["cell_types"]),
            unknown_start=facts["unknown_start"],
            signal=scales,
        ),
        CheckWindow(sequence, _numbers(check["signal"], WINDOW_LENGTH), _numbers(check["outputs"], BINS)),
        _texts(record["channels"]),
    )


def _scale(scale: Any) -> SignalScale:
    if type(scale["whole_numbers"]) is not bool:
        raise ValueError("whole_numbers is neither true nor false")
    names = ("p50", "p99", "largest", "covered", "not_a_number")
    p50, p99, largest, covered, not_a_number = _numbers([scale[name] for name in names], len(names))
    return SignalScale(
        p50=p50,
        p99=p99,
        largest=largest,
        whole_numbers=scale["whole_numbers"],
        covered=int(covered),
        not_a_number=int(not_a_number),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not text")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r:.40} is not a list")
    return tuple(map(_text, values))


def _numbers(values: Any, count: int) -> tuple[float, ...]:
    is_sound = isinstance(values, list) and len(values) == count
    if not is_sound or any(isinstance(value, bool) or not math.isfinite(value) for value in values):
        raise ValueError(f"{count:,} numbers are not what they should be")
    return tuple(map(float, values))


def _window(codes: NDArray[np.int64], signal: NDArray[np.float64]) -> NDArray[np.float32]:
    """Make the input of a network from base codes, 4 for N, and signal."""
    window = np.zeros((len(codes), len(CHANNELS)), dtype=np.float32)
    window[:, :4] = np.eye(5, 4, dtype=np.float32)[codes]
    window[:, 4] = signal
    return window


def _candidates() -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Make up some windows, always the same: random bases with a run of N, and noisy peaks of signal."""
    random = np.random.default_rng(20_231)
    places = np.arange(WINDOW_LENGTH)
    made = []
    for _ in range(_CANDIDATES):
        codes = random.integers(0, 4, WINDOW_LENGTH)
        codes[:40] = _BASES.index("N")
        signal = np.zeros(WINDOW_LENGTH)
        for height, middle, width in zip(
            random.uniform(0.2, 1.5, 4), random.uniform(100, 924, 4), random.uniform(20, 120, 4), strict=True
        ):
            signal += height * np.exp(-0.5 * ((places - middle) / width) ** 2)
        # Parts of 64 are exact in float32 and short in JSON.
        made.append((codes, np.round(signal * random.uniform(0.6, 1.2, WINDOW_LENGTH) * 64) / 64))
    return made
