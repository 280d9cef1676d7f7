"""The result of a finished run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Row = dict[str, float]


@dataclasses.dataclass(frozen=True)
class TrainResult:
    """The result of a finished run.

    Attributes
    ----------
    output : Path
        The run's folder.
    history : tuple of dict
        One row per epoch: epoch, dice_coef, loss, val_dice_coef, val_loss, and further validation scores.
    best_epoch : int
        The selected epoch, from 1.
    best_model : Path
        The selected model, ``.keras``.
    seed : int
        The seed that was used.
    state_sha256 : str
        Fingerprint of weights and optimiser after the last epoch.
    test : dict
        Results of the independent test, as in ``<prefix>_test.json``; or ``{"skipped": reason}``.
    """

    output: Path
    history: tuple[Row, ...]
    best_epoch: int
    best_model: Path
    seed: int
    state_sha256: str
    test: Mapping[str, Any]
