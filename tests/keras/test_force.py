"""``--force`` replaces an earlier run, and nothing that the new run reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import TinySet

from maxatac.errors import InputError
from maxatac.runs.folder import RunFolder
from maxatac.training.inputs import open_inputs


@pytest.mark.parametrize(
    ("option", "ending"), [("weights", "_best.keras"), ("train_roi", "_training_ROI.bed.gz"), ("weights", "_3.h5")]
)
def test_an_input_is_never_removed(tiny_set: TinySet, tmp_path: Path, option: str, ending: str) -> None:
    given = tmp_path / f"again{ending}"
    given.write_bytes(b"kept")
    config = tiny_set.config(tmp_path, prefix="again", force=True, **{option: given})
    with pytest.raises(InputError, match=f"--{option} .*{ending}: belongs to the run that --force would replace"):
        open_inputs(config, RunFolder(tmp_path, "again"))
    assert given.read_bytes() == b"kept"


@pytest.mark.parametrize("how", [{}, {"force": True}, {"resume": True}], ids=str)
@pytest.mark.parametrize(
    ("cell", "what", "name"), [("CellA", "signal.bw", "again.bw"), ("CellC", "binding.bw", "again_test.CellC.bw")]
)
def test_a_track_is_never_replaced(cell: str, what: str, name: str, how: dict[str, bool], damaged: TinySet) -> None:
    old = damaged.file(cell, what)
    old.rename(damaged.folder / name)
    damaged.write_meta(
        [{column: name if value == old.name else value for column, value in row.items()} for row in damaged.rows()]
    )
    with pytest.raises(InputError) as caught:
        open_inputs(damaged.config(damaged.folder, prefix="again", **how), RunFolder(damaged.folder, "again"))
    (told,) = (problem for problem in caught.value.problems if problem.file == damaged.folder / name)
    assert told.kind == "output"
    assert f"({name})" in told.found
    assert str(told.place).startswith(f"{'ATAC_Signal_File' if what == 'signal.bw' else 'Binding_File'} of {cell} (")
    assert (damaged.folder / name).exists()


def test_clear_takes_this_prefix_only(tmp_path: Path) -> None:
    mine = ["a.csv", "a_1.keras", "a_best.h5", "a_run.json", ".a_2.keras.partial.keras"]
    others = ["a_b.csv", "ab_1.keras", "notes.txt", "a_1.keras.bak"]
    for name in (*mine, *others):
        (tmp_path / name).write_text("")
    RunFolder(tmp_path, "a").clear()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


@pytest.mark.parametrize(("option", "value"), [("batch_size", 10**18), ("val_batch_size", 200_001), ("threads", 10**5)])
def test_sizes_that_no_machine_holds(tiny_set: TinySet, tmp_path: Path, option: str, value: int) -> None:
    (problem,) = tiny_set.config(tmp_path / "out", **{option: value}).problems()
    assert (problem.option, problem.found) == (f"--{option}", str(value))
    assert str(problem.expected).startswith("at most")
