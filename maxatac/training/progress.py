"""What a running training shows: a progress bar on a terminal, and a line for each epoch."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from maxatac.system.progress import bar, on_terminal
from maxatac.training.finished import EpochListener, NewEpoch
from maxatac.training.validation import describe_scores

if TYPE_CHECKING:
    import keras

    from maxatac.training.trainer import Trainer

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def epoch_progress(
    epoch: int,
    epochs: int,
    batch_size: int,
    after_batch: Callable[[], None],
    waited: Callable[[], float] = lambda: 0.0,
    *,
    shown: bool = True,
) -> Iterator[keras.callbacks.Callback]:
    """Show a bar over the batches of an epoch while the block runs; no bar if stderr is no terminal.

    Parameters
    ----------
    epoch : int
        From 0.
    epochs, batch_size : int
    after_batch : callable
        Called after each batch; what it raises ends the epoch.
    waited : callable
        Seconds spent waiting for batches so far; shown as a share of the epoch's time.
    shown : bool
        Whether there may be a bar; of several processes one has it.

    Yields
    ------
    keras.callbacks.Callback
        Of training, statistics and validation; it advances the bar.
    """
    import keras

    label = f"epoch {epoch + 1}/{epochs}"
    begin, waited_before = time.perf_counter(), waited()
    shown_bar: Any = None

    class _Advance(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            nonlocal shown_bar
            if shown and on_terminal():
                shown_bar = bar(label, self.params["steps"] * batch_size, "examples")

        def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
            after_batch()
            if shown_bar is not None:
                shown_bar.update(batch_size)
                if logs:
                    share = (waited() - waited_before) / (time.perf_counter() - begin)
                    told = f"loss {float(logs['loss']):.4f}, waiting for the loader {share:.1%}"
                    shown_bar.set_postfix_str(told, refresh=False)

        def on_test_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
            after_batch()

        def on_predict_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
            after_batch()

        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            if shown_bar is not None:
                shown_bar.set_description_str(f"{label}, validating")

    try:
        yield _Advance()
    finally:
        if shown_bar is not None:
            shown_bar.close()


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
