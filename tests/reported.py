"""A run of the quick network with a report, and its page as tests ask for it."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from quick import make_network_quick
from tiny import SPLIT, TinySet

from maxatac.cli.main import main
from maxatac.runs.folder import RunFolder

ODD = 'T <b>cell</b> & "co" $x^2$'
PREFIX = "CTCF"
VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """The parts of a page that tests ask about."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text = path.read_text(encoding="utf-8")
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._table: list[list[str]] | None = None
        self.feed(self.text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        label = dict(attrs).get("aria-label")
        if tag == "div" and label:
            self._table = self.tables.setdefault(label, [])
        if self._table is not None and tag == "tr":
            self._table.append([])
        if self._table is not None and tag in ("th", "td"):
            self._table[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words.append(data)
        if self._table and ("th" in self.open or "td" in self.open):
            self._table[-1][-1] += data

    @property
    def prose(self) -> str:
        return " ".join(" ".join(self.words).split())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


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
