"""The findings for people: tables of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from maxatac.checking.findings import Bound, Estimates, Findings, LabelFindings, SplitFindings
from maxatac.data.regions import COUNTS
from maxatac.wording import aligned, byte_size, counted, first_few, rough_duration, shortened

WIDTH = 100

SPLIT_LINES = 100
"""Chromosomes of the split that have a line each; of more, the largest of each set have one."""

LARGEST = 10

_COLUMN_WORDS = {
    "ATAC_Signal_File": "signal",
    "Binding_File": "binding",
    "ATAC_Peaks": "ATAC peaks",
    "CHIP_Peaks": "CHIP peaks",
}
_USES = {"training": "train", "validation": "valid", "test": "test", "unused": "-"}


def format_findings(findings: Findings) -> str:
    """Make the whole text; the problems come last."""
    parts = [
        [*findings.folds, "What follows is of the first fold."] if findings.folds else [],
        _files(findings),
        _signal(findings),
        _binding(findings),
        _pools(findings),
        _held_out(findings),
        _split(findings),
        _labels(findings),
        _equal_files(findings),
        _guard(findings),
        [] if findings.estimates is None else _estimates(findings.estimates),
        _listed("Notes", findings.notes),
        _listed("Warnings", findings.warnings),
        _listed("Problems", findings.problems),
        [_verdict(findings)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _wrapped(text: str, *, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _table(told: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 2) -> list[str]:
    """Lay rows out below a line that says what they are; nothing where there is no row."""
    return [told, *aligned(header, rows, left=left, width=WIDTH)] if rows else []


def _cell(cell_type: str | None, label: str | None) -> str:
    return f"{cell_type} (Test)" if label == "Test" else cell_type or ""


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _files(findings: Findings) -> list[str]:
    genome = findings.genome
    if genome is None:
        return []
    lines = _wrapped(
        f"Genome: {genome.path.name}, {genome.sequences:,} sequences, {genome.bases:,} bp, "
        f"{genome.unknown_bases / max(1, genome.bases):.2%} of it N"
    )
    rows = [
        (
            _cell(file.cell_type, file.label) or "-",
            _COLUMN_WORDS.get(file.column, file.column),
            file.path.name,
            "-" if file.bytes is None else byte_size(file.bytes),
            "-" if file.sequences is None else f"{file.sequences:,}",
            "-" if file.same_size is None else f"{file.same_size:,}",
            "-" if file.same_size is None else f"{len(file.other_size):,}",
            f"{len(file.not_in_genome):,}",
            f"{len(file.lacking):,}",
        )
        for file in findings.files
    ]
    header = ("cell type", "column", "file", "size", "names", "same", "differ", "unknown", "lacks")
    told = "Files, and their chromosome names: of the 2bit's size, of another, unknown to it; used but lacking"
    return [*lines, "", told, *aligned(header, rows, left=3, width=WIDTH)]


def _signal(findings: Findings) -> list[str]:
    rows = [
        (
            _cell(track.cell_type, track.label),
            track.scale,
            f"{_number(track.smallest)} to {_number(track.largest)}",
            _number(track.mean),
            _share(track.missing),
            _share(track.zero),
            _number(track.percentile_99),
            _share(track.at_largest),
        )
        for track in findings.signal
    ]
    header = ("cell type", "scale", "range", "mean", "no data", "zero", "99th pct", "at largest")
    told = "ATAC-seq signal (99th percentile and share at the largest value: of values above 0)"
    below = ["All tracks were read from end to end."] if rows else []
    return [*_table(told, header, rows, left=3), *below]


def _binding(findings: Findings) -> list[str]:
    if not findings.binding:
        return []
    sets = list(findings.binding[0].bound)
    rows = [
        (
            _cell(track.cell_type, track.label),
            "0 and 1" if track.is_binary else f"{_number(track.smallest)} to {_number(track.largest)}",
            _share(track.missing),
            *(_bound(track.bound[name]) for name in sets),
        )
        for track in findings.binding
    ]
    header = ("cell type", "values", "no data", *sets)
    told = "Binding, and the bound share of all 32-bp bins of each set of chromosomes"
    return _table(told, header, rows)


def _bound(bound: Bound) -> str:
    return f"{bound.bound / bound.bins:.3%}" if bound.bins else "-"


def _pools(findings: Findings) -> list[str]:
    lines: list[str] = []
    for name in dict.fromkeys(pool.pool for pool in findings.pools):
        rows = [
            (pool.cell_type, pool.kind, *(f"{getattr(pool, name):,}" for name in COUNTS))
            for pool in findings.pools
            if pool.pool == name
        ]
        header = ("cell type", "kind", "peaks", "elsewhere", "beyond end", "off end", "blacklisted", "kept")
        lines += ["", *_table(f"Regions for {name}: peaks, those lost to each filter, and those kept", header, rows)]
    return lines[1:]


def _held_out(findings: Findings) -> list[str]:
    """Sum up the peaks of test cell types, which are in no pool."""
    held_out = [one for one in findings.regions if one.label == "Test"]
    rows = []
    for cell_type, kind in dict.fromkeys((one.cell_type, one.kind) for one in held_out):
        mine = [one for one in held_out if (one.cell_type, one.kind) == (cell_type, kind)]
        names = ("intervals", "not_in_genome", "beyond_end", "off_end", "blacklisted", "kept")
        rows.append((cell_type, kind, *(f"{sum(getattr(one, name) for one in mine):,}" for name in names)))
    header = ("cell type", "kind", "peaks", "unknown", "beyond end", "off end", "blacklisted", "kept")
    told = "Peaks of test cell types on all chromosomes; no run draws from them"
    return _table(told, header, rows)


def _split(findings: Findings) -> list[str]:
    if not findings.split:
        return []
    cells = list(dict.fromkeys((one.cell_type, one.label) for one in findings.split))
    groups = _groups(findings)
    by_place = {(one.chromosome, one.cell_type): one for one in findings.split}
    lines = ["Split: what each chromosome of each cell type is for, with its regions from ATAC + CHIP peaks"]
    rest = cells
    while rest:
        # As many cell types side by side as there is room for.
        for count in range(len(rest), 0, -1):
            table = _matrix(groups, by_place, rest[:count])
            if count == 1 or max(map(len, table)) <= WIDTH:
                break
        lines += [*table, ""]
        rest = rest[count:]
    return lines[:-1]


def _groups(findings: Findings) -> list[tuple[str, int, Sequence[str]]]:
    """Say which chromosomes share a line: none, or of many the smaller ones of each set; name, bp and chromosomes."""
    sizes = {one.chromosome: one.bases for one in findings.split}
    if len(sizes) <= SPLIT_LINES:
        return [(chrom, size, [chrom]) for chrom, size in sizes.items()]
    groups: list[tuple[str, int, Sequence[str]]] = []
    for name, chroms in findings.chromosomes.items():
        mine = sorted((chrom for chrom in dict.fromkeys(chroms) if chrom in sizes), key=sizes.__getitem__, reverse=True)
        groups += [(chrom, sizes[chrom], [chrom]) for chrom in mine[:LARGEST]]
        if rest := mine[LARGEST:]:
            groups.append((f"{len(rest):,} more ({name})", sum(sizes[chrom] for chrom in rest), rest))
    return groups


def _matrix(
    groups: Sequence[tuple[str, int, Sequence[str]]],
    by_place: Mapping[tuple[str, str], SplitFindings],
    cells: Sequence[tuple[str, str]],
) -> list[str]:
    rows = []
    for name, size, chroms in groups:
        uses = []
        for cell_type, _ in cells:
            ones = [by_place[chrom, cell_type] for chrom in chroms]
            use, atac, chip = ones[0].use, sum(one.atac for one in ones), sum(one.chip for one in ones)
            uses.append(f"{_USES.get(use, use):<5} {atac:>5,} + {chip:<5,}")
        rows.append((name, f"{size:,}".rjust(13), *uses))
    header = ("chromosome", "bp".rjust(13), *(shortened(_cell(*cell), 24) for cell in cells))
    return aligned(header, rows)


def _labels(findings: Findings) -> list[str]:
    rows = [
        (
            label.pool,
            label.cell_type or "all",
            f"{label.windows:,}",
            _share(label.bound_windows),
            _share(label.bound_bins),
            *_profile(label),
        )
        for label in findings.labels
    ]
    header = ("batches", "cell type", "windows read", "bound windows", "bound bins", "outer bins", "middle bins")
    told = "Targets of the first batches (outer: the first and the last 8 of the 32 bins of a window)"
    return _table(told, header, rows)


def _profile(label: LabelFindings) -> tuple[str, str]:
    if not label.windows:
        return "-", "-"
    bins = label.bound_by_bin
    quarter = len(bins) // 4
    outer, middle = [*bins[:quarter], *bins[-quarter:]], bins[quarter:-quarter]
    return _share(sum(outer) / len(outer)), _share(sum(middle) / len(middle))


def _equal_files(findings: Findings) -> list[str]:
    if not findings.equal_files:
        return ["No two files of the meta file are equal in content."]
    lines = ["Files equal in content"]
    for equal in findings.equal_files:
        uses = ", ".join(
            f"{_COLUMN_WORDS.get(file['column'], file['column'])} of {_cell(file['cell_type'], file['label'])}"
            if file["cell_type"]
            else file["column"]
            for file in equal["files"]
        )
        digest = "one file" if equal["sha256"] is None else f"SHA-256 {equal['sha256'][:12]}..."
        lines += _wrapped(f"{uses}: {digest}, {byte_size(equal['bytes'])}", first="- ", rest="  ")
    return lines


def _guard(findings: Findings) -> list[str]:
    if findings.leak_guard is None:
        return []
    windows = sum(stream["windows"] for stream in findings.leak_guard["streams"].values())
    held_out = findings.leak_guard["held_out_cell_types"]
    outcome = f"none is read in {first_few(held_out)}" if held_out else "no cell type is held out"
    return _wrapped(
        f"Leak guard: {windows:,} planned windows of {len(findings.leak_guard['streams'])} streams lie on the "
        f"chromosomes of their own set; {outcome}."
    )


def _estimates(estimates: Estimates) -> list[str]:
    memory, disk, times = estimates.memory, estimates.disk, estimates.time
    network = f"{byte_size(memory.network)} network" + (" (on the device)" if memory.on_device else "")
    available = "" if memory.available is None else f"; {byte_size(memory.available)} available"
    free = "" if disk.free is None else f"; {byte_size(disk.free)} free"
    tracks = f" and {byte_size(disk.tracks)} for the predictions of the test" if disk.tracks else ""
    test = f" and {rough_duration(times.test)} for the test" if times.test else ""
    step = "measured in a timed fit" if times.step_is_measured else "stated, not measured here; --timed_fit measures it"
    if not times.step_is_measured and memory.on_device:
        step += "; that of a CPU, where yours is faster"
    return [
        f"Estimates ({estimates.device}, {estimates.threads} loader threads, {estimates.parameters:,} parameters)",
        *_wrapped(
            f"memory  {byte_size(memory.total)}: {byte_size(memory.program)} program, "
            f"{byte_size(memory.decoded)} decoded tracks, {byte_size(memory.batches)} batches, "
            f"{network}{available}",
            rest=" " * 8,
        ),
        *_wrapped(
            f"disk    {byte_size(disk.total)}, of which {byte_size(disk.checkpoint)} per checkpoint{tracks}{free}",
            rest=" " * 8,
        ),
        *_wrapped(
            f"time    {rough_duration(times.total)}: {rough_duration(times.start)} start, then "
            f"{rough_duration(times.epoch)} an epoch{test}. For 1,000 windows: loader {times.loader:.3g} s (measured), "
            f"training {times.step:.2g} s ({step})",
            rest=" " * 8,
        ),
    ]


def _listed(title: str, texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    return [title, *(line for text in texts for line in _wrapped(text, first="- ", rest="  "))]


def _verdict(findings: Findings) -> str:
    warnings = f" ({counted(len(findings.warnings), 'warning')})" if findings.warnings else ""
    if not findings.problems:
        return f"A run would start{warnings}."
    return f"A run would fail or mean nothing: {counted(len(findings.problems), 'problem')}{warnings}."
