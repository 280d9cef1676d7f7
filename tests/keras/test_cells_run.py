"""A run on cell types in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cells import content, written
from starting import Start
from tiny import TinySet

from maxatac.cli.main import main

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


@pytest.mark.parametrize("test_cell_types", [None, ["CellC"]])
def test_test_cell_types_need_no_peaks(
    test_cell_types: list[str] | None, damaged: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    what = content(damaged)
    del what["cells"][2]["atac_peaks"], what["cells"][2]["chip_peaks"]
    if test_cell_types is not None:
        del what["cells"][2]["label"]
    path = written(damaged, what)
    # A check counts the peaks of all that have some.
    more = [] if test_cell_types is None else ["--test_cell_types", *test_cell_types]
    words = damaged.arguments(tmp_path / "out", "--dry_run", *more, meta_file=None, cells=path)
    assert main(words) == 0, capsys.readouterr().err


def test_run_is_the_same(
    damaged: TinySet, tmp_path: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = written(damaged, content(damaged))
    by_meta, by_cells = (
        start(damaged.arguments(tmp_path / "results", **options))
        for options in ({}, {"meta_file": None, "cells": cells})
    )
    assert by_cells.pool() == by_meta.pool()
    assert [sample.binding for sample in by_cells.inputs.training] == [
        sample.binding for sample in by_meta.inputs.training
    ]
    assert by_cells.inputs.paths(by_cells.config.files())["cells"] == cells
    assert "meta_file" not in by_cells.inputs.paths(by_cells.config.files())
    # Shared files are told of by record.
    what = content(damaged)
    what["cells"][2]["binding"] = what["cells"][0]["binding"]
    written(damaged, what)
    assert main(damaged.arguments(tmp_path / "results", meta_file=None, cells=cells)) == 2
    assert f"{cells}, record 3, Binding_File: 'CellA_binding.bw' of CellC (Test)" in capsys.readouterr().err


def test_table_is_written_and_a_run_goes_on_with_either(
    damaged: TinySet, tmp_path: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    cells, output = written(damaged, content(damaged)), tmp_path / "results"
    settings: dict[str, Any] = {"meta_file": None, "cells": cells, "test": False}
    assert main(damaged.arguments(output, **settings)) == 0
    table = output / "maxatac_model_cell_types.tsv"
    assert (
        main(damaged.arguments(output, "--resume", **{**settings, "cells": None, "meta_file": table, "epochs": 2})) == 0
    )
    assert len((output / "maxatac_model.csv").read_text().splitlines()) == 3
    # Staged elsewhere, as an engine does it.
    moved = damaged.copy(tmp_path / "staged")
    cells.unlink()
    there = {**settings, "cells": moved.folder / "cells.json", "sequence": moved.sequence, "epochs": 3}
    assert main(damaged.arguments(output, "--resume", **there)) == 0
    assert str(moved.folder) in table.read_text()
    what = content(damaged)
    what["cells"].reverse()
    written(moved, what)
    capsys.readouterr()
    assert main(damaged.arguments(output, "--resume", **{**there, "epochs": 4})) == 2
    assert "stand in another order" in capsys.readouterr().err


def test_exactly_one(
    damaged: TinySet, tmp_path: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = written(damaged, content(damaged))
    for changes, told in (
        ({"cells": cells}, "not allowed with argument --meta_file"),
        ({"meta_file": None}, "one of the arguments --meta_file --cells is required"),
    ):
        with pytest.raises(SystemExit) as leaving:
            main(damaged.arguments(tmp_path / "results", **changes))
        assert leaving.value.code == 2
        assert told in capsys.readouterr().err
    (problem,) = damaged.config(tmp_path, cells=cells).problems()
    assert (problem.option, problem.found) == ("--meta_file and --cells", "both")
    # Of a settings file the command line puts aside what it excludes.
    record = tmp_path / "settings.json"
    record.write_text(json.dumps({"meta_file": "gone.tsv", "cells": None}))
    words = damaged.arguments(tmp_path / "results", "--config", str(record), meta_file=None, cells=cells)
    assert start(words).config.cells == cells
    record.write_text(json.dumps({"meta_file": None, "cells": str(cells)}))
    words = damaged.arguments(tmp_path / "results", "--config", str(record), meta_file=None)
    assert start(words).config.cells == cells
