"""Event files for TensorBoard."""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from maxatac.training.finished import EpochListener, FinishedEpochs, NewEpoch

logger = logging.getLogger(__name__)


class EventFiles(EpochListener):
    """Writes scalars for TensorBoard without TensorFlow, so that every backend can.

    The files are an extra: one that cannot be written costs the run a warning.

    Parameters
    ----------
    folder : Path
        Gets the subfolders ``train`` and ``validation``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Open the files."""
        # Not its SummaryWriter, which writes in a thread: a full disk ends the thread, and the next write waits for
        # ever.
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import RecordWriter

        try:
            for name in ("train", "validation"):
                (self._folder / name).mkdir(parents=True, exist_ok=True)
                path = self._folder / name / f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}"
                self._writers[name] = RecordWriter(str(path))
                self._writers[name].write(
                    Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString()
                )
        except OSError as error:
            self._give_up(error)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        try:
            while self._writers:
                self._writers.popitem()[1].close()
        except OSError as error:
            self._give_up(error)

    def on_resume(self, finished: FinishedEpochs) -> None:
        """Add the epochs that are finished already."""
        for row, timing in zip(finished.history, finished.tables["timing"], strict=True):
            self.write(row, timing)

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Add this epoch."""
        self.write(epoch.row, epoch.timing)

    def write(self, history: Mapping[str, float], timing: Mapping[str, float]) -> None:
        """Add an epoch's rows, under the names that Keras uses."""
        epoch = int(history["epoch"])
        try:
            for name, value in history.items():
                if name.startswith(("val_", "genome_")):
                    self._add("validation", f"epoch_{name.removeprefix('val_')}", value, epoch)
                elif name != "epoch":
                    self._add("train", f"epoch_{name}", value, epoch)
            for name, value in timing.items():
                if name != "epoch":
                    self._add("train", f"timing/{name}", value, epoch)
            for writer in self._writers.values():
                writer.flush()
        except OSError as error:
            self._give_up(error)

    def _add(self, name: str, tag: str, value: float, epoch: int) -> None:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.summary import scalar

        # A score that is not defined has no point.
        if name in self._writers and math.isfinite(value):
            event = Event(wall_time=time.time(), step=epoch, summary=scalar(tag, value))
            self._writers[name].write(event.SerializeToString())

    def _give_up(self, error: OSError) -> None:
        logger.warning("no more event files for TensorBoard are written: %s", error)
        while self._writers:
            with contextlib.suppress(OSError):
                self._writers.popitem()[1].close()
