"""`maxatac simulate`: write a small, seeded, realistic set of example data."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from maxatac.cli.config import folder
from maxatac.cli.output import say
from maxatac.simulation.config import MAX_CELL_TYPES, SimulateConfig, SimulatedSet, parse_size

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Declare the options of `maxatac simulate`."""
    defaults = SimulateConfig(Path())
    parser = subparsers.add_parser(
        "simulate",
        help="write a small, seeded, realistic set of example data",
        description="Write a genome, a motif, cell types with ATAC-seq and ChIP-seq tracks and peaks, and a meta file. "
        "Nothing in it was measured; the same options and seed give the same bytes.",
    )
    parser.add_argument("output", metavar="OUTDIR", type=folder, help="folder for the files; new or empty")
    parser.add_argument(
        "--size",
        type=_size,
        default=defaults.size,
        metavar="BP",
        help="length of the whole genome: 12000000, 12e6, 12M or 200Mb. "
        f"From 1 Mb. Default: {defaults.size // 1_000_000}M",
    )
    parser.add_argument(
        "--chroms",
        nargs="+",
        default=list(defaults.chroms),
        metavar="NAME",
        help="names of the chromosomes; sizes fall from the first to the last. "
        f"Default: {defaults.chroms[0]} to {defaults.chroms[-1]}",
    )
    parser.add_argument("--tf", default=defaults.tf, metavar="NAME", help=f"name of the factor. Default: {defaults.tf}")
    parser.add_argument(
        "--cell_types",
        type=int,
        default=defaults.cell_types,
        metavar="N",
        help=f"number of cell types, 2 to {MAX_CELL_TYPES}; the last is labelled Test. Default: {defaults.cell_types}",
    )
    parser.add_argument(
        "--dense",
        action="store_true",
        help="write every base of the tracks, zeros included. Default: runs, zeros left out",
    )
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, metavar="N", help=f"random seed. Default: {defaults.seed}"
    )
    parser.add_argument("--force", action="store_true", help="write into a folder that is not empty")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Simulate, and print what was written and the command that trains on it."""
    from maxatac.simulation.workflow import simulate

    names = ("output", "size", "tf", "cell_types", "dense", "seed", "force")
    config = SimulateConfig(chroms=tuple(args.chroms), **{name: getattr(args, name) for name in names})
    say("\n".join(_summary(simulate(config))))
    return 0


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _summary(result: SimulatedSet) -> list[str]:
    lines = [
        f"Wrote {result.output} ({sum(result.sizes.values()):,} bp, {len(result.sizes)} chromosomes; "
        f"{result.readme.name} says what is in it):"
    ]
    for name in result.cell_types:
        label = "Test" if name == result.cell_types[-1] else "Train"
        lines.append(
            f"  {name} ({label}): {result.bound_sites[name]:,} bound sites, "
            f"{result.atac_peaks[name]:,} ATAC peaks, {result.chip_peaks[name]:,} ChIP peaks"
        )
    if not result.validation_chroms:
        return [*lines, "One chromosome cannot be split: use --chroms with three or more names to train on the set."]
    if result.test_chroms:
        lines.append(f"Kept for testing: {' '.join(result.test_chroms)} of {result.cell_types[-1]}")
    return [*lines, "Next:", f"  {train_command(result)}"]


def train_command(result: SimulatedSet) -> str:
    """Give the command line that trains on a simulated set, quoted for a shell."""
    files = {"--sequence": result.sequence, "--meta_file": result.meta_file, "--blacklist": result.blacklist}
    words = ["maxatac", "train", *(word for option, path in files.items() for word in (option, str(path)))]
    words += ["--tchroms", *result.training_chroms, "--vchroms", *result.validation_chroms]
    words += ["--rev_comp", "--rand_ratio", "0.5"]
    return shlex.join(words)
