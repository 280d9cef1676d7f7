"""The defaults of the train page of maxATAC 1.0.6, typed from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PAGE: dict[str, Any] = {
    "prefix": "maxatac_model",
    "train_roi": None,
    "validate_roi": None,
    "target_scale_factor": 1,
    "output_activation": "sigmoid",
    "arch": "DCNN_V2",
    "rand_ratio": 0,
    "seed": None,
    "weights": None,
    "epochs": 20,
    "batches": 100,
    "batch_size": 1000,
    "val_batch_size": 1000,
    "output": Path("./training_results"),
    "plot": True,
    "dense": False,
    "threads": None,
    "rev_comp_train": False,
    "shuffle_cell_type": True,
}
PAGE_CHROMS = (
    "chr2 chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr19 chr20 chr21 chr22 "
    "chrX"
).split()
PAGE_TCHROMS = (
    "chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr20 chr21 chr22"
).split()
PAGE_VCHROMS = ["chr2", "chr19"]
