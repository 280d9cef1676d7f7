"""Trained models: read and checked before Keras is loaded, then one network, or the mean of several.

A model is a file of ``maxatac train``, or a published one of maxATAC. All that the files say is checked first, so that
a wrong file is reported at once and with all other problems. :class:`Predictor` builds networks when they are asked
for.
"""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from maxatac.errors import MaxatacError, Problem, Problems, WeightsError
from maxatac.files.checksums import sha256
from maxatac.files.sniff import file_fault, kind_of_fault
from maxatac.genome.windows import BINS, WINDOW_LENGTH
from maxatac.model.reference import predict
from maxatac.model.stored import StoredModel, build, read_model
from maxatac.prediction.model_record import CHANNELS, CheckWindow, ModelRecord, read_record
from maxatac.wording import first_few

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

OPTION = "--model"

TOLERANCE = 1e-4
"""Largest difference of the check window's predictions, as a share of the largest one where that is above 1."""

FAST_TOLERANCE = 0.05
"""The same with ``fast_math``, which rounds products to 10 bits; other channels change the first digit."""


@dataclass(frozen=True, eq=False)
class Member:
    """A model file that was read.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the file.
    stored : StoredModel
    record : ModelRecord or None
        What ``maxatac train`` has stored in the file; ``None`` for a model that it has not written.
    """

    path: Path
    sha256: str
    stored: StoredModel
    record: ModelRecord | None

    @property
    def kind(self) -> Literal["binary", "quant"]:
        """Whether it predicts probabilities or values; without a record, the output activation tells."""
        if self.record is not None:
            return "quant" if self.record.facts.quantitative else "binary"
        return "binary" if self.stored.network.activation == "sigmoid" else "quant"

    @property
    def target_scale_factor(self) -> float:
        """By which the targets of a quantitative model were multiplied; 1 where that is not known."""
        return self.record.facts.target_scale_factor if self.record is not None else 1.0

    def has_seen(self, chrom: str) -> bool:
        """Tell whether it has trained on a chromosome, or was selected by its scores on it."""
        assert self.record is not None
        facts = self.record.facts
        return chrom in facts.training_chroms or chrom in facts.validation_chroms

    def weights_sha256(self) -> str:
        """SHA-256 of network and weights: the same for a model in another format."""
        layers = [(layer.kind, layer.settings, layer.sources) for layer in self.stored.network.layers]
        digest = hashlib.sha256(repr(layers).encode())
        for array in self.stored.arrays:
            digest.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
        return digest.hexdigest()

    def facts(self) -> dict[str, Any]:
        """List what a run record says of it."""
        record = self.record
        return {
            "path": str(self.path),
            "sha256": self.sha256,
            "weights_sha256": self.weights_sha256(),
            "kind": self.kind,
            "target_scale_factor": self.target_scale_factor,
            "training_chroms": None if record is None else list(record.facts.training_chroms),
            "validation_chroms": None if record is None else list(record.facts.validation_chroms),
            "cell_types": None if record is None else list(record.facts.cell_types),
        }


@dataclass(frozen=True, eq=False)
class Predictor:
    """One model, or several whose predictions are averaged.

    Attributes
    ----------
    members : tuple of Member
    """

    members: tuple[Member, ...]

    @property
    def kind(self) -> Literal["binary", "quant"]:
        """Whether it predicts probabilities or values; all members are of one kind."""
        return self.members[0].kind

    @property
    def model(self) -> keras.Model:
        """The network of all members, compiled."""
        return self.model_of(self.members)

    @functools.cached_property
    def _built(self) -> dict[tuple[int, ...], keras.Model]:
        return {}

    def model_of(self, members: Sequence[Member]) -> keras.Model:
        """Build the network of some members once: that of one, or the mean of the outputs of several.

        Parameters
        ----------
        members : sequence of Member
            At least one of ``members``.

        Returns
        -------
        keras.Model
            Compiled with XLA, without loss and optimiser. Input of shape (windows, 1024, 5), output of shape
            (windows, 32), float32.
        """
        key = tuple(self.members.index(member) for member in members)
        if key not in self._built:
            model = build([member.stored for member in members])
            model.compile(jit_compile=True)
            self._built[key] = model
        return self._built[key]

    def members_for(self, chrom: str) -> tuple[Member, ...]:
        """Choose the members that have not seen a chromosome.

        A member has seen the chromosomes that it trained on. Its validation chromosomes count too: its epoch was
        selected by the scores on them, so that a score on them is too good, if less so.

        Parameters
        ----------
        chrom : str

        Returns
        -------
        tuple of Member
            None of them, if all have seen it.
        """
        return tuple(member for member in self.members if not member.has_seen(chrom))

    def seen_chroms(self, chroms: Sequence[str]) -> list[str]:
        """List the chromosomes that a member has seen, as far as the records tell."""
        known = [member for member in self.members if member.record is not None]
        return [chrom for chrom in chroms if any(member.has_seen(chrom) for member in known)]

    def notes(self) -> list[str]:
        """List what the log should say of the members."""
        unknown = [str(member.path) for member in self.members if member.record is None]
        if not unknown:
            return []
        channels = f"{', '.join(CHANNELS[:-1])} and {CHANNELS[-1]}"
        return [
            f"{first_few(unknown)}: no record of the training in the file; channels in the order {channels} are "
            f"assumed{'' if self.kind == 'binary' else ', and that it predicts values, not probabilities'}"
        ]

    def facts(self) -> list[dict[str, Any]]:
        """List what a run record says of the members."""
        return [member.facts() for member in self.members]

    def check(self, batch_size: int = 1, tolerance: float = TOLERANCE) -> None:
        """Compute the check windows on this device, and compare with what the weights must give.

        Parameters
        ----------
        batch_size : int
            Windows per call of the model; that of the prediction, so that nothing is compiled twice.
        tolerance : float
            Largest difference on this device, as a share of the largest prediction where that is above 1.

        Raises
        ------
        MaxatacError
            If the weights are not those that were saved, or if this device computes otherwise.
        """
        for member in self.members:
            if member.record is not None:
                expected = np.array(member.record.check.outputs)
                found = predict(member.stored, member.record.check.window())
                if not (worst := _difference(found, expected)) <= TOLERANCE:
                    raise MaxatacError(
                        f"{member.path}: its weights are not those that it was saved with, or its channels are in "
                        f"another order: on its check window the predictions differ by {worst:.2g} from those in its "
                        f"record; expected at most {TOLERANCE:g}. Nothing was predicted"
                    )
        windows = [check.window() for check in dict.fromkeys(self._windows())]
        means = [np.mean([predict(member.stored, window) for member in self.members], axis=0) for window in windows]
        rows = np.arange(max(batch_size, len(windows))) % len(windows)
        for first in range(0, len(rows), batch_size):
            # The last batch takes windows of the one before, to be full.
            batch = rows[max(0, min(first, len(rows) - batch_size)) :][:batch_size]
            outputs = self.model.predict_on_batch(np.stack([windows[row] for row in batch]))
            worst = np.max([_difference(bins, means[row]) for bins, row in zip(outputs, batch, strict=True)])
            if not worst <= tolerance:
                raise MaxatacError(
                    f"{first_few(str(member.path) for member in self.members)}: on this device the predictions of a "
                    f"check window differ by {worst:.2g} from those computed in double precision; expected at most "
                    f"{tolerance:g}. Does it compute with TensorFloat-32? Nothing was predicted"
                )

    def _windows(self) -> list[CheckWindow]:
        recorded = [member.record.check for member in self.members if member.record is not None]
        return recorded or [CheckWindow.of(self.members[0].stored)]


def _difference(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """Largest difference of two predictions of a window, as a share of the largest value where that is above 1."""
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))


def load_predictor(paths: Sequence[Path], problems: Problems) -> Predictor | None:
    """Read model files and check them, without Keras.

    Parameters
    ----------
    paths : sequence of Path
        ``.keras`` or ``.h5``; several are averaged.
    problems : Problems
        Gets everything that is wrong with them.

    Returns
    -------
    Predictor or None
        ``None`` if something is wrong.
    """
    before = len(problems)
    members = [member for path in paths if (member := _read_member(Path(path), problems)) is not None]
    if not paths:
        problems.add("setting", "none given", expected="a model", option=OPTION)
    _compare(members, problems)
    return Predictor(tuple(members)) if len(problems) == before else None


def check_out_of_fold(predictor: Predictor, problems: Problems) -> None:
    """Check that all members say which chromosomes they have seen."""
    for member in predictor.members:
        if member.record is None or member.record.facts.unknown_start:
            told = "has no record of the chromosomes that it was trained on"
            if member.record is not None:
                told = "was trained from weights that have no record of the chromosomes that they were trained on"
            hint = "leave out --out_of_fold, or give models that maxatac train has written"
            problems.add("setting", told, hint=hint, option="--out_of_fold", file=member.path)


def _read_member(path: Path, problems: Problems) -> Member | None:
    if (fault := file_fault(path)) is not None:
        problems.add(kind_of_fault(path), f"model {fault}", option=OPTION, file=path)
        return None
    try:
        stored = read_model(path)
        record = read_record(path)
        digest = sha256(path)
    except (WeightsError, OSError) as error:
        problem = Problem.of(error)
        problems.add(problem.kind, problem.found, option=OPTION, file=path)
        return None
    network = stored.network
    expected = f"{WINDOW_LENGTH:,} bp x {len(CHANNELS)} channels -> {BINS} bins"
    if network.input != (WINDOW_LENGTH, len(CHANNELS)) or network.output != (BINS,):
        bins = " x ".join(f"{size:,}" for size in network.output)
        found = f"a network of {network.input[0]:,} bp x {network.input[1]} channels -> {bins} bins"
        problems.add("format", found, expected=expected, option=OPTION, file=path)
        return None
    if record is not None and record.channels != CHANNELS:
        found = f"a model of the channels {', '.join(record.channels)}"
        problems.add("format", found, expected=", ".join(CHANNELS), option=OPTION, file=path)
        return None
    return Member(path, digest, stored, record)


def _compare(members: Sequence[Member], problems: Problems) -> None:
    """Check that several models can be averaged."""
    seen: dict[str, Member] = {}
    for member in members:
        first = seen.setdefault(member.weights_sha256(), member)
        if first is not member:
            told, hint = f"has the same weights as {first.path}", "give each model once"
            problems.add("setting", told, hint=hint, option=OPTION, file=member.path)
        first = members[0]
        if member.kind != first.kind:
            found = f"{_KINDS[member.kind]}, beside {first.path}, {_KINDS[first.kind]}"
            problems.add("setting", found, expected="models of one kind", option=OPTION, file=member.path)
        elif member.target_scale_factor != first.target_scale_factor:
            found = f"a --target_scale_factor of {member.target_scale_factor:g}"
            expected = f"{first.target_scale_factor:g}, as {first.path} has"
            problems.add("setting", found, expected=expected, option=OPTION, file=member.path)


_KINDS: Mapping[str, str] = {"binary": "a model of probabilities", "quant": "a model of quantitative values"}
