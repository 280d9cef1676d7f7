"""The yeast set again, with signals that ``maxatac prepare`` makes from its fragments.

``python examples/prepared_yeast.py DATA OUT`` deals the fragments in DATA to the two cell types as the set does, makes
a track of each, cut at 1, and puts them into OUT beside links to everything else. ``examples/yeast.py`` trains on OUT
as it trains on DATA, so that the scores tell the tracks apart, and nothing else.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
from pathlib import Path

from maxatac import PrepareConfig, prepare

CELL_TYPES = ("SRR1822137_part1of2", "SRR1822137_part2of2")
TFS = ("Abf1", "Rap1")
LINKED = ("*.2bit", "*.bed", "*_binding.bw")
SIGNAL, NAME = "ATAC_Signal_File", "Cell_Line"


def deal(fragments: Path, folder: Path) -> list[Path]:
    """Write the fragments of each cell type: the set chose by the MD5 of a line's number and text."""
    paths = [folder / f"{name}.bed" for name in CELL_TYPES]
    parts: list[list[str]] = [[] for _ in paths]
    with gzip.open(fragments, "rt") as lines:
        for number, line in enumerate(lines):
            chrom, start, end = line.split()[:3]
            drawn = hashlib.md5(f"{number}:{chrom}:{start}:{end}".encode(), usedforsecurity=False)
            parts[int(drawn.hexdigest(), 16) % len(paths)].append(f"{chrom}\t{start}\t{end}\n")
    for path, part in zip(paths, parts, strict=True):
        path.write_text("".join(part))
    return paths


def main() -> None:
    """Make the tracks and the tables of cell types."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the yeast set")
    parser.add_argument("output", type=Path, help="folder for the set with prepared signals")
    arguments = parser.parse_args()
    data, output = arguments.data.resolve(), arguments.output
    output.mkdir(parents=True, exist_ok=True)
    for path in (path for pattern in LINKED for path in data.glob(pattern)):
        link = output / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    fragments = output / "fragments"
    fragments.mkdir(exist_ok=True)
    signals = {}
    for name, path in zip(CELL_TYPES, deal(data / "raw" / "yeast_500k_SRR1822137.bedpe.gz", fragments), strict=True):
        made = prepare(
            PrepareConfig(
                input=[path],
                input_format="bed",
                shift="none",
                sequence=data / "sacCer3.2bit",
                blacklist=data / "sacCer3_blacklist.bed",
                clip=True,
                prefix=name,
                output=output,
                force=True,
            )
        )
        signals[name] = made.tracks[0].files.normalised.name
    for tf in TFS:
        with (data / f"meta_{tf}.tsv").open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        with (output / f"meta_{tf}.tsv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(row | {SIGNAL: signals[row[NAME]]} for row in rows)
    print(f"{output}: python examples/yeast.py {output} OUT trains on it")


if __name__ == "__main__":
    main()
