"""The models that a run writes: one for each epoch, and the best."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from maxatac.files import replacing, write_text
from maxatac.outputs import RunFolder

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

BEST_FORMATS = (".keras", ".h5")

# Bytes that an HDF5 file has beside the numbers, more than was seen.
_ROOM, _ROOM_PER_VARIABLE = 65_536, 4_096


class Checkpoints:
    """Writes models into a run's folder, and removes those that are not to be kept.

    Epochs are counted from 1. ``best`` is the selected one so far, ``None`` as long as there is none.

    Parameters
    ----------
    folder : RunFolder
    keep : str
        ``all``; ``best``; or ``last:N``, the last N and the best.
    """

    def __init__(self, folder: RunFolder, keep: str = "all") -> None:
        self._folder = folder
        self._keep = keep

    def save(self, model: keras.Model, epoch: int, best: int | None) -> None:
        """Write the model of the last epoch, unless it would be removed at once."""
        if self._stays(epoch, epoch, best):
            with replacing(self._folder.checkpoint(epoch)) as unfinished:
                _write(model, unfinished)

    def select(self, model: keras.Model, epoch: int, best: int | None) -> None:
        """Write the model of the last epoch as the best if it is, and remove what is not to be kept."""
        if best == epoch:
            self._save_best(model, epoch)
        self._prune(epoch, best)

    def settle(self, model: keras.Model, epoch: int, best: int | None) -> None:
        """Do what a run that was killed after its last finished epoch left undone.

        Parameters
        ----------
        model : keras.Model
            As it was after that epoch.
        epoch : int
        best : int or None
        """
        for number, path in self._folder.checkpoints().items():
            if number > epoch:
                # Saved, but the kill came before the epoch counted.
                path.unlink()
        if not self._folder.checkpoint(epoch).exists():
            self.save(model, epoch, best)
        if best is not None and not self.has_best(best):
            if best != epoch:
                import keras

                model = keras.models.load_model(self._folder.checkpoint(best), compile=False)
            self._save_best(model, best)
        self._prune(epoch, best)

    def problems(self, epoch: int, best: int) -> list[str]:
        """Find out whether ``settle`` could do its work: the selected model may be gone for good."""
        if best == epoch or self.has_best(best) or self._folder.checkpoint(best).exists():
            return []
        missing = f"{self._folder.named('_best.keras').name} and {self._folder.checkpoint(best).name}"
        return [
            f"--resume: {missing}, of which one is needed, are not in {self._folder.folder}; begin anew with --force"
        ]

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
                    _write(model, unfinished)
        write_text(self._folder.best_epoch, f"{self._folder.checkpoint(best).name}\n")

    def _prune(self, last: int, best: int | None) -> None:
        for epoch, path in self._folder.checkpoints().items():
            if not self._stays(epoch, last, best):
                path.unlink()
                logger.debug("removed %s (--keep_checkpoints %s)", path.name, self._keep)

    def _stays(self, epoch: int, last: int, best: int | None) -> bool:
        if self._keep == "all" or epoch == best:
            return True
        return self._keep != "best" and epoch > last - int(self._keep.removeprefix("last:"))


def _write(model: keras.Model, path: Path) -> None:
    """Write a model as the suffix of the path says.

    A full disk makes HDF5 fail in a way that leaves the file open and breaks what comes after. So the room is taken
    first, by plain bytes.
    """
    if path.suffix == ".h5":
        # A model that was read back without being compiled has no optimiser.
        optimizer = getattr(model, "optimizer", None)
        variables = [*model.variables, *(optimizer.variables if optimizer is not None else [])]
        room = _ROOM + sum(_ROOM_PER_VARIABLE + variable.numpy().nbytes for variable in variables)
        with path.open("wb") as file:
            file.write(os.urandom(room))
            file.flush()
            os.fsync(file.fileno())
    model.save(path)
