"""What a running training shows: a progress bar on a terminal, and a line for each epoch."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from maxatac.system.progress import bar, on_terminal
from maxatac.training.finished import EpochListener, NewEpoch
from maxatac.training.validation import describe_scores

if TYPE_CHECKING:
    import keras

    from maxatac.training.trainer import Trainer

logger = logging.getLogger(__name__)


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
        self.bar: Any = None

    def __enter__(self) -> Self:
        """Show nothing yet: the bar appears with the first batch."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar off the screen."""
        if self.bar is not None:
            self.bar.close()

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
                if progress._shown and on_terminal():
                    progress.bar = bar(progress._label, self.params["steps"] * batch_size, "examples")

            def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
                after_batch()
                if progress.bar is not None:
                    progress.bar.update(batch_size)
                    if logs:
                        progress.bar.set_postfix_str(f"loss {float(logs['loss']):.4f}{waiting()}", refresh=False)

            def on_test_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
                after_batch()

            def on_predict_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
                after_batch()

            def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
                if progress.bar is not None:
                    progress.bar.set_description_str(f"{progress._label}, validating")

        return _Advance()


class EpochLog(EpochListener):
    """Logs each epoch in a line, and once what to change when training waits for the loader."""

    def __init__(self, epochs: int, trainer: Trainer) -> None:
        self._epochs = epochs
        self._trainer = trainer
        self._advised = False

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Log this epoch."""
        row, timing = epoch.row, epoch.timing
        logger.info(
            "epoch %d/%d: loss %.4f, Dice %.4f, validation loss %.4f, Dice %.4f; %.1f s (%.0f examples/s in training, "
            "waiting for the loader %.1f %% of it, %.0f %% validation, %.0f %% genome-like validation, "
            "%.0f %% batch-norm statistics)%s",
            row["epoch"],
            self._epochs,
            *(row[name] for name in ("loss", "dice_coef", "val_loss", "val_dice_coef")),
            timing["seconds"],
            timing["examples_per_second"],
            *(100 * timing[f"{name}_share"] for name in ("waiting", "validation", "genome", "statistics")),
            describe_scores(row),
        )
        times = self._trainer.loader_times
        if not self._advised and times is not None and (advice := times.advice()) is not None:
            logger.warning("%s", advice)
            self._advised = True
