"""Cut sites of BAM files, one case a test; where samtools is installed, its fixmate and markdup are the oracle."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bam import (
    FIRST,
    LAST,
    MATE_REVERSE,
    MATE_UNMAPPED,
    PAIRED,
    PROPER,
    QC_FAILED,
    REVERSE,
    SECONDARY,
    SUPPLEMENTARY,
    UNMAPPED,
    Record,
    bgzf,
    encoded,
    header,
    operations,
    records,
    write_bam,
)

from maxatac._core import CutSites, bam_header
from maxatac.errors import ReadsError

SIZES = {"chr1": 10_000, "chr2": 5_000}

LOST = ("unmapped", "past_end", "no_barcode", "duplicates", "not_paired", "orphans", "not_proper", "not_primary",
        "low_mapq", "too_long")  # fmt: skip

Sites = dict[str, list[tuple[int, str]]]


def read(
    *paths: Path,
    sizes: Mapping[str, int] = SIZES,
    memory: int = 1 << 26,
    threads: int = 1,
    groups: int = 1,
    **settings: Any,
) -> tuple[list[Sites], dict[str, Any]]:
    """Read BAM files; gives the sites of each group and the tallies, whose parts add up."""
    sites = CutSites(sizes, temp_dir=paths[0].parent, memory=memory, threads=threads, groups=groups)
    tallies = sites.add_bam(paths, **settings)
    sites.finish()
    lost = sum(tallies[reason] for reason in LOST) + sum(tallies["other_chrom"].values())
    assert tallies["sites"] + lost == tallies["records"]
    found: list[Sites] = []
    for group in range(groups):
        columns = {chrom: sites.sites(group, chrom) for chrom in sizes}
        found.append(
            {
                chrom: [(int(at), "-" if back else "+") for at, back in zip(*both, strict=True)]
                for chrom, both in columns.items()
                if len(both[0])
            }
        )
    return found, tallies


def positions(tmp_path: Path, reads: str | Iterable[Record], **settings: Any) -> list[int]:
    """Get the sites on chr1 of a file with these reads."""
    found, _ = read(write_bam(tmp_path / "reads.bam", SIZES, reads), **settings)
    return [at for at, _ in found[0].get("chr1", [])]


def test_a_cut_lies_4_bases_inside_of_each_read(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "a chr1:100+50M chr1:250-50M")
    (found,), tallies = read(bam)
    assert found == {"chr1": [(104, "+"), (295, "-")]}
    lengths = tallies["fragment_lengths"]
    assert lengths.dtype == np.int64 and lengths.shape == (1002,)
    assert lengths[200] == lengths.sum() == 1
    assert (tallies["pairs"], tallies["unique_pairs"], tallies["multiplicity"]) == (1, 1, {1: 1})
    assert tallies["depth"] == 2


def test_names_in_two_spellings_are_two_sequences(tmp_path: Path) -> None:
    both = {"X": 1000, "chrX": 1000}
    lines = [
        f"{chrom}{number} {chrom}:{100 + number}+ {chrom}:{300 + number}-" for chrom in both for number in range(5)
    ]
    bam = write_bam(tmp_path / "a.bam", both, "\n".join(lines))
    (found,), _ = read(bam, sizes=both)
    assert {chrom: len(sites) for chrom, sites in found.items()} == {"X": 10, "chrX": 10}
    (found,), tallies = read(bam, sizes={"chrX": 1000})
    assert len(found["chrX"]) == 10
    assert tallies["other_chrom"] == {"X": 10}


@pytest.mark.parametrize(
    ("cigar", "forward", "reverse"),
    [
        ("5S10M100N10M3I20M2D5M4S", 104, 242),
        ("4H50M2H", 104, 145),
        ("10=5X2P5=", 104, 115),
        ("50M", 104, 145),
    ],
)
def test_ends_are_those_of_aligned_bases(tmp_path: Path, cigar: str, forward: int, reverse: int) -> None:
    reads = f"a chr1:100+{cigar} chr1:400-\nb chr1:20+ chr1:100-{cigar}"
    found = positions(tmp_path, reads)
    assert forward in found
    assert reverse in found


def test_clips_count_for_duplicates_but_not_for_the_site(tmp_path: Path) -> None:
    reads = "a chr1:110+10S40M chr1:250- qual={}\nb chr1:100+50M chr1:250- qual={}"
    assert positions(tmp_path, reads.format(30, 20)) == [114, 295]
    assert positions(tmp_path, reads.format(20, 30)) == [104, 295]
    _, tallies = read(write_bam(tmp_path / "a.bam", SIZES, reads.format(30, 20)))
    assert (tallies["duplicates"], tallies["clipped_5p"]) == (2, 1)


def test_earlier_marks_are_ignored_unless_trusted(tmp_path: Path) -> None:
    marked = write_bam(
        tmp_path / "a.bam", SIZES, "a chr1:100+ chr1:250- duplicate qual=40\nb chr1:100+ chr1:250- qual=20"
    )
    (found,), tallies = read(marked)
    assert (len(found["chr1"]), tallies["marked"], tallies["duplicates"]) == (2, 2, 2)
    (found,), tallies = read(marked, trust_marks=True)
    assert (len(found["chr1"]), tallies["marked"], tallies["duplicates"]) == (2, 2, 2)
    assert (tallies["pairs"], tallies["unique_pairs"], tallies["multiplicity"]) == (2, 1, {})
    (found,), tallies = read(marked, skip_deduplication=True)
    assert (len(found["chr1"]), tallies["duplicates"]) == (4, 0)


def test_a_read_whose_mate_is_missing_is_not_properly_paired(tmp_path: Path) -> None:
    lone = write_bam(tmp_path / "a.bam", SIZES, "a/1 chr1:100+ mate=chr1:250- proper")
    (found,), tallies = read(lone)
    assert (found, tallies["orphans"]) == ({}, 1)
    (found,), _ = read(lone, skip_deduplication=True)
    assert found == {"chr1": [(104, "+")]}


def test_a_pair_that_does_not_face_is_not_properly_paired(tmp_path: Path) -> None:
    assert positions(tmp_path, "a chr1:300+ chr1:100- proper") == []
    assert positions(tmp_path, "a chr1:300+ chr1:290- proper") == [304, 335]
    assert positions(tmp_path, "a chr1:100+ chr1:300+ proper") == []
    assert positions(tmp_path, "a chr1:100+ chr2:300- proper") == []
    assert positions(tmp_path, "a chr1:100+ chr1:300- not_proper") == []


def test_tags_are_not_needed(tmp_path: Path) -> None:
    reads = ["a chr1:100+ chr1:250- qual=20", "b chr1:100+5M1I44M chr1:250- qual=30"]
    plain = positions(tmp_path, "\n".join(reads))
    tagged = positions(tmp_path, "\n".join(f"{read} MC=99M CB=x RG=y" for read in reads))
    assert plain == tagged == [104, 295]


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ("a {} qual=14", "b {} qual=15x1,2", "b"),
        ("r9 {} qual=30", "r10 {} qual=30", "r10"),
        ("a {} qual=*", "b {} qual=93", "a"),
        ("a {} qual=30/14", "b {} qual=16/15", "b"),
        ("a {} qual=30 qc_failed", "b {} qual=20", "both"),
    ],
)
def test_which_of_two_duplicates_stays(tmp_path: Path, first: str, second: str, stays: str) -> None:
    # One starts later, behind clipped bases: the sites tell which stays.
    places = ("chr1:100+50M chr1:250-", "chr1:110+10S40M chr1:250-")
    for lines in ([first, second], [second, first]):
        text = "\n".join(line.format(places[line is second]) for line in lines)
        expected = {first.split()[0]: [104, 295], second.split()[0]: [114, 295], "both": [104, 114, 295, 295]}[stays]
        assert positions(tmp_path, text) == expected


def test_other_reads_of_a_duplicate_stay(tmp_path: Path) -> None:
    reads = """
        a chr1:100+ chr1:250- qual=40
        b chr1:100+ chr1:250- qual=20
        b/1 chr1:900+ mate=chr1:250- supplementary proper
        b/2 chr1:950- mate=chr1:100+ secondary proper
    """
    assert positions(tmp_path, reads) == [104, 295, 904, 995]
    assert positions(tmp_path, reads, primary_only=True) == [104, 295]
    _, tallies = read(tmp_path / "reads.bam", primary_only=True)
    assert (tallies["secondary"], tallies["supplementary"], tallies["not_primary"]) == (1, 1, 2)
    assert tallies["depth"] == 5


def test_duplicates_come_before_the_mapping_quality(tmp_path: Path) -> None:
    reads = "a chr1:100+ chr1:250- mapq=60/0 qual=40\nb chr1:100+ chr1:250- mapq=60 qual=20"
    bam = write_bam(tmp_path / "a.bam", SIZES, reads)
    (found,), tallies = read(bam, min_mapq=30)
    assert found == {"chr1": [(104, "+")]}
    assert (tallies["duplicates"], tallies["low_mapq"], tallies["split_pairs"]) == (2, 1, 1)


def test_single_reads_count_if_asked_for(tmp_path: Path) -> None:
    reads = "a chr1:100+\nb chr1:100+ qual=20\nc chr1:105+5S45M\nd chr1:300-\ne chr1:600+ chr1:500-"
    bam = write_bam(tmp_path / "a.bam", SIZES, reads)
    (found,), tallies = read(bam)
    assert (found, tallies["not_paired"], tallies["not_proper"]) == ({}, 4, 2)
    (found,), tallies = read(bam, single_end=True)
    assert found == {"chr1": [(104, "+"), (345, "-"), (545, "-"), (604, "+")]}
    assert tallies["duplicates"] == 2
    (found,), _ = read(bam, single_end=True, skip_deduplication=True)
    assert len(found["chr1"]) == 6


def test_a_single_read_gives_way_to_a_pair(tmp_path: Path) -> None:
    reads = "a chr1:100+ qual=40\nb chr1:110+10S40M chr1:250- qual=20"
    assert positions(tmp_path, reads, single_end=True) == [114, 295]


def test_cells_are_told_apart_on_wish(tmp_path: Path) -> None:
    reads = "a chr1:100+ chr1:250- CB=A\nb chr1:100+ chr1:250- CB=B"
    bam = write_bam(tmp_path / "a.bam", SIZES, reads)
    (found,), tallies = read(bam)
    assert (len(found["chr1"]), tallies["barcoded"], tallies["primary"]) == (2, 4, 4)
    (found,), _ = read(bam, barcode_tag="CB")
    assert len(found["chr1"]) == 4


def test_barcodes_make_groups(tmp_path: Path) -> None:
    reads = "a chr1:100+ chr1:250- CB=A\nb chr1:100+ chr1:250- CB=B\nc chr1:400+ chr1:500-\nd chr1:1+ chr1:60- CB=C"
    bam = write_bam(tmp_path / "a.bam", SIZES, reads)
    found, tallies = read(bam, groups=2, barcodes={b"A": 1, b"B": 1, b"unseen": 0})
    assert found == [{}, {"chr1": [(104, "+"), (104, "+"), (295, "-"), (295, "-")]}]
    assert tallies["no_barcode"] == 4


def test_long_fragments_can_be_left_out(tmp_path: Path) -> None:
    reads = "a chr1:100+ chr1:250-\nb chr1:100+ chr1:251-"
    assert positions(tmp_path, reads, max_fragment=200) == [104, 295]
    assert positions(tmp_path, reads, max_fragment=200, skip_deduplication=True) == [104, 295]
    assert read(tmp_path / "reads.bam", max_fragment=200)[1]["too_long"] == 2


def test_reads_beyond_the_end_are_dropped(tmp_path: Path) -> None:
    reads = "a chr1:9900+ chr1:9960-50M\nb chr1:9900+ chr1:9950-50M"
    assert positions(tmp_path, reads) == [9904, 9995]
    assert read(tmp_path / "reads.bam")[1]["past_end"] == 1


def test_mates_are_joined_within_a_file_and_duplicates_found_over_all(tmp_path: Path) -> None:
    one = write_bam(tmp_path / "1.bam", SIZES, "r1 chr1:100+ chr1:250-\nr2 chr2:100+ chr2:250-")
    # The same sequences in another order.
    turned = dict(reversed(SIZES.items()))
    two = write_bam(tmp_path / "2.bam", turned, "r1 chr1:600+ chr1:750-\nr2 chr2:100+ chr2:250-")
    (found,), tallies = read(one, two)
    assert found == {"chr1": [(104, "+"), (295, "-"), (604, "+"), (795, "-")], "chr2": [(104, "+"), (295, "-")]}
    assert (tallies["depth"], tallies["duplicates"]) == (8, 2)
    (found,), _ = read(one, two, per_file=True)
    assert len(found["chr2"]) == 4


@pytest.mark.parametrize("memory", [0, 1 << 26])
@pytest.mark.parametrize(
    "reads",
    [
        "a chr1:100+ chr1:250-\ntwin chr1:300+ chr1:400-\ntwin chr1:300+ chr1:400-",
        "twin chr1:100+ chr1:250-\nb chr1:300+ chr1:400-\ntwin/1 chr1:500+ mate=chr1:700-",
        "twin/1 chr1:100+ mate=chr1:250-\ntwin/1 chr1:500+ mate=chr1:700-",
    ],
)
def test_a_name_and_mate_twice_is_refused(tmp_path: Path, reads: str, memory: int) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, reads)
    with pytest.raises(ReadsError, match="twin") as caught:
        read(bam, memory=memory)
    assert caught.value.path == bam  # type: ignore[attr-defined]


def test_long_sequences(tmp_path: Path) -> None:
    sizes = {"long": 830_000_000, "longest": 2**31 - 1}
    at = {"long": 2**29 + 10, "longest": 2**31 - 300}
    bam = write_bam(
        tmp_path / "a.bam", sizes, "\n".join(f"{name} {name}:{at[name]}+ {name}:{at[name] + 150}-" for name in at)
    )
    (found,), _ = read(bam, sizes=sizes)
    assert found == {name: [(at[name] + 4, "+"), (at[name] + 195, "-")] for name in at}


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    rng = random.Random(3)
    reads = records(
        "\n".join(
            f"r{n} chr1:{rng.randrange(300)}+ chr1:{300 + rng.randrange(9)}- qual={rng.choice([2, 30])}"
            for n in range(300)
        )
    )
    results = []
    for order in ("position", "said", "name", "random"):
        rng.shuffle(reads) if order == "random" else reads.sort(key=lambda read: read.name)
        text = "@HD\tVN:1.6\tSO:coordinate\n" if order != "random" else "@HD\tVN:1.6\tSO:nonsense\n"
        bam = write_bam(
            tmp_path / f"{order}.bam", SIZES, reads, text=text, by_position=order == "position", block_size=999
        )
        for memory, threads in ((0, 1), (1 << 26, 2)):
            found, tallies = read(bam, memory=memory, threads=threads)
            assert (tallies.pop("unsorted") == 0) == (order == "position")
            results.append((found, tallies.pop("fragment_lengths").tolist(), tallies))
    assert results[0][0][0]["chr1"]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    ("text", "order", "differs"),
    [
        ("", None, False),
        ("@HD\tVN:1.6\tSO:coordinate\n", "coordinate", False),
        ("@RG\tID:a\tDS:x\tDS:y\n@PG\tID:p\tVN:\n@SQ\tSN:chr1\tLN:10000\n@SQ\tSN:chr2\tLN:5000\n\0\0\0", None, False),
        (b"@CO\t" + b"\xff\xfe\0" * 300_000 + b"\n@HD\n@", None, False),
        ("@SQ\tSN:chr1\tLN:10000\n", None, True),
        ("@SQ\tSN:chr1\tLN:10001\n@SQ\tSN:chr2\tLN:5000\n", None, True),
    ],
)
def test_any_header_text_is_read(tmp_path: Path, text: str | bytes, order: str | None, differs: bool) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "a chr1:100+ chr1:250-", text=text)
    told = bam_header(bam)
    assert told["chrom_sizes"] == SIZES
    assert list(told["chrom_sizes"]) == list(SIZES)
    assert (told["order"], told["text_differs"], told["has_end_block"]) == (order, differs, True)
    (found,), _ = read(bam)
    assert len(found["chr1"]) == 2


def test_programs_are_told(tmp_path: Path) -> None:
    text = "@PG\tID:bwa\tCL:bwa mem x\n@PG\tID:2\tPN:alignmentSieve\n"
    told = bam_header(write_bam(tmp_path / "a.bam", SIZES, "", text=text))
    assert told["programs"] == ["bwa bwa mem x", "2 alignmentSieve"]


def test_reads_without_bases_are_counted(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "a chr1:100+ chr1:250- seq=*\nb chr1:300+ chr1:350-")
    assert read(bam)[1]["without_bases"] == 2


def test_all_members_are_read(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "a chr1:100+ chr1:250-", empty_block=True)
    assert len(read(bam)[0][0]["chr1"]) == 2


def test_the_end_block_is_asked_for(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "a chr1:100+ chr1:250-", end_block=False)
    assert not bam_header(bam)["has_end_block"]
    with pytest.raises(ReadsError, match="empty block"):
        read(bam)
    assert len(read(bam, accept_no_end=True)[0][0]["chr1"]) == 2


def _sequences(*names: str) -> list[tuple[str, int]]:
    return [(name, 1000) for name in names]


RECORD = encoded(records("a chr1:100+")[0], ["chr1"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "BAM file"),
        (b"CRAM\3\0", "CRAM"),
        (b"@HD\tVN:1.6\n", "SAM"),
        (header(_sequences("chr1"))[:-2], "ends inside"),
        (header(_sequences("chr1", "chr1")), "twice"),
        (header([("chr1", 0)]) + RECORD, "length is 0"),
        (header([("chr1", 1001)]) + RECORD, "1001 bp"),
        (header(_sequences("chr1")) + RECORD[:-1], "ends inside a record"),
        (header(_sequences("chr1")) + RECORD[:3], "ends inside"),
        (header(_sequences("chr1")) + b"\x08\0\0\0" + bytes(8), "8 bytes"),
        (header(_sequences("chr1")) + RECORD[:4] + b"\x01" + RECORD[5:], "sequence 1 of 1"),
        (header(_sequences("chr1")) + RECORD[:20] + b"\xff" + RECORD[21:], "longer than the whole"),
        (header(_sequences("chr1")) + RECORD[:37] + b"x" + RECORD[38:], "name without its end"),
        (header(_sequences("chr1")) + RECORD[:38] + b"\x0f" + RECORD[39:], "CIGAR"),
    ],
)
def test_what_is_no_bam_file_is_refused(tmp_path: Path, body: bytes, told: str) -> None:
    path = tmp_path / "a.bam"
    path.write_bytes(bgzf(body))
    with pytest.raises(ReadsError, match=told) as caught:
        read(path, sizes={"chr1": 1000})
    assert caught.value.path == path  # type: ignore[attr-defined]


@pytest.mark.parametrize("threads", [1, 2, 64])
def test_damage_in_the_middle_is_told(tmp_path: Path, threads: int) -> None:
    reads = "\n".join(f"r{n} chr1:{n}+ chr1:{n + 200}-" for n in range(2000))
    data = bytearray(write_bam(tmp_path / "a.bam", SIZES, reads, block_size=5000).read_bytes())
    data[len(data) // 2] ^= 0x55
    (tmp_path / "b.bam").write_bytes(data)
    with pytest.raises(ReadsError, match="at byte"):
        read(tmp_path / "b.bam", threads=threads)


def test_progress_is_told(tmp_path: Path) -> None:
    reads = "\n".join(f"r{n} chr1:{n}+ chr1:{n + 200}-" for n in range(100))
    bam = write_bam(tmp_path / "a.bam", SIZES, reads)
    told: list[int] = []
    read(bam, progress=told.append)
    assert sum(told) <= bam.stat().st_size


def test_after_an_error_nothing_is_given(tmp_path: Path) -> None:
    (tmp_path / "a.bam").write_bytes(b"no BAM file")
    sites = CutSites(SIZES, temp_dir=tmp_path, memory=1 << 20)
    with pytest.raises(ReadsError):
        sites.add_bam([tmp_path / "a.bam"])
    with pytest.raises(ValueError, match="after an error"):
        sites.finish()


@pytest.mark.parametrize(
    "settings", [{"barcode_tag": "CBX"}, {"skip_deduplication": True, "trust_marks": True}, {"min_mapq": 300}]
)
def test_settings_are_checked(tmp_path: Path, settings: dict[str, Any]) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "")
    with pytest.raises((ValueError, OverflowError)):
        read(bam, **settings)


# Beside samtools.


def _cigar(rng: random.Random) -> str:
    size, clip = rng.randint(20, 30), rng.randint(1, 5)
    plain = f"{size}M"
    before, behind = f"{clip}S{size - clip}M", f"{size - clip}M{clip}S"
    mixed = f"3H2S{size - 6}M1D4M2S1H"
    return rng.choice([plain, plain, before, behind, mixed, f"{size - 10}M2I3M4D5M"])


def _random_pair(rng: random.Random, name: str) -> list[Record]:
    """Make a pair, or what is left of one, that is often a duplicate of another and often odd."""
    chrom = rng.choice(["chr1", "chr2"])
    mates = []
    for which in range(2):
        where = chrom if rng.random() < 0.9 else "chr2"
        start = rng.choice([100, 101, 102, 105, 110] if which == 0 else [100, 105, 110, 120, 150])
        start = 4980 if where == "chr2" and rng.random() < 0.05 else start
        mates.append((where, start, (which == 1) ^ (rng.random() < 0.1), _cigar(rng)))
    rng.shuffle(mates)
    lacks = [rng.random() < 0.05, rng.random() < 0.05]
    made = []
    for which, ((where, start, reverse, cigar), other) in enumerate(zip(mates, reversed(mates), strict=True)):
        flag = PAIRED | (LAST if which else FIRST) | (REVERSE if reverse else 0) | (MATE_REVERSE if other[2] else 0)
        flag |= (UNMAPPED if lacks[which] else 0) | (MATE_UNMAPPED if lacks[1 - which] else 0)
        flag |= PROPER if where == other[0] and rng.random() < 0.9 else 0
        flag |= QC_FAILED if rng.random() < 0.05 else 0
        bases = sum(size for size, kind in operations(cigar) if kind in "MIS=X")
        quality = bytes([rng.choice([2, 14, 15, 30])] * bases) if rng.random() < 0.95 else None
        sequence = "A" * bases
        read = Record(
            name, flag, where, start, 60, "" if lacks[which] else cigar, other[0], other[1], 0, sequence, quality
        )
        if rng.random() < 0.95:
            made.append(read)
        if rng.random() < 0.05 and not lacks[which]:
            kind = rng.choice([SECONDARY, SUPPLEMENTARY])
            made.append(
                Record(name, flag | kind, where, start + 7, 60, cigar, other[0], other[1], 0, sequence, quality)
            )
    return made


def _by_samtools(bam: Path, wanted: Sequence[str]) -> Sites:
    def run(*command: str) -> str:
        return subprocess.run(["samtools", *command], check=True, capture_output=True, cwd=bam.parent, text=True).stdout

    run("sort", "-n", "-o", "1.bam", bam.name)
    run("fixmate", "-m", "1.bam", "2.bam")
    run("sort", "-o", "3.bam", "2.bam")
    run("markdup", "-r", "3.bam", "4.bam")
    found: dict[str, list[tuple[int, str]]] = {}
    for line in run("view", "-F", "4", *wanted, "4.bam").splitlines():
        _, flag, chrom, start, _, cigar, *_ = line.split("\t")
        first = int(start) - 1
        end = first + sum(size for size, kind in operations(cigar) if kind in "MDN=X")
        if end <= SIZES[chrom]:
            found.setdefault(chrom, []).append((end - 5, "-") if int(flag) & REVERSE else (first + 4, "+"))
    return {chrom: sorted(sites) for chrom, sites in found.items()}


@pytest.mark.skipif(shutil.which("samtools") is None, reason="samtools is not installed")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("single_end", [False, True])
def test_duplicates_are_those_of_samtools(tmp_path: Path, seed: int, single_end: bool) -> None:
    rng = random.Random(seed)
    reads = [read for number in range(200) for read in _random_pair(rng, f"r{rng.randrange(10)}.{number}")]
    bam = write_bam(tmp_path / "a.bam", SIZES, reads, by_position=seed % 2 == 0)
    expected = _by_samtools(bam, () if single_end else ("-f", "3"))
    for memory in (0, 1 << 26):
        (found,), _ = read(bam, single_end=single_end, memory=memory)
        assert found == expected
