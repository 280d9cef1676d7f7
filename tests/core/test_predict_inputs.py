"""What a prediction opens: chromosomes, names and lengths of genome, tracks, blacklist, regions and sizes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tiny import write_bigwig, write_genome, write_sizes

from maxatac.errors import Problems
from maxatac.prediction.inputs import PredictInputs, open_inputs, tell_of_inputs
from maxatac.prediction.settings import PredictConfig

SIZES = {"chrII": 6_000, "chrI": 10_000, "chrX": 3_000}


class Case:
    """Files of one genome, and what comes of opening them."""

    def __init__(self, folder: Path, sizes: Mapping[str, int] = SIZES) -> None:
        self.folder = folder
        self.sequence = write_genome(folder / "genome.2bit", sizes)
        self.problems = Problems()

    def track(self, name: str, sizes: Mapping[str, int] = SIZES, value: float = 0.5) -> Path:
        return write_bigwig(
            self.folder / f"{name}.bw", [(chrom, 100, min(900, size), value) for chrom, size in sizes.items()], sizes
        )

    def bed(self, *lines: str) -> Path:
        path = self.folder / "regions.bed"
        path.write_text("".join(line.replace(" ", "\t") + "\n" for line in lines))
        return path

    def open(self, *tracks: Path, **settings: Any) -> PredictInputs | None:
        config = PredictConfig(
            sequence=self.sequence, signal=tracks, model=[self.folder / "model.keras"], prefix="x", **settings
        )
        self.problems = Problems()
        return open_inputs(config, self.problems)

    def opened(self, *tracks: Path, **settings: Any) -> PredictInputs:
        inputs = self.open(*tracks, **settings)
        assert self.problems.sentences() == []
        assert inputs is not None
        return inputs

    @property
    def kinds(self) -> list[tuple[str, str | None]]:
        return [(problem.kind, problem.file and problem.file.name) for problem in self.problems]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_default_chromosomes_are_the_union_of_the_tracks_in_byte_order(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    both = case.track("both", {"chrI": 10_000, "chrII": 6_000})
    one = case.track("one", {"chrI": 10_000, "chrJ": 500})
    inputs = case.opened(both, one)
    assert inputs.plan.predicted == ("chrI", "chrII")
    assert inputs.unknown == ("chrX",)
    assert inputs.without_signal == {str(one): ("chrII",)}
    with caplog.at_level(logging.WARNING, "maxatac"):
        tell_of_inputs(inputs)
    assert len([record for record in caplog.records if record.args and record.args[0] == str(one)]) == 1


def test_named_chromosome_without_signal_is_predicted(case: Case) -> None:
    track = case.track("a", {"chrI": 10_000})
    inputs = case.opened(track, chroms=["chrX", "chrI", "chrX"])
    assert inputs.plan.predicted == ("chrI", "chrX")
    assert inputs.without_signal == {str(track): ("chrX",)}


def test_named_chromosome_that_the_genome_lacks(case: Case) -> None:
    assert case.open(case.track("a"), chroms=["chrI", "2"]) is None
    (problem,) = case.problems
    assert (problem.kind, problem.option) == ("chromosome", "--chroms")


def test_one_table_of_lengths_that_differ(case: Case) -> None:
    track = case.track("a", {"chrI": 9_000, "chrII": 6_000})
    other = case.track("b", {"chrII": 6_000})
    listed = write_sizes(case.folder / "x.sizes", {"chrI": 9_500, "chrII": 6_000, "chrX": 3_000})
    assert case.open(track, other, chrom_sizes=listed, chroms=["chrII"]) is None
    (problem,) = case.problems
    assert problem.kind == "size"
    rows = [line.split() for line in problem.found.splitlines()[1:]]
    assert rows == [
        ["sequence", str(case.sequence), str(track), str(other), str(listed)],
        ["chrI", "10,000", "9,000", "-", "9,500"],
    ]


def test_everything_of_another_build_is_told_at_once(case: Case) -> None:
    track = case.track("a", {"chrI": 9_000})
    black = case.folder / "black.bed"
    black.write_text("I\t0\t10\n")
    roi = case.bed("chrI 9500 10500")
    assert case.open(track, blacklist=black, roi=roi) is None
    assert sorted(case.kinds, key=str) == [("chromosome", "black.bed"), ("line", "regions.bed"), ("size", None)]


@pytest.mark.parametrize("names", [{"I": 10_000, "II": 6_000}, {"chrI": 10_000, "ii": 6_000}, {"x": 2_000, "y": 2_000}])
def test_names_are_never_changed(case: Case, names: dict[str, int]) -> None:
    assert case.open(case.track("a", names)) is None
    assert case.kinds == [("chromosome", "a.bw")]


def test_regions_on_unknown_chromosomes(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    track = case.track("a")
    few = case.bed(*["chrI 0 10"] * 8, "other 0 10", "other 5 9")
    with caplog.at_level(logging.WARNING, "maxatac"):
        inputs = case.opened(track, roi=few)
    assert str(few) in caplog.text
    assert [reason for *_, reason in inputs.plan.unscored] == ["other chromosome"] * 2
    assert case.open(track, roi=case.bed("chrI 0 10", "other 0 10")) is None
    assert case.kinds == [("chromosome", "regions.bed")]


def test_short_sequences_give_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sizes = {"a": 1_023, "b": 1_024, "c": 1_040, "d": 1_056, "e": 1_500, "f": 700}
    case = Case(tmp_path, sizes)
    inputs = case.opened(case.track("t", sizes))
    assert {chrom: len(starts) for chrom, starts in inputs.plan} == {"b": 1, "c": 1, "d": 2, "e": 3}
    assert inputs.plan.starts("e").tolist() == [0, 256, 448]
    assert inputs.facts()["short_sequences"] == {"number": 2, "bases": 1_723}
    with caplog.at_level(logging.WARNING, "maxatac"):
        tell_of_inputs(inputs)
    assert len([record for record in caplog.records if "shorter" in record.message]) == 1


def test_nothing_is_left(tmp_path: Path) -> None:
    case = Case(tmp_path, {"a": 1_000, "b": 2_000})
    track = case.track("t", {"a": 1_000, "b": 2_000})
    assert case.open(track, chroms=["a"]) is None
    assert case.kinds == [("regions", None)]
    black = tmp_path / "black.bed"
    black.write_text("b\t900\t1200\n")
    assert case.open(track, blacklist=black) is None
    assert case.kinds == [("regions", None)]


def test_a_track_given_twice(case: Case) -> None:
    track = case.track("a")
    link = case.folder / "link.bw"
    link.symlink_to(track)
    assert case.open(track, link) is None
    assert case.kinds == [("setting", "link.bw")]


def test_files_that_are_missing_or_of_another_format(case: Case) -> None:
    bed = case.bed("chrI 0 10")
    gone = case.folder / "gone.bw"
    assert case.open(bed, gone, blacklist=gone, roi=gone) is None
    assert sorted(set(case.kinds)) == [("format", "regions.bed"), ("missing file", "gone.bw")]
