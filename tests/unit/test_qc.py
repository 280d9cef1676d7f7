"""Quality control of a prepared sample: its numbers, its warnings, its page and its table."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut_sites import spread_of
from html_pages import Page

from maxatac.preparation import qc_page
from maxatac.preparation.complexity import REMOVED
from maxatac.preparation.multiqc import multiqc_table
from maxatac.preparation.qc import LADDER, QcFacts, TrackFacts, find_warnings, length_numbers, qc_numbers
from maxatac.preparation.qc_page import render, write_qc
from maxatac.wording import share

ODD = 'T <b>cell</b> & "co" $x^2$'

SIZES = {"chr1": 100_000, "chr2": 100_000}

LOST_READS = {"unmapped": 50, "other_chrom": 115, "duplicates": 135, "orphans": 0, "not_proper": 20, "low_mapq": 80}


def lengths(*found: tuple[int, int]) -> np.ndarray:
    made = np.zeros(1_002, np.int64)
    for length, count in found:
        made[length] = count
    return made


def track(name: str = "s", sites: int = 5_000, blacklist: tuple[int, int] = (0, 1_000), **changes: Any) -> TrackFacts:
    """A track of two chromosomes, a tenth of whose sites lie in few places."""
    rng = np.random.default_rng(7)
    positions = {}
    for chrom in SIZES:
        anywhere, peak = rng.integers(0, 100_000, sites // 2 - sites // 20), rng.integers(20_000, 20_300, sites // 20)
        positions[chrom] = np.concatenate((anywhere, peak))
    spread = spread_of(SIZES, positions, {"chr1": np.array([blacklist])}, {"chr1": np.array([[20_000, 21_000]])})
    usual = {"used_sites": sites - 30, "depth": 1_000, "covered_bases": 90_000, "at_percentile": 11.5, "highest": 40}
    return TrackFacts(name, spread, **(usual | changes))


def facts(tracks: list[TrackFacts] | None = None, lost: dict[str, int] | None = None, **more: Any) -> QcFacts:
    usual: dict[str, Any] = {
        "among": {"secondary": 7, "qc_failed": 3}, "other_chroms": {"chrM": 100, "chrUn_1": 10, "LGM3": 5},
        "fragment_lengths": lengths((60, 100), (150, 10), (200, 80), (400, 9), (1_001, 1)), "clipped": 30,
        "multiplicity": {1: 300, 2: 60, 3: 5},
    }  # fmt: skip
    return QcFacts(
        "s", [Path("a.bam"), Path("b.bam")], "read", 1_000, LOST_READS | (lost or {}),
        [track()] if tracks is None else tracks, **(usual | more),
    )  # fmt: skip


def page(made: QcFacts, folder: Path) -> tuple[Page, dict[str, Any]]:
    numbers = write_qc(folder / "s_qc.html", folder / "s_qc_mqc.tsv", made)
    return Page(folder / "s_qc.html"), numbers


def test_filters_in_their_order() -> None:
    made = facts()
    assert made.filters() == [
        ("not aligned", 50, 950),
        ("on sequences that were not chosen", 115, 835),
        ("duplicates", 135, 700),
        ("mate not in the file", 0, 700),
        ("not properly paired", 20, 680),
        ("mapping quality too low", 80, 600),
    ]
    assert made.kept == 600


def test_numbers_for_the_record() -> None:
    numbers = qc_numbers(facts())
    json.dumps(numbers, allow_nan=False)
    assert numbers["organelles"] == {"chrM": 100}
    assert numbers["share_on_organelles"] == 100 / 950
    assert numbers["share_clipped_at_the_5_prime_end"] == 30 / 600
    assert numbers["among_them"] == {"secondary": 7, "qc_failed": 3}
    assert numbers["complexity"]["nrf"] == 365 / 435
    found = numbers["tracks"]["s"]
    assert 0.1 < found["share_in_top_bins"] < 0.2 and found["share_in_top_bins_at_random"] < 0.05
    assert 0.04 < found["frip"] < 0.07


def test_organelle_that_was_chosen_counts_by_its_sites() -> None:
    spread = spread_of({"chrM": 1_000}, {"chrM": np.arange(40)})
    chosen = dataclasses.replace(track(), spread=spread)
    assert facts([chosen], other_chroms={}).organelles == {"chrM": 40}
    assert dataclasses.replace(facts([chosen], other_chroms={}), unit="fragment").organelles == {"chrM": 20}


def test_lengths() -> None:
    found = length_numbers(lengths((60, 100), (150, 10), (200, 80), (400, 9), (1_001, 1)))
    assert (found["fragments"], found["median"], found["most_frequent"]) == (200, 60, 60)
    assert found["shares"] == dict(zip(LADDER, (0.5, 0.5, 0.4, 0.045), strict=True))
    nothing = length_numbers(lengths())
    assert (nothing["median"], nothing["most_frequent"], set(nothing["shares"].values())) == (None, None, {None})


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (facts(), "Fewer than 1,000,000 cut sites"),
        (facts([track(used_sites=2_000_000, at_percentile=2.0)]), "the scaled track has few different values"),
        (facts([track(blacklist=(0, 30_000))]), "cut sites lie in the blacklist: s (1"),
        (facts(other_chroms={"chrM": 500}), "% of the mapped reads lie on chrM"),
        (facts(clipped=200), "33.3 % of the reads are clipped at the 5' end"),
        (facts(over_10kb=3), "3 fragments over 10 kb"),
        (facts(multiplicity={1: 5, 4: 30}), "72 % of the pairs are duplicates"),
        (facts(shared_barcodes=12), "12 barcodes met in several files"),
        (facts(warnings=["a.bam may be shifted already"]), "a.bam may be shifted already"),
    ],
)
def test_warnings(made: QcFacts, words: str) -> None:
    assert any(words.lower() in warning.lower() for warning in find_warnings(made))


def test_even_sites_are_no_enrichment() -> None:
    positions = np.random.default_rng(8).integers(0, 1_000_000, 20_000)
    spread = spread_of({"chr1": 1_000_000}, {"chr1": positions})
    (warning,) = find_warnings(facts([TrackFacts("s", spread, 2_000_000, 1, 1, 5.0, 9)]))
    assert "Hardly any enrichment" in warning


def test_page_is_whole(tmp_path: Path) -> None:
    shown, numbers = page(facts(), tmp_path)
    assert [attributes["lang"] for attributes in shown.named("html")] == ["en"]
    assert len(shown.named("h1")) == 1
    sections = [attributes["id"] for attributes in shown.named("h2") if "id" in attributes]
    assert [f"#{name}" for name in sections] == [link["href"] for link in shown.named("a")[1:]]
    assert shown.named("a")[0] == {"class": "skip", "href": f"#{sections[0]}"}
    drawn = shown.named("svg")
    assert [attributes["id"] for attributes in shown.named("figure")] == [
        "filters", "lengths", "lengths_log", "enrichment", "complexity",
    ]  # fmt: skip
    for drawing in drawn:
        assert drawing["role"] == "img" and (drawing["aria-label"] or "").endswith(".")
    ids = [attributes["id"] for _, attributes in shown.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert "default-src 'none'" in str(shown.named("meta")) and "http" not in re.sub(r"http-equiv", "", shown.text)
    assert not re.search(r"\b(nan|inf|None)\b", shown.prose)
    first = ["all reads", "", "", "1,000"]
    assert shown.tables["What each filter left out"][1:3] == [first, ["not aligned", "50", "5 %", "950"]]
    key = dict(shown.tables["Key numbers"][1:])
    assert (key["reads kept"], key["duplicate pairs"]) == ("600 (60 %)", "16.1 %")
    assert key["cut sites in peaks (FRiP)"] == share(numbers["tracks"]["s"]["frip"])


def test_same_facts_give_the_same_bytes() -> None:
    one, two = (facts(multiplicity={}) for _ in range(2))
    assert render(one, qc_numbers(one)) == render(two, qc_numbers(two))


def test_fragments_without_duplicates_or_sequence(tmp_path: Path) -> None:
    made = dataclasses.replace(facts(), unit="fragment", multiplicity={1: 600}, clipped=None, fragment_lengths=None)
    shown, numbers = page(made, tmp_path)
    assert numbers["complexity"]["unknown"] == REMOVED
    assert REMOVED[1:] in shown.prose
    assert [attributes["id"] for attributes in shown.named("figure")] == ["filters", "enrichment"]


def test_page_that_cannot_be_drawn_costs_only_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no font")

    monkeypatch.setattr(qc_page, "draw_filters", fail)
    numbers = write_qc(tmp_path / "s_qc.html", tmp_path / "s_qc_mqc.tsv", facts())
    assert numbers["kept"] == 600
    assert [path.name for path in tmp_path.iterdir()] == ["s_qc_mqc.tsv"]
    assert [record.getMessage() for record in caplog.records] == ["s_qc.html was not drawn: no font"]


def test_nothing_was_read(tmp_path: Path) -> None:
    spread = spread_of({"chr1": 1_000}, {})
    made = QcFacts("s", [Path("a.tsv")], "fragment", 0, {}, [TrackFacts("s", spread, 0, 0, 0, 0.0, 0)])
    shown, numbers = page(made, tmp_path)
    json.dumps(numbers, allow_nan=False)
    assert not re.search(r"\b(nan|inf|None)\b", shown.prose)


def test_names_stay_names(tmp_path: Path) -> None:
    shown, _ = page(facts([track(ODD), track("other")], warnings=[f"{ODD} is odd"]), tmp_path)
    assert shown.tables["The tracks"][1][0] == ODD
    assert f"{ODD} is odd" in shown.prose
    assert "b" not in {name for name, _ in shown.tags}


def test_table_for_multiqc() -> None:
    made = facts([track(), track("nk", peaks=7, at_percentile=3.0)])
    numbers = qc_numbers(made)
    lines = multiqc_table(made, numbers).splitlines()
    comments = [line for line in lines if line.startswith("#")]
    header, *rows = (line.split("\t") for line in lines[len(comments) :])
    assert "# plot_type: table" in comments and "# id: maxatac_prepare" in comments
    assert [line.strip("#: ") for line in comments if re.match(r"#     \w+:$", line)] == header[1:]
    one, other = (dict(zip(header, row, strict=True)) for row in rows)
    assert (one["Sample"], one["peaks"], other["Sample"], other["peaks"]) == ("s", "", "nk", "7")
    assert float(one["kept"]) == 600 and float(one["nrf"]) == pytest.approx(365 / 435)
    assert float(one["top"]) == pytest.approx(100 * numbers["tracks"]["s"]["share_in_top_bins"])
    assert all(value == "" or math.isfinite(float(value)) for row in rows for value in row[1:])
