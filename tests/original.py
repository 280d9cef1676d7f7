"""What the original's ``prepare`` computes, as calls of samtools and bedtools, step by step.

The steps are those of MiraldiLab/maxATAC 1.0.6: :func:`track_of_bam` and :func:`track_of_fragments` follow its two
scripts, :func:`min_max` its normalization. The chromosomes are the caller's; there they are fixed.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PROGRAMS = ("samtools", "bedtools", "awk", "sort")
"""What has to be on PATH."""

_CUT = (
    'BEGIN {OFS = "\\t"} $6 == "+" {print $1, $2 + 4, $2 + 5, $4, $5, $6} '
    '$6 == "-" {print $1, $3 - 5, $3 - 4, $4, $5, $6}'
)


@dataclass(frozen=True)
class Original:
    """The results of one sample.

    Attributes
    ----------
    sites_file : pathlib.Path
        Cut sites, 1 bp each: BED6 of reads, outside the blacklist; or 4 columns of fragments.
    depth : int
        The number that the scale is made of.
    bedgraph : pathlib.Path
        The RP20M track.
    """

    sites_file: Path
    depth: int
    bedgraph: Path

    def sites(self) -> list[tuple[str, int, str]]:
        """Chromosome, position and strand of each cut site, sorted; "" for the strand of fragments."""
        opened = gzip.open if self.sites_file.suffix == ".gz" else open
        with opened(self.sites_file, "rt") as file:
            rows = (line.rstrip("\n").split("\t") for line in file)
            return sorted((row[0], int(row[1]), row[5] if len(row) > 5 else "") for row in rows)

    def dense(self, sizes: Mapping[str, int]) -> dict[str, NDArray[np.float64]]:
        """Spread the track over bases, 0 where it has none."""
        values = {chrom: np.zeros(size) for chrom, size in sizes.items()}
        with self.bedgraph.open() as file:
            for line in file:
                chrom, start, end, value = line.split("\t")
                values[chrom][int(start) : int(end)] = float(value)
        return values


def missing() -> str | None:
    """Say which programs are not installed; None where all are."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"not installed: {', '.join(lacking)}" if lacking else None


def track_of_bam(
    bam: Path,
    folder: Path,
    sizes: Path,
    blacklist: Path,
    chroms: Sequence[str],
    *,
    slop: int = 20,
    rpm_factor: int = 20_000_000,
    skip_deduplication: bool = False,
    single_end: bool = False,
    barcode_tag: str | None = None,
    threads: int = 1,
    level: int = -1,
) -> Original:
    """Turn a BAM into a bedGraph of cut sites per 20 million reads.

    The original knows neither ``single_end`` nor ``barcode_tag``; markdup does. ``level`` is that of the compression
    of BAMs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    depth = int(_told("samtools", "view", "-c", "-F", "0x104", bam))
    final = reads_kept(
        bam,
        folder,
        chroms,
        skip_deduplication=skip_deduplication,
        single_end=single_end,
        barcode_tag=barcode_tag,
        threads=threads,
        level=level,
    )
    sites = folder / "IS.bed.gz"
    keep = "bedtools intersect -v -a stdin -b"
    run(f"bedtools bamtobed -i {final} | awk '{_CUT}' | {keep} {blacklist} | gzip -1 > {sites}")
    slopped = folder / f"IS_slop{slop}.bed.gz"
    run(f"bedtools slop -i {sites} -g {sizes} -b {slop} | {keep} {blacklist} | gzip -1 > {slopped}")
    bedgraph = _coverage(slopped, folder, sizes, rpm_factor / depth)
    return Original(sites, depth, bedgraph)


def reads_kept(
    bam: Path,
    folder: Path,
    chroms: Sequence[str],
    *,
    skip_deduplication: bool = False,
    single_end: bool = False,
    barcode_tag: str | None = None,
    threads: int = 1,
    level: int = -1,
) -> Path:
    """Remove duplicates, and keep the properly paired reads of some chromosomes."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = "" if level < 0 else f"--output-fmt-option level={level}"
    common = f"-@ {threads - 1} {packed}"
    positions, final = folder / "positions.bam", folder / "final.bam"
    sort = f"samtools sort {common} -T {folder}/sort"
    if skip_deduplication:
        run(f"{sort} -o {positions} {bam}")
    else:
        names, mates, sorted_mates, unique = (
            folder / f"{step}.bam" for step in ("names", "mates", "sorted_mates", "unique")
        )
        run(f"{sort} -n -o {names} {bam}")
        run(f"samtools fixmate {common} -m {names} {mates}")
        run(f"{sort} -o {sorted_mates} {mates}")
        run(f"samtools index {sorted_mates}")
        barcodes = f"--barcode-tag {barcode_tag}" if barcode_tag else ""
        run(f"samtools markdup {common} {barcodes} -r -T {folder}/markdup {sorted_mates} {unique}")
        run(f"{sort} -o {positions} {unique}")
    run(f"samtools index {positions}")
    kind = "-F 4" if single_end else "-f 3"
    run(f"samtools view {common} -b {kind} -o {final} {positions} {' '.join(chroms)}")
    return final


def track_of_fragments(
    fragments: Path,
    folder: Path,
    sizes: Path,
    blacklist: Path,
    chroms: Sequence[str],
    *,
    slop: int = 20,
    rpm_factor: int = 20_000_000,
) -> Original:
    """Turn fragments of 10x into a bedGraph of cut sites per 20 million cut sites."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if fragments.suffix == ".gz" else open
    depth = 0
    cuts, slopped = folder / "CutSites.bed", folder / f"IS_slop{slop}.bed.gz"
    with opened(fragments, "rt") as lines, cuts.open("w") as out:
        for line in lines:
            if line.startswith("#"):
                continue
            chrom, start, end, barcode = line.rstrip("\n").split("\t")[:4]
            if chrom in chroms:
                for position in (int(start), int(end) - 1):
                    out.write(f"{chrom}\t{position}\t{position + 1}\t{barcode}\n")
                depth += 2
    run(
        f"sort -k1,1 -k2,2n {cuts} | bedtools slop -i stdin -g {sizes} -b {slop} "
        f"| bedtools intersect -v -a stdin -b {blacklist} | gzip -1 > {slopped}"
    )
    return Original(cuts, depth, _coverage(slopped, folder, sizes, rpm_factor / depth))


def min_max(
    track: Mapping[str, NDArray[np.float64]], blacklisted: Mapping[str, NDArray[np.bool_]], percentile: float = 99
) -> tuple[dict[str, NDArray[np.float64]], float]:
    """Divide by the percentile of the covered bases; the blacklist gets 0.

    Returns
    -------
    dict of str to array, and float
        The values, and the percentile.
    """
    clear = {chrom: np.where(blacklisted[chrom], 0, values) for chrom, values in track.items()}
    covered = np.concatenate([values[values > 0] for values in clear.values()])
    most = float(np.percentile(covered, percentile))
    # The smallest value is that of a base without a site.
    least = min(values.min() for values in clear.values())
    assert least == 0
    return {chrom: values / most for chrom, values in clear.items()}, most


def _coverage(slopped: Path, folder: Path, sizes: Path, scale: float) -> Path:
    bedgraph = folder / "RP20M.bg"
    run(
        f"bedtools genomecov -i {slopped} -g {sizes} -bg -scale {scale!r} | sort -k1,1 -k2,2n > {bedgraph}",
    )
    return bedgraph


def run(command: str) -> None:
    """Run a command line; raise a RuntimeError with its messages if a program of it fails."""
    # With pipefail: the original takes the exit status of the last program alone.
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env=os.environ | {"LC_ALL": "C"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=7200,
    )
    if done.returncode:
        raise RuntimeError(f"{command}: exit status {done.returncode}: {done.stderr}")


def _told(*command: object) -> str:
    return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True, timeout=7200).stdout
