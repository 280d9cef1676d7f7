"""Cut sites of fragments, BED and BEDPE, through the bindings: sets of sites, counts, and what is refused where."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bam import bgzf

from maxatac._core import CutSites
from maxatac.errors import Problem, ReadsError

SIZES = {"chr1": 1_000, "chr2": 3_920, "long": 3_200_000_000}
END_BLOCK = bgzf()
FOUR = (
    "chr1\t104\t295\tAAAC-1\t2\t+\nchr1\t204\t395\tAAAG-1\t1\t-\nchr2\t104\t295\tAAAC-1\t1\t+\nchr2\t9\t30\tT-1\t7\t-\n"
)
TWENTY = "".join(f"chr1\t{place}\t{place + 50}\tA-1\t1\n" for place in range(20)).encode()

Found = dict[str, list[tuple[int, str]]]


def read(path: Path, content: bytes | str, *, group: int = 0, **settings: Any) -> tuple[Found, dict[str, Any]]:
    """Sites by chromosome, and what was counted."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    of_sites = {"threads": settings.pop("threads", 1), "groups": settings.pop("groups", 1)}
    sites = CutSites(SIZES, temp_dir=path.parent, memory=settings.pop("memory", 1 << 20), **of_sites)
    tallies = sites.add_text(path, **({"kind": "fragments", "shift": "10x"} | settings))
    sites.finish()
    found: Found = {}
    for chrom in SIZES:
        positions, reverse = sites.sites(group, chrom)
        if len(positions):
            found[chrom] = [
                (int(at), "-" if is_reverse else "+") for at, is_reverse in zip(positions, reverse, strict=True)
            ]
    return found, tallies


def refused(path: Path, content: bytes | str, **settings: Any) -> ReadsError:
    with pytest.raises(ReadsError) as caught:
        read(path, content, **settings)
    assert caught.value.path == path
    return caught.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reads"


# ---- row 3: shifts


@pytest.mark.parametrize(
    ("line", "shift", "sites"),
    [
        ("chr1\t104\t295", "10x", (104, 294)),
        ("chr1\t104\t296", "+4/-4", (104, 295)),
        ("chr1\t100\t300", "none", (104, 295)),
    ],
)
@pytest.mark.parametrize("kind", ["fragments", "bed"])
def test_the_shift_of_the_input(path: Path, kind: str, line: str, shift: str, sites: tuple[int, int]) -> None:
    found, _ = read(path, line, kind=kind, shift=shift)
    assert found == {"chr1": [(sites[0], "+"), (sites[1], "-")]}


# ---- rows 4 and 20: columns and kinds


@pytest.mark.parametrize("columns", [3, 4, 5, 6])
@pytest.mark.parametrize("between", ["", "# a comment\n\n#chr1\t1\t2\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_columns_comments_and_line_ends_change_nothing(path: Path, columns: int, between: str, end: str) -> None:
    lines = ["\t".join(line.split("\t")[:columns]) for line in FOUR.splitlines()]
    content = between + "\n".join([*lines[:2], *between.splitlines(), *lines[2:]]) + "\n"
    found, tallies = read(path, content.replace("\n", end))
    assert found == {
        "chr1": [(104, "+"), (204, "+"), (294, "-"), (394, "-")],
        "chr2": [(9, "+"), (29, "-"), (104, "+"), (294, "-")],
    }
    assert (tallies["records"], tallies["sites"], tallies["depth"]) == (4, 8, 8)


def test_single_reads_among_fragments(path: Path) -> None:
    found, tallies = read(path, FOUR, single_end=True)
    assert found == {"chr1": [(104, "+"), (394, "-")], "chr2": [(29, "-"), (104, "+")]}
    assert tallies["sites"] == 4
    five = "".join(line.rpartition("\t")[0] + "\n" for line in FOUR.splitlines())
    assert refused(path, five, single_end=True).line == 1
    assert refused(path, FOUR.replace("\t+\n", "\t.\n", 1), single_end=True).line == 1


def test_tag_align_and_bedpe(path: Path) -> None:
    reads = "track name=x\nchr1\t100\t136\tN\t9\t+\nchr1\t264\t300\tN\t9\t-\n"
    expected = {"chr1": [(104, "+"), (295, "-")]}
    assert read(path, reads, kind="bed", shift="none", single_end=True)[0] == expected
    pairs = "chr1\t250\t300\tchr1\t100\t150\tq\t60\t-\t+\n.\t-1\t-1\tchr1\t1\t50\tr\t0\t.\t+\n"
    pairs += "chr1\t1\t50\tchr2\t1\t50\ts\t0\t+\t+\n"
    found, tallies = read(path, pairs, kind="bedpe", shift="none")
    assert found == expected
    assert (tallies["records"], tallies["orphans"], tallies["not_proper"]) == (3, 1, 1)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("chr1\t1\t60\nchr1\t1\t60\tA\n", 2),
        ("# x\nchr1\t1\t60\tA\tB\t+\tC\n", 2),
        ("chr1 1 60\n", 1),
        ("chr1\t1\t60\nchr1\tx\t60\n", 2),
        ("chr1\t10.0\t60\n", 1),
        ("chrom\tstart\tend\n", 1),
    ],
)
def test_a_line_of_another_form_is_named(path: Path, content: str, line: int) -> None:
    error = refused(path, content)
    assert error.line == line
    problem = Problem.of(error)
    assert (problem.kind, problem.file, problem.line) == ("line", path, line)


def test_barcodes_need_a_fourth_column(path: Path) -> None:
    assert refused(path, "chr1\t1\t60\n", barcodes={b"A": 0}).line == 1


# ---- row 10: lines that cannot be right


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("chr2\t10\t33920", "past_end"),
        ("chr2\t-7\t20", "negative_start"),
        ("chr2\t20\t20", "empty"),
        ("chr2\t2201\t67718", "past_end"),
    ],
)
def test_a_few_wrong_lines_are_left_out_and_shown(path: Path, line: str, kind: str) -> None:
    good = "chr2\t10\t60\n" * 1_000
    found, tallies = read(path, good + line + "\n")
    assert len(found["chr2"]) == 2_000
    assert {name: count for name, count in tallies["dropped"].items() if count} == {kind: 1}
    (shown,) = tallies["first_dropped"][kind]
    assert f"{path}, line 1001" in shown
    assert refused(path, good + line + "\n" + line + "\n").line == 1_001
    # Of one chromosome only.
    assert refused(path, good + line.replace("chr2", "chr1") + "\n").line == 1_001


def test_long_fragments(path: Path) -> None:
    content = "long\t0\t10000\nlong\t0\t10001\nlong\t5\t205\n"
    _, tallies = read(path, content)
    assert (tallies["over_10kb"], tallies["too_long"], tallies["sites"]) == (1, 0, 6)
    assert {int(at): int(tallies["fragment_lengths"][at]) for at in np.flatnonzero(tallies["fragment_lengths"])} == {
        200: 1,
        1_001: 2,
    }
    _, tallies = read(path, content, max_fragment=10_000)
    assert (tallies["over_10kb"], tallies["too_long"], tallies["sites"]) == (1, 1, 4)


# ---- rows 11, 12 and 29: members, ends, damage


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "parts",
    [
        [TWENTY],
        [gzip.compress(TWENTY)],
        [bgzf(TWENTY[:200], end_block=False), bgzf(TWENTY[200:])],
        [bgzf(TWENTY[:200]), bgzf(TWENTY[200:])],
        [END_BLOCK, bgzf(TWENTY[:200]), END_BLOCK, END_BLOCK, gzip.compress(TWENTY[200:])],
        [gzip.compress(TWENTY[:200]), gzip.compress(b""), bgzf(TWENTY[200:])],
    ],
)
def test_all_members_are_read(path: Path, parts: Sequence[bytes], threads: int) -> None:
    _, tallies = read(path, b"".join(parts), threads=threads)
    assert tallies["records"] == 20


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("compress", [bgzf, gzip.compress])
def test_two_lines_that_fuse_are_refused(path: Path, compress: Any, threads: int) -> None:
    content = compress(TWENTY[:-1]) + compress(TWENTY)
    assert refused(path, content, threads=threads).line == 20


WHOLE = bgzf(TWENTY[:200], end_block=False) + bgzf(TWENTY[200:])


@pytest.mark.parametrize("threads", [1, 2, 64])
@pytest.mark.parametrize(
    "content",
    [
        WHOLE[:-28],
        WHOLE[: len(bgzf(TWENTY[:200], end_block=False))],
        WHOLE[:-1],
        WHOLE[:100],
        gzip.compress(TWENTY)[:-4],
        gzip.compress(TWENTY)[:-8],
        gzip.compress(TWENTY)[:60],
        gzip.compress(TWENTY)[:-1] + b"\1",
        gzip.compress(TWENTY)[:-8] + b"\0" + gzip.compress(TWENTY)[-7:],
        gzip.compress(TWENTY) + b"rest",
        TWENTY + b"chr9\t1135567",
    ],
    ids=range(11),
)
def test_a_cut_file_is_refused(path: Path, content: bytes, threads: int) -> None:
    refused(path, content, threads=threads)


@pytest.mark.parametrize("threads", [1, 2, 64])
def test_a_flipped_byte_is_refused_with_its_place(path: Path, threads: int) -> None:
    random = np.random.default_rng(1)
    starts = random.integers(0, 900, 60_000)
    lines = "".join(f"chr1\t{start}\t{start + 60}\tA-1\t1\n" for start in starts).encode()
    blocks = [bgzf(lines[at : at + 15_000], end_block=False) for at in range(0, len(lines), 15_000)]
    middle = len(blocks) // 2
    place = sum(map(len, blocks[:middle]))
    for offset in (100, len(blocks[middle]) - 6):
        content = bytearray(b"".join([*blocks, END_BLOCK]))
        content[place + offset] ^= 4
        assert f"at byte {place})" in str(refused(path, bytes(content), threads=threads))


# ---- rows 13 and 28: order, size


def test_any_order_gives_the_same_sites(path: Path) -> None:
    random = np.random.default_rng(3)
    starts = random.integers(0, 3_000, 2_000)
    lines = [f"{'chr2' if place % 3 else 'long'}\t{start}\t{start + 99}\n" for place, start in enumerate(starts)]
    expected, _ = read(path, "".join(lines))
    for order in (sorted(lines), lines[::-1], list(random.permutation(lines))):
        for settings in ({"memory": 0}, {"threads": 3}):
            assert read(path, "".join(order), **settings)[0] == expected


def test_places_above_two_thousand_million(path: Path) -> None:
    found, _ = read(path, "long\t3000000000\t3000000100\n")
    assert found == {"long": [(3_000_000_000, "+"), (3_000_000_099, "-")]}


# ---- rows 15 to 17: equal fragments, barcodes


def test_equal_coordinates_of_two_cells_are_two_fragments(path: Path) -> None:
    for settings in ({}, {"merge_equal": True}):
        _, tallies = read(path, "chr1\t1\t60\tA\nchr1\t1\t60\tB\n", **settings)
        assert (tallies["sites"], tallies["equal"], tallies["compared"]) == (4, 0, 2)


@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_equal_lines_are_merged_on_wish(path: Path, memory: int) -> None:
    random = np.random.default_rng(4)
    pairs = random.integers(0, 30, (900, 2)) + (0, 31)
    content = "".join(f"chr1\t{start}\t{end}\tread{place}\n" for place, (start, end) in enumerate(pairs))
    distinct, times = np.unique(pairs, axis=0, return_counts=True)
    found, tallies = read(path, content, kind="bed", merge_equal=True, memory=memory)
    positions = [(int(start), "+") for start, _ in distinct] + [(int(end) - 1, "-") for _, end in distinct]
    assert found == {"chr1": sorted(positions, key=lambda site: (site[0], site[1] == "-"))}
    assert tallies["duplicates"] == tallies["equal"] == len(pairs) - len(distinct)
    assert tallies["multiplicity"] == dict(enumerate(np.bincount(times)[1:].tolist(), 1))
    assert (tallies["pairs"], tallies["unique_pairs"]) == (len(pairs), len(distinct))
    # Without the option their number is known if the lines are sorted.
    _, unsorted = read(path, content, kind="bed")
    assert (unsorted["compared"], unsorted["sites"]) == (0, 1_800)
    order = np.argsort(pairs[:, 0], kind="stable")
    lines = content.splitlines(keepends=True)
    _, in_order = read(path, "".join(lines[place] for place in order), kind="bed")
    assert (in_order["equal"], in_order["multiplicity"]) == (tallies["equal"], tallies["multiplicity"])


def test_groups_of_barcodes(path: Path) -> None:
    barcodes: Mapping[bytes, int] = {b"A-1": 1, b"A-11": 0, b"none": 0}
    content = "chr1\t1\t60\tA-1\nchr1\t2\t50\tA-11\nchr1\t3\t40\tB-1\nchr9\t3\t40\tA-1\n"
    settings: Mapping[str, Any] = {"barcodes": barcodes, "groups": 2}
    assert read(path, content, group=1, **settings)[0] == {"chr1": [(1, "+"), (59, "-")]}
    found, tallies = read(path, content, **settings)
    assert found == {"chr1": [(2, "+"), (49, "-")]}
    assert (tallies["no_barcode"], tallies["barcoded"], tallies["other_chrom"]) == (1, 2, {"chr9": 1})
    assert sorted(tallies["barcodes_met"]) == [b"A-1", b"A-11"]


# ---- arguments


def test_wrong_arguments(path: Path) -> None:
    for settings in (
        {"kind": "bam"},
        {"shift": "5"},
        {"kind": "bedpe", "single_end": True},
        {"kind": "bedpe", "barcodes": {b"A": 0}},
    ):
        with pytest.raises(ValueError):
            read(path, FOUR, **settings)
    with pytest.raises(FileNotFoundError):
        CutSites(SIZES, temp_dir=path.parent, memory=0).add_text(path.with_name("no"), kind="bed", shift="none")


def test_after_an_error_there_are_no_sites(path: Path) -> None:
    path.write_text("chr1\tx\t2\n")
    sites = CutSites(SIZES, temp_dir=path.parent, memory=0)
    with pytest.raises(ReadsError):
        sites.add_text(path, kind="bed", shift="none")
    with pytest.raises(ValueError, match="after an error"):
        sites.finish()
