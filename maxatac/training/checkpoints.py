"""The models that a run writes: one for each epoch, and the best."""

from __future__ import annotations

import dataclasses
import functools
import io
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.errors import MaxatacError, Problem, WeightsError
from maxatac.files.atomic import replacing, write_text
from maxatac.files.sniff import file_fault
from maxatac.model.stored import build, read_model
from maxatac.prediction.model_record import add_record, add_record_to_hdf5
from maxatac.runs.folder import RunFolder
from maxatac.training.finished import EpochListener, FinishedEpochs, NewEpoch

if TYPE_CHECKING:
    import keras

    from maxatac.prediction.model_record import ModelRecord

logger = logging.getLogger(__name__)

BEST_FORMATS = (".keras", ".h5")


class Checkpoints:
    """Writes models into a run's folder, and removes those that are not to be kept.

    Epochs are counted from 1. ``best`` is the selected one so far, ``None`` as long as there is none.

    Parameters
    ----------
    folder : RunFolder
    keep : str
        ``all``; ``best``; or ``last:N``, the last N and the best.
    describe : callable, optional
        Makes the record that a model is written with.
    """

    def __init__(
        self, folder: RunFolder, keep: str = "all", describe: Callable[[keras.Model], ModelRecord] | None = None
    ) -> None:
        self._folder = folder
        self._keep = keep
        self._describe = describe

    def save(self, model: keras.Model, epoch: int, best: int | None) -> None:
        """Write the model of the last epoch, unless it would be removed at once."""
        if self._stays(epoch, epoch, best):
            with replacing(self._folder.checkpoint(epoch)) as unfinished:
                self._write(model, unfinished)

    def select(self, model: keras.Model, epoch: int, best: int | None) -> None:
        """Write the model of the last epoch as the best if it is, and remove what is not to be kept."""
        if best == epoch:
            self._save_best(model, epoch)
        self._prune(epoch, best)

    def settle(self, model: keras.Model, epoch: int, best: int | None) -> None:
        """Complete what a run that was killed after its last finished epoch has not written.

        The model is that after the epoch.
        """
        for number, path in self._folder.checkpoints().items():
            if number > epoch:
                # Saved, but the kill came before the epoch counted.
                path.unlink()
        if not self._folder.checkpoint(epoch).exists():
            self.save(model, epoch, best)
        if best is not None and not self.has_best(best):
            if best != epoch:
                model = load_model(self._folder.checkpoint(best))
            self._save_best(model, best)
        self._prune(epoch, best)

    def problems(self, epoch: int, best: int) -> list[Problem]:
        """Check that ``settle`` can work: the selected model may be lost."""
        if best == epoch or self.has_best(best) or self._folder.checkpoint(best).exists():
            return []
        missing = f"{self._folder.named('_best.keras').name} and {self._folder.checkpoint(best).name}"
        told = f"{missing}, of which one is needed, are not in {self._folder.folder}"
        return [Problem("resume", told, hint="begin anew with --force", option="--resume")]

    def has_best(self, best: int) -> bool:
        """Whether the selected model is there; its name in ``best_epoch.txt`` is what is written last."""
        if not all(self._folder.named(f"_best{suffix}").exists() for suffix in BEST_FORMATS):
            return False
        named = self._folder.best_epoch
        return named.exists() and named.read_text(encoding="utf-8").strip() == self._folder.checkpoint(best).name

    def _save_best(self, model: keras.Model, best: int) -> None:
        for suffix in BEST_FORMATS:
            with replacing(self._folder.named(f"_best{suffix}")) as unfinished:
                if suffix == f".{self._folder.model_format}":
                    shutil.copyfile(self._folder.checkpoint(best), unfinished)
                else:
                    self._write(model, unfinished)
        write_text(self._folder.best_epoch, f"{self._folder.checkpoint(best).name}\n")

    def _write(self, model: keras.Model, path: Path) -> None:
        """Write a model with its record, as the suffix of the path says."""
        record = None if self._describe is None else self._describe(model)
        if path.suffix != ".h5":
            model.save(path)
            if record is not None:
                add_record(path, record)
            return
        content = io.BytesIO()
        with _hdf5_in_memory()(content, "w") as file:
            model.save(file)
            if record is not None:
                add_record_to_hdf5(file, record)
        path.write_bytes(content.getvalue())

    def _prune(self, last: int, best: int | None) -> None:
        for epoch, path in self._folder.checkpoints().items():
            if not self._stays(epoch, last, best):
                path.unlink()
                logger.debug("removed %s (--keep_checkpoints %s)", path.name, self._keep)

    def _stays(self, epoch: int, last: int, best: int | None) -> bool:
        if self._keep == "all" or epoch == best:
            return True
        return self._keep != "best" and epoch > last - int(self._keep.removeprefix("last:"))


@dataclasses.dataclass(frozen=True)
class ModelFiles(EpochListener):
    """Writes the checkpoint of each epoch, and the selected model."""

    checkpoints: Checkpoints
    model: keras.Model

    def on_resume(self, finished: FinishedEpochs) -> None:
        """Write what is missing, and remove what belongs to no epoch."""
        self.checkpoints.settle(self.model, len(finished), finished.best_number)

    def on_epoch_trained(self, epoch: NewEpoch) -> None:
        """Write the checkpoint."""
        self.checkpoints.save(self.model, len(epoch.finished), epoch.finished.best_number)

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Write the selected model, and remove checkpoints that are not to be kept."""
        self.checkpoints.select(self.model, len(epoch.finished), epoch.finished.best_number)


def load_model(path: Path) -> keras.Model:
    """Read a model that a run wrote, without its optimiser.

    Raises
    ------
    MaxatacError
        If the file is not there any more, or is not what was written.
    """
    if (fault := file_fault(path)) is not None:
        gone = f"; its folder {path.parent} is gone" if not path.parent.is_dir() else ""
        raise MaxatacError(
            f"{path}: the model that this run has written {fault}{gone}; put it back, and go on with --resume"
        )
    try:
        return build([read_model(path)])
    except (WeightsError, OSError) as error:
        told = str(error).removeprefix(f"{path}: ")
        raise MaxatacError(
            f"{path}: the model that this run has written cannot be read any more ({told}); remove it, and go on with "
            "--resume, which writes it anew from its checkpoint"
        ) from error


@functools.cache
def _hdf5_in_memory() -> Any:
    """Make the class of an HDF5 file in memory, which Keras takes for a path, so that it opens none.

    HDF5 locks the files that it opens, which some network file systems refuse. And a full disk makes it fail in a way
    that leaves the file open and breaks what comes after.
    """
    import h5py

    class _InMemory(h5py.File):  # type: ignore[misc]
        def __str__(self) -> str:
            return "in_memory.h5"

        __fspath__ = __str__

    return _InMemory
