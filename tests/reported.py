"""A run of the quick network with a report, and its page as tests ask for it."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from html_pages import Page
from quick import make_network_quick
from tiny import SPLIT, TinySet

from maxatac.cli.main import main
from maxatac.runs.folder import RunFolder

ODD = 'T <b>cell</b> & "co" $x^2$'
PREFIX = "CTCF"


@dataclasses.dataclass(frozen=True)
class Run:
    data: TinySet
    output: Path

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.output, PREFIX)

    def page(self) -> Page:
        return Page(self.folder.report)

    def json(self, ending: str) -> Any:
        return json.loads(self.folder.named(ending).read_text())

    def rows(self, ending: str) -> list[dict[str, str]]:
        with self.folder.named(ending).open(newline="") as file:
            return list(csv.DictReader(file))

    def copy(self, folder: Path) -> Run:
        shutil.copytree(self.output, folder)
        return Run(self.data, folder)


def quick(patch: pytest.MonkeyPatch) -> None:
    """The fixture ``quick_network`` for longer than a test."""
    make_network_quick(patch)


@pytest.fixture(scope="session")
def run(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Three epochs and a test; a cell type has a name that a page could take for more than a name."""
    data = tiny_set.copy(tmp_path_factory.mktemp("set"))
    data.write_meta(
        [{**row, "Cell_Line": ODD if row["Cell_Line"] == "CellC" else row["Cell_Line"]} for row in data.rows()]
    )
    output = tmp_path_factory.mktemp("run") / "results"
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        arguments = data.arguments(
            output, "--report", prefix=PREFIX, epochs=3, batches=4, genome_validation=32, plot=True, rand_ratio=0.25,
            genome="tiny1", **SPLIT,
        )  # fmt: skip
        assert main(arguments) == 0
    yield Run(data, output)
