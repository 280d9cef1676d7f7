"""What a running training shows: a progress bar on a terminal, event files for TensorBoard."""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)


def _on_terminal() -> bool:
    """Whether stderr is a terminal; it may also be closed."""
    return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()


@functools.cache
def _bar_class() -> Any:
    """Make a bar that costs the run nothing where the terminal does not take it, for it is gone or busy."""
    from tqdm import tqdm

    class _Bar(tqdm):  # type: ignore[type-arg] # generic in the stubs, not when it runs
        def display(self, *what: Any, **more: Any) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().display(*what, **more)

        def close(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().close()

    return _Bar


def _bar(label: str, total: int, unit: str) -> Any:
    return _bar_class()(total=total, desc=label, unit=f" {unit}", unit_scale=True, leave=False, file=sys.stderr)


class EpochProgress:
    """A progress bar over the batches of one epoch, with examples per second; nothing where stderr is no terminal.

    Parameters
    ----------
    epoch : int
        From 0.
    epochs, batch_size : int
    waited : callable, optional
        Seconds spent waiting for batches so far; shown as a share of the epoch's time.
    shown : bool
        Whether there is to be a bar; of several processes one has it.
    """

    def __init__(
        self,
        epoch: int,
        epochs: int,
        batch_size: int,
        waited: Callable[[], float] | None = None,
        *,
        shown: bool = True,
    ) -> None:
        self._shown = shown
        self._label = f"epoch {epoch + 1}/{epochs}"
        self._batch_size = batch_size
        self._waited = waited
        self._bar: Any = None

    def __enter__(self) -> Self:
        """Show nothing yet: the bar appears with the first batch."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.close()

    def callback(self, after_batch: Callable[[], None]) -> keras.callbacks.Callback:
        """Make the callback of ``fit`` and ``evaluate`` that moves the bar.

        Parameters
        ----------
        after_batch : callable
            Called after each batch; what it raises ends the epoch.
        """
        import keras

        batch_size = self._batch_size
        progress = self
        waited = self._waited
        begin, waited_before = time.perf_counter(), waited() if waited is not None else 0.0

        def waiting() -> str:
            if waited is None:
                return ""
            share = (waited() - waited_before) / (time.perf_counter() - begin)
            return f", waiting for the loader {share:.1%}"

        class _Advance(keras.callbacks.Callback):  # type: ignore[misc]
            def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
                if progress._shown and _on_terminal():
                    progress._bar = _bar(progress._label, self.params["steps"] * batch_size, "examples")

            def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
                after_batch()
                if progress._bar is not None:
                    progress._bar.update(batch_size)
                    if logs:
                        progress._bar.set_postfix_str(f"loss {float(logs['loss']):.4f}{waiting()}", refresh=False)

            def on_test_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
                after_batch()

            def on_predict_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
                after_batch()

            def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
                if progress._bar is not None:
                    progress._bar.set_description_str(f"{progress._label}, validating")

        return _Advance()


@contextlib.contextmanager
def counting(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar that a function moves on, as long as the block runs; nothing where stderr is no terminal.

    Parameters
    ----------
    label, unit : str
        What is done, and what is counted.
    total : int
        How many there are.
    """
    if not _on_terminal():
        yield lambda done: None
        return
    with _bar(label, total, unit) as bar:

        def advance(done: int) -> None:
            bar.update(done)

        yield advance


class EventFiles:
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
        # Not its SummaryWriter: that one writes in a thread, which a full disk ends, and whoever writes next waits
        # for it for ever.
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
