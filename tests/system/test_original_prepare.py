"""``prepare`` beside what it replaces: the original's pipeline of samtools and bedtools."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import original
import pyBigWig
import pytest
from bam import Record, encoded, records, write_bam
from fragments import write_text
from many_reads import reads_of_pairs, write_reads
from numpy.typing import NDArray
from original import Original

from maxatac.cli.main import main

_MISSING = original.missing()
pytestmark = pytest.mark.skipif(_MISSING is not None, reason=_MISSING or "")

# Their coverage has 6 significant digits.
TOLERANCE = 1e-5
LENGTH = 50  # bp of a read


@dataclass(frozen=True)
class Genome:
    """Sizes and blacklist, as files and as values; chrM is in the BAM alone."""

    sizes: dict[str, int]
    sizes_file: Path
    blacklist: Path
    blacklisted: dict[str, NDArray[np.bool_]]

    @property
    def words(self) -> list[str]:
        return ["--chrom_sizes", str(self.sizes_file), "--blacklist", str(self.blacklist)]


def prepared(folder: Path, *words: object, genome: Genome) -> Path:
    """Run ``maxatac prepare`` and return what all its files begin with."""
    arguments = ["prepare", *map(str, words), *genome.words, "--output", str(folder), "--prefix", "x"]
    assert main([*arguments, "--sites_bed", "--loglevel", "error"]) == 0
    return folder / "x_IS"


def values(path: Path, sizes: Mapping[str, int]) -> dict[str, NDArray[np.float64]]:
    """Every base of a track; 0 where there is no data."""
    with pyBigWig.open(str(path)) as track:
        assert track.chroms() == dict(sizes)
        return {chrom: np.nan_to_num(track.values(chrom, 0, size, numpy=True)) for chrom, size in sizes.items()}


def rows(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt") as file:
        for line in file:
            yield line.rstrip("\n").split("\t")


def assert_same(ours: Path, theirs: Original, genome: Genome, slop: int = 20) -> None:
    """The same cut sites, and the same tracks at every base."""
    has_strands = any(strand for _, _, strand in theirs.sites())
    found = sorted((row[0], int(row[1]), row[5] if has_strands else "") for row in rows(ours.with_name("x_IS.bed.gz")))
    assert found == [site for site in theirs.sites() if _is_listed(site, genome)]

    track = theirs.dense(genome.sizes)
    # The file is named after --rpm_factor, where theirs is always RP20M.
    normalised_file, scaled_file = sorted(ours.parent.glob(f"x_IS_slop{slop}_RP*.bw"), key=lambda path: -len(path.name))
    scaled = values(scaled_file, genome.sizes)
    for chrom in genome.sizes:
        np.testing.assert_allclose(scaled[chrom], track[chrom], rtol=TOLERANCE, atol=0, err_msg=chrom)
    expected, percentile = original.min_max(track, genome.blacklisted)
    own_percentile = original.min_max(scaled, genome.blacklisted)[1]
    assert own_percentile == pytest.approx(percentile, rel=TOLERANCE)
    normalised = values(normalised_file, genome.sizes)
    for chrom in genome.sizes:
        same = expected[chrom] * (percentile / own_percentile)
        np.testing.assert_allclose(normalised[chrom], same, rtol=TOLERANCE, atol=0, err_msg=chrom)


def _is_listed(site: tuple[str, int, str], genome: Genome) -> bool:
    """Whether we list a site that they do.

    Of fragments they list those in the blacklist, to leave them out later. A site of clipped reads may lie a few bases
    beyond the end, and is no line of a BED file then; its widened interval is.
    """
    chrom, position, _ = site
    return position < genome.sizes[chrom] and not genome.blacklisted[chrom][position]


# ---- yeast


@dataclass(frozen=True)
class Fragments:
    """Columns of the yeast set's fragments; ``chrom`` counts in ``names``."""

    names: list[str]
    chrom: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


@pytest.fixture(scope="module")
def yeast_genome(yeast: Path) -> Genome:
    sizes = dict(line.split("\t") for line in (yeast / "sacCer3.chrom.sizes").read_text().splitlines())
    return _genome(
        {chrom: int(size) for chrom, size in sizes.items()},
        yeast / "sacCer3.chrom.sizes",
        yeast / "sacCer3_blacklist.bed",
    )


@pytest.fixture(scope="module")
def yeast_fragments(yeast: Path, yeast_genome: Genome) -> Fragments:
    """All fragments but most of chrXII's, which has a third of them on its ribosomal genes."""
    names = [*yeast_genome.sizes, "chrM"]
    number = {name: place for place, name in enumerate(names)}
    with gzip.open(yeast / "raw" / "yeast_500k_SRR1822137.bedpe.gz", "rt") as file:
        columns = [line.split()[:3] for line in file]
    chrom, start, end = (
        np.array([number[row[0]] for row in columns]),
        np.array([int(row[1]) for row in columns]),
        np.array([int(row[2]) for row in columns]),
    )
    keep = (chrom != number["chrXII"]) | (np.arange(len(chrom)) % 16 == 0)
    return Fragments(names, chrom[keep], start[keep], end[keep])


@pytest.fixture(scope="module")
def yeast_reads(yeast_genome: Genome, yeast_fragments: Fragments, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BAM in no order: the fragments as pairs, a fifth of them twice, and reads of all odd kinds."""
    found, rng = yeast_fragments, np.random.default_rng(1)
    long = np.flatnonzero(found.end - found.start >= LENGTH)
    chosen = np.concatenate([long, rng.choice(long, len(long) // 5)])
    reads = reads_of_pairs(found.chrom[chosen], found.start[chosen], found.end[chosen], LENGTH, rng)
    sizes = yeast_genome.sizes | {"chrM": 85_779}
    more = [*_short_pairs(found), *records(_odd_lines(found, sizes))]
    path = tmp_path_factory.mktemp("reads") / "reads.bam"
    order = rng.permutation(len(reads))
    extra = b"".join(encoded(record, found.names) for record in more)
    return write_reads(path, sizes, reads, LENGTH, order=order, more=extra)


def _short_pairs(found: Fragments) -> Iterator[Record]:
    """Fragments shorter than a read: both mates cover them whole."""
    for place in np.flatnonzero(found.end - found.start < LENGTH)[::4]:
        chrom, start, size = found.names[found.chrom[place]], found.start[place], found.end[place] - found.start[place]
        yield from records(f"short{place} {chrom}:{start}+{size}M {chrom}:{start}-{size}M")


def _odd_lines(found: Fragments, sizes: Mapping[str, int]) -> Iterator[str]:
    draw = random.Random(1)
    places = draw.sample(range(len(found.start)), 4_000)
    for number, place in enumerate(places):
        chrom, start, end = found.names[found.chrom[place]], int(found.start[place]), int(found.end[place])
        if end - start < 60:
            continue
        forward, reverse = f"{chrom}:{start}+", f"{chrom}:{end - 50}-"
        pair = f"{forward}50M {reverse}50M"
        qual = draw.choice(["*", "12", "20", "37/20", "14x49,15", "40"])
        yield from {
            0: [f"mapq0_{number} {pair} mapq=0 qual={qual}"],
            1: [f"failed_{number} {pair} qc_failed qual={qual}"],
            2: [f"clipped_{number} {chrom}:{start + 7}+7S43M {chrom}:{end - 50}-47M3S qual={qual}"],
            3: [
                f"many_{number} {pair} qual={qual}",
                f"many_{number}/1 chrIV:{start}+20S30M secondary mate={reverse}",
                f"many_{number}/2 chrIV:{start // 2}-30M20H supplementary mate={forward} proper",
            ],
            4: [f"lost_{number} {forward} *", f"none_{number} * *"],
            5: [
                f"apart_{number} {forward} chrV:{end // 8}- proper",
                f"left_{number} {chrom}:{end - 50}+ {chrom}:{start}- proper",
            ],
            6: [f"orphan_{number}/1 {forward} mate={reverse}", f"single_{number} {forward}"],
            7: [f"gaps_{number} {forward}20M2D10M3I17M5S {chrom}:{end - 60}-5S20M15N20M5S qual={qual}"],
            8: [f"same_{number} {forward} {chrom}:{end - 50}+ proper", f"mapq_{number} {pair} mapq=0/60 qual={qual}"],
            9: [f"hard_{number} {chrom}:{start + 4}+4H30M2P10M {chrom}:{end - 50}-40M10H qual={qual}"],
        }[number % 10]
    for number, (chrom, size) in enumerate(sizes.items()):
        yield f"first_{number} {chrom}:0+ {chrom}:120-"
        yield f"last_{number} {chrom}:{size - 300}+ {chrom}:{size - 50}-"
        yield f"both_{number} {chrom}:0+ {chrom}:{size - 50}- mapq=0"
        yield f"tiny_{number} {chrom}:0+46S4M {chrom}:{size - 4}-4M46S"


@pytest.mark.slow
def test_reads_of_yeast(tmp_path: Path, yeast_reads: Path, yeast_genome: Genome) -> None:
    theirs = _track(yeast_reads, yeast_genome, tmp_path / "original")
    ours = prepared(tmp_path / "out", "-i", yeast_reads, genome=yeast_genome)
    assert len(theirs.sites()) > 400_000
    assert_same(ours, theirs, yeast_genome)
    # Whatever the order of the reads.
    path = tmp_path / "sorted.bam"
    original.run(f"samtools sort -l 1 -o {path} {yeast_reads}")
    again = prepared(tmp_path / "sorted", "-i", path, "--threads", 1, genome=yeast_genome)
    for name in ("x_IS.bed.gz", "x_IS_slop20.bed.gz", "x_IS_slop20_RP20M.bw", "x_IS_slop20_RP20M_minmax01.bw"):
        assert again.with_name(name).read_bytes() == ours.with_name(name).read_bytes()


@pytest.mark.slow
def test_fragments_of_yeast(tmp_path: Path, yeast_fragments: Fragments, yeast_genome: Genome) -> None:
    found = yeast_fragments
    draw = random.Random(2)
    lines = (
        f"{found.names[chrom]} {start} {end} {draw.choice('ACGT')}-1 1"
        for chrom, start, end in zip(found.chrom, found.start, found.end, strict=True)
    )
    path = write_text(tmp_path / "fragments.tsv.gz", "# a comment", lines)
    theirs = original.track_of_fragments(
        path, tmp_path / "original", yeast_genome.sizes_file, yeast_genome.blacklist, list(yeast_genome.sizes)
    )
    assert_same(prepared(tmp_path / "out", "-i", path, genome=yeast_genome), theirs, yeast_genome)


# ---- small cases

CASES = 300
SIZE = 2_000


@pytest.fixture
def small(tmp_path: Path) -> Genome:
    return _small_genome(tmp_path, {f"c{number}": SIZE for number in range(CASES)})


def _small_genome(folder: Path, sizes: dict[str, int]) -> Genome:
    sizes_file, blacklist = folder / "genome.sizes", folder / "blacklist.bed"
    sizes_file.write_text("".join(f"{chrom}\t{size}\n" for chrom, size in sizes.items()))
    blacklist.write_text(f"{next(iter(sizes))}\t700\t705\n")
    return _genome(sizes, sizes_file, blacklist)


class Draw:
    """Draws reads of one chromosome; many of them have the same ends."""

    def __init__(self, draw: random.Random, chrom: str) -> None:
        self.random, self.chrom = draw, chrom
        self._starts, self._ends = draw.sample(range(100, 140), 2), draw.sample(range(250, 290), 2)

    def forward(self) -> str:
        clip = self._clip()
        operation = f"{clip}{self.random.choice('SH')}" if clip else ""
        return f"{self.chrom}:{self.random.choice(self._starts) + clip}+{operation}{self._middle()}"

    def reverse(self) -> str:
        clip, middle = self._clip(), self._middle()
        operation = f"{clip}{self.random.choice('SH')}" if clip else ""
        start = self.random.choice(self._ends) - clip - Record("", start=0, cigar=middle).end
        return f"{self.chrom}:{start}-{middle}{operation}"

    def either(self) -> str:
        return self.random.choice([self.forward, self.reverse])()

    def name(self, number: int) -> str:
        return f"{self.chrom}.{self.random.choice('rRq')}{self.random.choice(['', '0', '1'])}{number}"

    def words(self) -> str:
        qualities = ("*", "30", "30", "14", "15", "14/30", "15,2", "40x2,14/15x2,2", "2x9,30")
        return f"mapq={self.random.choice(['60', '0', '60/0'])} qual={self.random.choice(qualities)}"

    def _clip(self) -> int:
        return self.random.choice([0, 0, 0, 3, 12])

    def _middle(self) -> str:
        return self.random.choice(["10M"] * 6 + ["4M3D6M", "5M2I3M", "3M40N7M", "2=1X7=", "5M1P5M"])


def _random_pairs(draw: random.Random, chrom: str) -> Iterator[str]:
    made = Draw(draw, chrom)
    for number in range(draw.randint(2, 9)):
        name, words = made.name(number), made.words()
        kind = draw.random()
        if kind < 0.7:
            mates = [made.forward(), made.reverse()]
            draw.shuffle(mates)
            yield f"{name} {' '.join(mates)} {words} {draw.choice(['', '', '', 'qc_failed', 'not_proper'])}"
        elif kind < 0.78:
            yield f"{name} {made.forward()} {made.forward()} {words} proper"
        elif kind < 0.86:
            yield f"{name} {made.either()} * {words}"
        elif kind < 0.92:
            yield f"{name}/{draw.choice('12')} {made.forward()} mate={made.reverse()} {words}"
        else:
            yield f"{name} {made.either()} {words}"
        if kind < 0.5 and draw.random() < 0.2:
            word = draw.choice(["secondary", "supplementary"])
            place = f"{chrom}:{draw.randint(900, 990)}+20S30M"
            yield f"{name}/{draw.choice('12')} {place} {word} mate={made.reverse()} {words}"


def _random_reads(draw: random.Random, chrom: str) -> Iterator[str]:
    made = Draw(draw, chrom)
    for number in range(draw.randint(2, 9)):
        word = draw.choice([""] * 6 + ["qc_failed", "secondary", "supplementary"])
        # Of equals markdup keeps the first in the file, which is sorted by name as a person would.
        name = f"{chrom}.{draw.choice('rRq')}{number}"
        yield f"{name} {draw.choice([made.either()] * 9 + ['*'])} {made.words()} {word}"


def _with_barcodes(draw: random.Random, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        # A pair may have it on one mate only, as no program writes it: not here.
        barcode = draw.choice(["A", "B", "AA", ""])
        yield f"{line} CB={barcode}" if barcode else line


@dataclass(frozen=True)
class Kind:
    """How random reads are made, and what both programs are told."""

    make: Callable[[random.Random, str], Iterator[str]] = _random_pairs
    has_barcodes: bool = False
    theirs: Mapping[str, Any] = field(default_factory=dict)
    ours: Sequence[object] = ()
    slop: int = 20


KINDS = {
    "pairs": Kind(),
    "reads": Kind(_random_reads, theirs={"single_end": True}, ours=["--single_end"]),
    "barcodes": Kind(has_barcodes=True, theirs={"barcode_tag": "CB"}, ours=["--barcode_tag", "CB"]),
    "duplicates": Kind(theirs={"skip_deduplication": True}, ours=["--skip_deduplication"]),
    "narrow": Kind(theirs={"rpm_factor": 1000}, ours=["--rpm_factor", 1000], slop=0),
    "wide": Kind(ours=["--memory", "1K"], slop=400),
}


@pytest.mark.parametrize("name", KINDS)
def test_random_reads(name: str, tmp_path: Path, small: Genome) -> None:
    draw, kind = random.Random(name), KINDS[name]
    lines = (line for chrom in small.sizes for line in kind.make(draw, chrom))
    reads = records(_with_barcodes(draw, lines) if kind.has_barcodes else lines)
    draw.shuffle(reads)
    path = write_bam(tmp_path / "reads.bam", small.sizes, reads)
    theirs = _track(path, small, tmp_path / "original", slop=kind.slop, **kind.theirs)
    ours = prepared(tmp_path / "out", "-i", path, "--slop", kind.slop, *kind.ours, genome=small)
    for sites in ("IS", f"IS_slop{kind.slop}"):
        assert kept(ours.with_name(f"x_{sites}")) == kept(tmp_path / "original" / sites)
    assert_same(ours, theirs, small, kind.slop)


KNOWN = {
    "ends": (["a {}:100+ {}:250-"], {(104, "a"), (295, "a")}),
    "lone": (["a/1 {}:100+ mate={}:250-"], set()),
    "left": (["a {}:250+ {}:100- proper"], set()),
    "touching": (["a {}:100+ {}:50-50M"], {(104, "a"), (95, "a")}),
    "forward": (["a {}:100+ {}:250+ proper"], set()),
    "quality": (["a {0}:100+ {0}:250- qual=14", "b {0}:100+ {0}:250- qual=15,2"], {(104, "b"), (295, "b")}),
    "tie": (["r9 {0}:100+ {0}:250-", "r10 {0}:100+ {0}:250-"], {(104, "r10"), (295, "r10")}),
    "strands": (["a {0}:100+ {0}:250-", "b {0}:250- {0}:100+"], {(104, "a"), (295, "a")}),
    "missing": (["a {0}:100+ {0}:250- qual=40", "b {0}:100+ {0}:250- qual=*"], {(104, "b"), (295, "b")}),
    "gaps": (["a {}:100+5S10M100N10M3I20M2D5M4S {}:250-"], {(104, "a"), (295, "a")}),
    "gaps_reverse": (["a {}:50+ {}:100-5S10M100N10M3I20M2D5M4S"], {(54, "a"), (242, "a")}),
    "clips": (["a {0}:110+10S40M {0}:250- qual=30", "b {0}:100+ {0}:250- qual=20"], {(114, "a"), (295, "a")}),
    "failed": (
        ["a {0}:100+ {0}:250- qc_failed", "b {0}:100+ {0}:250-"],
        {(104, "a"), (295, "a"), (104, "b"), (295, "b")},
    ),
    "supplementary": (
        ["a {0}:100+ {0}:250- qual=40", "b {0}:100+ {0}:250-", "b/1 {0}:600+20H30M supplementary mate={0}:250-"],
        {(104, "a"), (295, "a"), (604, "b")},
    ),
    "unmapped": (["a {}:100+ *", "b * *"], set()),
    "single": (["a {}:100+"], set()),
    "apart": (["a {}:100+ ends:600- proper"], set()),
    "start": (["a {}:0+ {}:40-"], {(4, "a"), (85, "a")}),
    "beyond": (
        ["a {}:1700+46S4M {}:1995-5M45S", "b {0}:1997+47S3M {0}:1998-2M48S"],
        {(1704, "a"), (1995, "a"), (2001, "b"), (1995, "b")},
    ),
    "end": (["a {}:1800+ {}:1950-"], {(1804, "a"), (1995, "a")}),
}
"""Reads and the cut sites that both make of them."""


def test_known_reads(tmp_path: Path) -> None:
    genome = _small_genome(tmp_path, dict.fromkeys(KNOWN, SIZE))
    # Names of reads are of one chromosome alone; they keep their order.
    lines = [f"{chrom}." + line.format(*[chrom] * 2) for chrom, (lines, _) in KNOWN.items() for line in lines]
    path = write_bam(tmp_path / "reads.bam", genome.sizes, lines)
    expected = {(chrom, at, f"{chrom}.{name}") for chrom, (_, sites) in KNOWN.items() for at, name in sites}
    theirs = _track(path, genome, tmp_path / "original")
    assert {site[:3] for site in kept(tmp_path / "original" / "IS")} == expected
    ours = prepared(tmp_path / "out", "-i", path, genome=genome)
    assert {site[:3] for site in kept(ours)} == {site for site in expected if site[1] < SIZE}
    assert_same(ours, theirs, genome)


def test_marks_of_another_program_are_ignored(tmp_path: Path) -> None:
    """A stated difference: markdup takes the marked pair for the best, and then both are removed."""
    genome = _small_genome(tmp_path, {"chr1": SIZE})
    lines = ["a chr1:100+ chr1:250- duplicate qual=40", "b chr1:100+ chr1:250- qual=20", "c chr1:300+ chr1:450-"]
    path = write_bam(tmp_path / "reads.bam", genome.sizes, lines)
    _track(path, genome, tmp_path / "original")
    assert {site[2] for site in kept(tmp_path / "original" / "IS")} == {"c"}
    assert {site[2] for site in kept(prepared(tmp_path / "out", "-i", path, genome=genome))} == {"a", "c"}
    trusting = prepared(tmp_path / "trusting", "-i", path, "--trust_duplicate_flags", genome=genome)
    assert {site[2] for site in kept(trusting)} == {"b", "c"}


def kept(prefix: Path) -> list[tuple[str, int, str, str, str]]:
    """Chromosome, position, read, mapping quality and strand of each cut site."""
    return sorted(
        (row[0], int(row[1]), re.sub("/[12]$", "", row[3]), row[4], row[5])
        for row in rows(prefix.with_name(prefix.name + ".bed.gz"))
    )


def _genome(sizes: dict[str, int], sizes_file: Path, blacklist: Path) -> Genome:
    blacklisted = {chrom: np.zeros(size, np.bool_) for chrom, size in sizes.items()}
    for line in blacklist.read_text().splitlines():
        chrom, start, end = line.split("\t")[:3]
        blacklisted[chrom][int(start) : int(end)] = True
    return Genome(sizes, sizes_file, blacklist, blacklisted)


def _track(reads: Path, genome: Genome, folder: Path, **options: Any) -> Original:
    chroms = list(genome.sizes)
    return original.track_of_bam(reads, folder, genome.sizes_file, genome.blacklist, chroms, level=1, **options)
