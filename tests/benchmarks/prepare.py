"""Time and memory of ``maxatac prepare`` beside other programs, on simulated reads.

Run as ``PYTHONPATH=tests python -m benchmarks.prepare FOLDER``; the inputs are made there once. Programs that are not
on PATH are left out. The others do less: megadepth and bamCoverage count whole reads, remove no duplicates and write
one track; scatac_fragment_tools and snapatac2 write one track per group, without a blacklist or a normalised track.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bam import bgzf
from many_reads import reads_of_pairs, write_reads
from numpy.typing import NDArray
from original import missing, track_of_bam

from benchmarks.fresh import environment
from benchmarks.tables import table

LENGTH = 50  # bp of a read
GROUPS = 30
BARCODES = 9_000
SHARES = {"chr1": 0.3, "chr2": 0.25, "chr3": 0.2, "chr4": 0.15, "chr5": 0.1}
"""Of the genome, by chromosome."""

ORDERS = ("sorted", "unsorted")
INTERVAL = 0.02  # s between two looks at the memory


@dataclass(frozen=True)
class Inputs:
    """The files of one size."""

    folder: Path
    reads: int
    sizes: Mapping[str, int]

    @property
    def sizes_file(self) -> Path:
        return self.folder / "genome.sizes"

    @property
    def blacklist(self) -> Path:
        return self.folder / "blacklist.bed"

    @property
    def barcodes(self) -> Path:
        return self.folder / "barcodes.tsv"

    def bam(self, order: str) -> Path:
        return self.folder / f"{order}.bam"

    @property
    def fragments(self) -> Path:
        return self.folder / "fragments.tsv.gz"


@dataclass(frozen=True)
class Taken:
    """What a program took: seconds, and bytes of all its processes together at the highest point."""

    wall: float
    cpu: float
    memory: int


def make_inputs(folder: Path, reads: int, bases: int, wanted: Sequence[str]) -> Inputs:
    """Simulate what is not there yet: half as many pairs as ``reads``, and as many fragments."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = Inputs(folder, reads, {chrom: int(share * bases) for chrom, share in SHARES.items()})
    inputs.sizes_file.write_text("".join(f"{chrom}\t{size}\n" for chrom, size in inputs.sizes.items()))
    inputs.blacklist.write_text(
        "".join(
            f"{chrom}\t{start}\t{start + 2_000}\n"
            for chrom, size in inputs.sizes.items()
            for start in range(500_000, size - 2_000, 1_000_000)
        )
    )
    orders = [order for order in ORDERS if order in wanted and not inputs.bam(order).exists()]
    if orders:
        _write_bams(inputs, orders)
    if "fragments" in wanted and not inputs.fragments.exists():
        _write_fragments(inputs)
    return inputs


def simulate_fragments(
    count: int, sizes: Mapping[str, int], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Draw fragments: more than half in peaks, nucleosome-free ones and those of one and two nucleosomes.

    Returns
    -------
    chrom, start, end : shape (count,), int64
        In no order.
    """
    lengths = np.array(list(sizes.values()))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    peaks = rng.integers(0, offsets[-1], max(int(offsets[-1]) // 20_000, 1))
    weights = rng.lognormal(0, 1, len(peaks))
    chosen = rng.choice(peaks, count, p=weights / weights.sum())
    anywhere = rng.integers(0, offsets[-1], count)
    middle = np.where(rng.random(count) < 0.6, rng.normal(chosen, 200).astype(np.int64), anywhere)
    kind = rng.choice(3, count, p=[0.55, 0.33, 0.12])
    size = np.array([85, 200, 390])[kind] + rng.normal(0, np.array([20, 25, 40])[kind])
    size = np.maximum(size.astype(np.int64), LENGTH)
    chrom = np.clip(np.searchsorted(offsets, middle, "right") - 1, 0, len(lengths) - 1)
    start = np.clip(middle - offsets[chrom] - size // 2, 0, lengths[chrom] - size)
    return chrom, start, start + size


def _write_bams(inputs: Inputs, orders: Sequence[str]) -> None:
    rng = np.random.default_rng(1)
    pairs = inputs.reads // 2
    columns = simulate_fragments(pairs, inputs.sizes, rng)
    # One pair in seven is a copy of another.
    rows = np.arange(pairs)
    rows[: pairs // 7] = rng.integers(pairs // 7, pairs, pairs // 7)
    rng.shuffle(rows)
    reads = reads_of_pairs(*(column[rows] for column in columns), LENGTH, rng)
    for order in orders:
        text = "@HD\tVN:1.6\tSO:coordinate\n" if order == "sorted" else "@HD\tVN:1.6\tSO:unsorted\n"
        text += "".join(f"@SQ\tSN:{chrom}\tLN:{size}\n" for chrom, size in inputs.sizes.items())
        # Unsorted as an aligner writes: mates side by side, pairs anywhere.
        chosen = reads.by_position() if order == "sorted" else None
        write_reads(inputs.bam(order), inputs.sizes, reads, LENGTH, order=chosen, text=text)
        if order == "sorted" and shutil.which("samtools"):
            subprocess.run(["samtools", "index", str(inputs.bam(order))], check=True)


def _write_fragments(inputs: Inputs) -> None:
    rng = np.random.default_rng(2)
    chrom, start, end = simulate_fragments(inputs.reads, inputs.sizes, rng)
    order = np.lexsort((end, start, chrom))
    letters = np.array(list("ACGT"))[rng.integers(0, 4, (BARCODES, 16))]
    barcodes = [f"{''.join(row)}-1" for row in letters]
    inputs.barcodes.write_text(
        "".join(f"{barcode}\tgroup{place % GROUPS + 1}\n" for place, barcode in enumerate(barcodes))
    )
    names = list(inputs.sizes)
    with inputs.fragments.open("wb") as file:
        for at in range(0, len(order), 500_000):
            rows = order[at : at + 500_000]
            cells = rng.integers(0, BARCODES, len(rows)).tolist()
            columns = zip(chrom[rows].tolist(), start[rows].tolist(), end[rows].tolist(), cells, strict=True)
            text = "".join(f"{names[c]}\t{s}\t{e}\t{barcodes[b]}\t1\n" for c, s, e, b in columns)
            file.write(bgzf(text.encode(), level=1, end_block=False))
        file.write(bgzf())


# ---- the programs


def commands_of_reads(inputs: Inputs, order: str, out: Path, threads: int) -> dict[str, list[str]]:
    """Command lines that make a track of a BAM, by the name of the program."""
    bam, sizes = str(inputs.bam(order)), str(inputs.sizes_file)
    ours = [sys.executable, "-m", "maxatac", "prepare", "-i", bam, "--chrom_sizes", sizes, "--threads", str(threads)]
    ours += ["--blacklist", str(inputs.blacklist), "-o", str(out / "maxatac"), "-n", "x"]
    commands = {"maxatac prepare": ours}
    if missing() is None and shutil.which("bigtools"):
        folder = [str(inputs.folder), str(inputs.reads), str(out / "original"), order, str(threads)]
        commands["the original's pipeline"] = [sys.executable, "-m", "benchmarks.prepare", "--original", *folder]
    if order == "sorted":
        if shutil.which("megadepth"):
            more = ["--no-auc-stdout", "--threads", str(threads), "--prefix", str(out / "megadepth")]
            words = ["megadepth", bam, "--coverage", "--bigwig", *more]
            commands |= {"megadepth --bigwig": words, "megadepth --double-count": [*words, "--double-count"]}
        if shutil.which("bamCoverage"):
            for width in (1, 50):
                more = ["-bs", str(width), "-p", str(threads), "-o", str(out / f"bamCoverage{width}.bw")]
                commands[f"bamCoverage, bins of {width} bp"] = ["bamCoverage", "-b", bam, *more]
    return commands


def commands_of_fragments(inputs: Inputs, out: Path, threads: int, python: str | None) -> dict[str, list[str]]:
    """Command lines that make a track per group of barcodes, by the name of the program."""
    fragments, sizes = str(inputs.fragments), str(inputs.sizes_file)
    ours = [sys.executable, "-m", "maxatac", "prepare", "-i", fragments, "--chrom_sizes", sizes]
    ours += ["--threads", str(threads), "--blacklist", str(inputs.blacklist), "--barcodes", str(inputs.barcodes)]
    commands = {"maxatac prepare": [*ours, "-o", str(out / "maxatac"), "-n", "x"]}
    if shutil.which("scatac_fragment_tools") and python and _indexed(python, inputs.fragments):
        commands["scatac_fragment_tools"] = ["bash", "-c", _scatac_fragment_tools(inputs, out / "scatac", threads)]
    if python and _runs(python, "import snapatac2"):
        words = [str(path) for path in (inputs.fragments, inputs.sizes_file, inputs.barcodes, out)]
        commands["snapatac2"] = [python, "-c", _SNAPATAC2, *words, str(threads)]
    return commands


def _runs(python: str, *code: str) -> bool:
    return subprocess.run([python, "-c", *code], stderr=subprocess.DEVNULL).returncode == 0


def _indexed(python: str, fragments: Path) -> bool:
    """Make the tabix index, without which scatac_fragment_tools does not start."""
    code = "import pysam, sys; pysam.tabix_index(sys.argv[1], preset='bed', force=True)"
    return _runs(python, code, str(fragments))


def _scatac_fragment_tools(inputs: Inputs, out: Path, threads: int) -> str:
    split = out / "split"
    samples, cells = inputs.folder / "samples.tsv", inputs.folder / "cells.tsv"
    samples.write_text(f"sample\tpath_to_fragment_file\ns\t{inputs.fragments}\n")
    rows = (line.split("\t") for line in inputs.barcodes.read_text().splitlines())
    cells.write_text(
        "sample\tcell_type\tcell_barcode\n" + "".join(f"s\t{group}\t{barcode}\n" for barcode, group in rows)
    )
    program = "scatac_fragment_tools"
    return (
        f"mkdir -p {split} {out}/temp && {program} split -f {samples} -b {cells} -c {inputs.sizes_file} -o {split} "
        f"-t {out}/temp -n {threads} -s '\t' && find {split} -name '*.tsv.gz' | xargs -P {threads} -I FILE "
        f"{program} bigwig -x -c {inputs.sizes_file} -i FILE -o FILE.bw"
    )


_SNAPATAC2 = """
import sys
from pathlib import Path
import snapatac2
if __name__ == "__main__":
    fragments, sizes, barcodes, out, threads = sys.argv[1:]
    sizes = {name: int(size) for name, size in (line.split() for line in open(sizes))}
    groups = dict(line.split() for line in open(barcodes))
    cells = snapatac2.pp.import_fragments(
        fragments, sizes, file=f"{out}/cells.h5ad", sorted_by_barcode=False, min_num_fragments=0, n_jobs=int(threads),
        chrM=[], tempdir=out,
    )
    snapatac2.ex.export_coverage(
        cells, [groups[name] for name in cells.obs_names], bin_size=1, normalization=None, max_frag_length=None,
        counting_strategy="insertion", smooth_base=41, out_dir=out, n_jobs=int(threads), tempdir=Path(out),
    )
    cells.close()
"""


def run_original(inputs: Inputs, out: Path, order: str, threads: int) -> None:
    """Run the original's pipeline; its last step is bigtools' in place of the UCSC program."""
    track = track_of_bam(
        inputs.bam(order), out, inputs.sizes_file, inputs.blacklist, list(inputs.sizes), threads=threads
    )
    words = [str(track.bedgraph), str(inputs.sizes_file), str(out / "RP20M.bw"), "-t", str(threads)]
    subprocess.run(["bigtools", "bedgraphtobigwig", *words], check=True)


# ---- the measurement


def measure(command: Sequence[str], log: Path) -> Taken:
    """Run a program, and take the time and the memory of it and all its children.

    Raises
    ------
    RuntimeError
        If it fails; its messages are in ``log``.
    """
    with log.open("wb") as file:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment())
        with _Memory(process.pid) as memory:
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:6])} ...: exit status {process.returncode}; see {log}")
    # Not ru_maxrss: it starts with what this process has.
    return Taken(wall, usage.ru_utime + usage.ru_stime, memory.most)


class _Memory:
    """Looks at the resident memory of a process and its children until told to stop."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._stop.wait(INTERVAL):
            self.most = max(self.most, sum(_resident_pages(pid) for pid in _family(self._pid)) * page)


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        except OSError:  # it has ended
            continue
    return found


def _resident_pages(pid: int) -> int:
    try:
        # What it shares with its parent counts once: all but the pages of files.
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return int(fields[1]) - int(fields[2])


def compare(name: str, commands: Mapping[str, list[str]], out: Path, say: Callable[[str], None]) -> None:
    """Run programs one after the other, and lay out what they took."""
    rows, ours = [], None
    for program, command in commands.items():
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        log = out.with_name(f"{name.replace(', ', '_').replace(' ', '_')}_{program.replace(' ', '_')}.log")
        try:
            taken = measure(command, log)
        except RuntimeError as problem:
            say(f"{problem}\n")
            rows.append((program, "failed", "", "", "", ""))
            continue
        ours = ours or taken
        times = [f"{taken.wall / ours.wall:.2f}", f"{taken.cpu / ours.cpu:.2f}"]
        rows.append((program, f"{taken.wall:.1f} s", f"{taken.cpu:.1f} s", f"{taken.memory / 1e6:,.0f} MB", *times))
    shutil.rmtree(out, ignore_errors=True)
    say(table((name, "wall", "CPU", "memory", "times our wall", "times our CPU"), rows) + "\n")


def main() -> None:
    """Make the inputs, run the programs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reads", type=int, default=20_000_000, help="reads, and fragments (20000000)")
    parser.add_argument("--bases", type=int, default=100_000_000, help="size of the genome (100000000)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    kinds = (*ORDERS, "fragments")
    parser.add_argument("--inputs", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--only", nargs="+", default=[""], help="programs whose names begin so")
    parser.add_argument(
        "--tools",
        type=Path,
        help="folder with more programs, such as a virtual environment's: snapatac2 and pysam are looked for there",
    )
    arguments = parser.parse_args()

    python = None
    if arguments.tools:
        os.environ["PATH"] = f"{os.environ['PATH']}{os.pathsep}{arguments.tools}"
        python = str(arguments.tools / "python")
    folder = arguments.folder / f"reads{arguments.reads}"
    begin = time.perf_counter()
    inputs = make_inputs(folder, arguments.reads, arguments.bases, arguments.inputs)
    print(f"made the inputs in {time.perf_counter() - begin:.0f} s", flush=True)
    for kind in arguments.inputs:
        out = folder / "out"
        if kind == "fragments":
            commands = commands_of_fragments(inputs, out, arguments.threads, python)
        else:
            commands = commands_of_reads(inputs, kind, out, arguments.threads)
        chosen = {name: words for name, words in commands.items() if name.startswith(tuple(arguments.only))}
        compare(f"{kind}, {arguments.reads / 1e6:g} million", chosen, out, lambda text: print(text, flush=True))


def _main_of_original(words: Sequence[str]) -> None:
    folder, reads, out, order, threads = words
    sizes = dict(line.split("\t") for line in (Path(folder) / "genome.sizes").read_text().splitlines())
    inputs = Inputs(Path(folder), int(reads), {chrom: int(size) for chrom, size in sizes.items()})
    run_original(inputs, Path(out), order, int(threads))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--original"]:
        _main_of_original(sys.argv[2:])
    else:
        main()
