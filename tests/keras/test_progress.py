from __future__ import annotations

import io
import math
import sys
import time
from pathlib import Path

import pytest

from maxatac.system.progress import counting
from maxatac.training.progress import epoch_progress
from maxatac.training.tensorboard import EventFiles

HISTORY = {"epoch": 3, "dice_coef": 0.25, "loss": 0.5, "val_dice_coef": 0.125, "val_loss": 0.75, "genome_loss": 0.5}
TIMING = {"epoch": 3, "seconds": 12.0, "examples_per_second": 100.0}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run_through(batches: int) -> None:
    with epoch_progress(1, 20, 100, lambda: None) as callback:
        callback.set_params({"steps": batches})
        callback.on_epoch_begin(1, {})
        for batch in range(batches):
            callback.on_train_batch_end(batch, {"loss": 0.4321})
        callback.on_epoch_end(1, {})


def test_terminal_sees_a_bar_with_examples_per_second(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    run_through(4)
    shown = terminal.getvalue()
    assert "epoch 2/20" in shown
    assert "examples/s" in shown
    assert "/400" in shown
    # Taken off the screen at the end: the last line is blank.
    assert shown.split("\r")[-1].strip() == ""


def test_no_terminal_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run_through(4)
    assert capsys.readouterr() == ("", "")


def show_both_bars() -> None:
    run_through(4)
    with counting("independent test", 4, "windows") as advance:
        advance(4)


@pytest.mark.parametrize("error", [BlockingIOError(11, "busy"), BrokenPipeError(32, "gone"), ValueError("closed file")])
@pytest.mark.parametrize("lines", [0, 2])
def test_terminal_that_goes_costs_nothing(lines: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    write = terminal.write

    def dying(text: str) -> int:
        if terminal.getvalue().count("\r") >= lines:
            raise error
        return write(text)

    monkeypatch.setattr(terminal, "write", dying)
    show_both_bars()


def test_closed_stderr_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Terminal()
    closed.close()
    for stderr in (closed, None):
        monkeypatch.setattr(sys, "stderr", stderr)
        show_both_bars()


def test_bar_goes_when_training_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(KeyboardInterrupt), epoch_progress(0, 1, 10, lambda: None) as callback:
        callback.set_params({"steps": 5})
        callback.on_epoch_begin(0, {})
        raise KeyboardInterrupt
    assert terminal.getvalue().split("\r")[-1].strip() == ""


@pytest.mark.parametrize("moment", ["on_train_batch_end", "on_test_batch_end"])
def test_what_is_called_after_a_batch_can_stop(moment: str) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), epoch_progress(0, 1, 10, stop) as callback:
        callback.set_params({"steps": 5})
        callback.on_epoch_begin(0, {})
        getattr(callback, moment)(0, {})


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_event_files_hold_the_rows(tmp_path: Path) -> None:
    with EventFiles(tmp_path) as events:
        events.write(HISTORY, TIMING)
        # Written soon: a run that is looked at, or killed, shows its finished epochs.
        expected = {"epoch_dice_coef": [(3, 0.125)], "epoch_loss": [(3, 0.75)], "epoch_genome_loss": [(3, 0.5)]}
        deadline = time.monotonic() + 30
        while scalars(tmp_path / "validation") != expected:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        events.write({**HISTORY, "epoch": 4}, {**TIMING, "epoch": 4})
    assert scalars(tmp_path / "train") == {
        "epoch_dice_coef": [(3, 0.25), (4, 0.25)],
        "epoch_loss": [(3, 0.5), (4, 0.5)],
        "timing/seconds": [(3, 12.0), (4, 12.0)],
        "timing/examples_per_second": [(3, 100.0), (4, 100.0)],
    }


def test_score_that_is_not_defined_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with EventFiles(tmp_path) as events:
        events.write({**HISTORY, "val_auroc": math.nan, "genome_auroc": math.inf}, TIMING)
    assert caplog.messages == []
    assert set(scalars(tmp_path / "validation")) == {"epoch_dice_coef", "epoch_loss", "epoch_genome_loss"}
