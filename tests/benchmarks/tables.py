"""Tables of the results, in Markdown.

Standard library only, so that the docs can be made anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.estimate import GIB, Run, estimate

Results = Mapping[str, Any]

LOADERS = {
    "ours": "maxatac",
    "ours_training": "maxatac, with `--jitter 480` and `--rev_comp`",
    "ours_random": "maxatac, the same with `--rand_ratio 0.5`",
    "pybigwig": "pyBigWig + py2bit",
    "pybigwig_tuned": "pyBigWig + py2bit, tuned",
    "pybigtools": "pybigtools + py2bit",
    "pybigtools_tuned": "pybigtools + py2bit, tuned",
    "pybigtools_reopened": "pybigtools + py2bit, opened before each batch",
    "genvarloader": "GenVarLoader",
    "slices": "numpy slices of decoded arrays",
    "slices_tuned": "numpy slices of decoded arrays, tuned",
    "memcpy": "memcpy of the inputs",
}
"""What the tables call each contender, in their order."""

BACKENDS = {"jax": "JAX", "tensorflow": "TensorFlow"}

_FLAT = 50e6
"""Bytes by which memory that does not grow may differ."""

MEMORY_LIMIT = 200_000_000
"""Bytes for decoded tracks in the run that is held to them."""


@dataclass(frozen=True)
class Figure:
    """One number that was aimed at.

    Attributes
    ----------
    name : str
        What it is.
    value : float
        What was measured.
    text : str
        The same, with unit and spread.
    target : str
        What was aimed at, in words.
    met : bool
        Whether it was reached.
    """

    name: str
    value: float
    text: str
    target: str
    met: bool


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: int = 1) -> str:
    """Lay out a table; columns from ``right`` on are aligned to the right."""
    rule = "|".join("---" if column < right else "---:" for column in range(len(header)))
    head, *body = (f"| {' | '.join(row)} |" for row in (header, *rows))
    return "\n".join((head, f"|{rule}|", *body))


def throughput_table(bench: Results) -> str:
    """Lay out examples per second of CPU time, and how many times that the loader makes."""
    kinds = list(bench["throughput"])
    header = ["one thread"]
    for kind in kinds:
        header += [f"{kind}: examples per CPU second", "maxatac is"]
    rows = []
    for name, label in LOADERS.items():
        cells = [label]
        for kind in kinds:
            measured = bench["throughput"][kind]
            if name not in measured["contenders"]:
                cells += ["", ""]
                continue
            cells.append(_rate(measured, name))
            cells.append("" if name.startswith("ours") else _times(measured["ratios"][name]))
        if any(cells[1:]):
            rows.append(cells)
    return table(header, rows)


def readme_table(bench: Results) -> str:
    """Lay out the lines of :func:`throughput_table` that are about other loaders."""
    kinds = list(bench["throughput"])
    header = ["examples per CPU second (how many times as fast maxatac is)", *(f"{kind} tracks" for kind in kinds)]
    rows = []
    for name, label in LOADERS.items():
        if name in ("ours_training", "ours_random", "memcpy"):
            continue
        cells = [label]
        for kind in kinds:
            measured = bench["throughput"][kind]
            if name not in measured["contenders"]:
                cells.append("")
                continue
            factor = "" if name == "ours" else f" ({measured['ratios'][name]['median']:.1f})"
            cells.append(f"{_per_second(measured, name):,.0f}{factor}")
        if any(cells[1:]):
            rows.append(cells)
    return table(header, rows)


def figures(bench: Results) -> list[Figure]:
    """Gather what was aimed at, as far as it was measured."""
    return [
        *_against_peers(bench),
        *_on_threads(bench),
        *_in_fresh_processes(bench),
        *_in_training(bench),
        *_in_fit(bench),
        *_in_prediction(bench),
    ]


def figures_table(bench: Results) -> str:
    """Lay out what was aimed at beside what was reached."""
    rows = [(figure.name, figure.text, figure.target, "yes" if figure.met else "**no**") for figure in figures(bench)]
    return table(("figure", "measured", "aim", "met"), rows, right=4)


def _against_peers(bench: Results) -> list[Figure]:
    aims = {
        "pybigwig": {"sparse": 30.0, "dense": 25.0},
        "pybigtools": {"sparse": 12.0, "dense": 12.0},
        "pybigtools_reopened": {"sparse": 12.0, "dense": 12.0},
        "genvarloader": {"sparse": 1.5, "dense": 2.0},
        "slices": {"sparse": 4.0, "dense": 4.0},
    }
    found = []
    for name, label in LOADERS.items():
        for kind, measured in bench.get("throughput", {}).items():
            aim = aims.get(name.removesuffix("_tuned"), {}).get(kind)
            if aim is None or name not in measured["ratios"]:
                continue
            times = measured["ratios"][name]
            found.append(
                Figure(
                    f"CPU time per example, {label} / maxatac, {kind}",
                    times["median"],
                    _times(times),
                    f"at least {aim:g}",
                    times["median"] >= aim,
                )
            )
    for kind, measured in bench.get("throughput", {}).items():
        copy = measured["ratios"]["memcpy"]
        copies = {"median": 1 / copy["median"], "low": 1 / copy["high"], "high": 1 / copy["low"]}
        found.append(
            Figure(
                f"one batch / memcpy of its inputs, one thread, {kind}",
                copies["median"],
                _times(copies),
                "at most 4",
                copies["median"] <= 4,
            )
        )
    return found


def _on_threads(bench: Results) -> list[Figure]:
    found = []
    for kind, measured in bench.get("threads", {}).items():
        spin = measured["spin"]["gain"]["2"]
        for name, label in (("ours", ""), ("ahead", ", made ahead")):
            if name not in measured:
                continue
            gain = measured[name]["gain"]["2"]
            share = gain["median"] / spin["median"]
            found.append(
                Figure(
                    f"2 threads / 1 thread, wall, {kind}{label}",
                    share,
                    f"{gain['median']:.2f}; the spin loop {spin['median']:.2f}: {share:.2f} of it",
                    "0.9 of what the spin loop gains",
                    share >= 0.9,
                )
            )
    return found


def _in_fresh_processes(bench: Results) -> list[Figure]:
    found = []
    for kind, measured in bench.get("fresh", {}).items():
        size = measured["set"]["size"] / 1e6
        first = measured["first_batch_seconds"]
        anonymous = measured["peak_anonymous"]["median"]
        found.append(
            Figure(
                f"first batch from cold handles, {size:g} Mb, {kind}, {measured['threads']} threads",
                first["median"],
                f"{first['median']:.2f} s ({first['low']:.2f} to {first['high']:.2f})",
                "under 3 s",
                first["median"] < 3,
            )
        )
        # Systems other than Linux do not tell.
        if not measured["interpreter"]["median"]:
            continue
        found.append(
            Figure(
                f"anonymous memory above the interpreter, {size:g} Mb, {kind}",
                anonymous,
                f"{anonymous / 1e6:,.0f} MB, mapped pages {measured['mapped']['median'] / 1e6:,.1f} MB",
                "under 400 MB",
                anonymous < 400e6,
            )
        )
    if "budget" in bench and bench["budget"]["limited"]["interpreter"]["median"]:
        limited, free = bench["budget"]["limited"], bench["budget"]["default"]
        anonymous = limited["peak_anonymous"]["median"]
        # One batch is with the consumer, and the next is being made.
        room = MEMORY_LIMIT + 2 * limited["batch_bytes"]
        same = limited["sha256"] == free["sha256"]
        found.append(
            Figure(
                f"the same with 200 MB for decoded tracks, {limited['set']['size'] / 1e6:g} Mb, dense",
                anonymous,
                f"{anonymous / 1e6:,.0f} MB, batches {'the same' if same else 'differ'}",
                f"under 200 MB and two batches, {room / 1e6:,.0f} MB; the same batches",
                same and anonymous < room,
            )
        )
    return found


def _in_training(bench: Results) -> list[Figure]:
    found = []
    for backend, label in BACKENDS.items():
        if backend in bench.get("training", {}):
            measured = bench["training"][backend]
            share = measured["waiting_share"]
            found.append(
                Figure(
                    f"the loader's share of a training step, {label}",
                    share,
                    f"{share:.2%} at {measured['examples_per_second']:,.0f} examples per second",
                    "under 1 %",
                    share < 0.01,
                )
            )
    return found


def _in_fit(bench: Results) -> list[Figure]:
    found = []
    for backend, label in BACKENDS.items():
        for length in bench.get("fit", {}).get(backend, ()):
            calls = length["ours"]
            ratio, lost = _beside_steps(calls)
            found.append(
                Figure(
                    f"`fit` / its steps, calls of {length['aim']:g} s, {label}",
                    ratio,
                    f"{ratio:.3f}, {lost * 1e3:,.0f} ms a call",
                    "at most 1.03 or 100 ms",
                    ratio <= 1.03 or lost <= 0.1,
                )
            )
    return found


def _in_prediction(bench: Results) -> list[Figure]:
    found = []
    measured = bench.get("prediction", {})
    for backend, label in BACKENDS.items():
        if backend not in measured:
            continue
        runs = measured[backend]
        for name, strands in (("turns", ""), ("turns_both_strands", ", both strands")):
            ratio = runs[name]["ratio"]
            found.append(
                Figure(
                    f"prediction / `predict_on_batch`, CPU time, {measured['size'] / 1e6:g} Mb{strands}, {label}",
                    ratio,
                    f"{_times(runs[name]['turns'], 3)}; all turns {ratio:.3f}",
                    "at most 1.10",
                    ratio <= 1.10,
                )
            )
        peak = runs["turns"]["peak"]
        small, large = (runs[name]["peak"] for name in ("small", "large"))
        text = f"{peak / 1e6:,.0f} MB; {small / 1e6:,.0f} and {large / 1e6:,.0f} MB on a small and a large chromosome"
        aim, most = "under 1.5 GB, and 50 MB between them", 1.5e9
        met = peak < most and abs(large - small) < _FLAT
        found.append(Figure(f"peak memory of a prediction, {label}", peak, text, aim, met))
        memory = [int(value) for value in runs["large"]["memory"].values()]
        if len(memory) > 1:
            grown, compiled = memory[-1] - memory[0], runs["large"]["compiled"]
            found.append(
                Figure(
                    f"memory after {' and '.join(f'{int(one):,}' for one in runs['large']['memory'])} batches, {label}",
                    grown,
                    f"{grown / 1e6:+,.0f} MB, {compiled} compiled function{'s' * (compiled != 1)}",
                    "within 50 MB, one compiled function",
                    abs(grown) < _FLAT and compiled == 1,
                )
            )
    return found


def prediction_table(bench: Results) -> str:
    """Lay out what a prediction takes beside the network."""
    rows = [(name, f"{microseconds:.1f}") for name, microseconds in bench["prediction"]["beside"].items()]
    return table(("CPU time beside the network", "µs per window and strand"), rows)


def _beside_steps(calls: Results) -> tuple[float, float]:
    """How many times its steps a call takes, and how many seconds more; over all calls, for some wait and some not."""
    wall, steps = sum(calls["wall"]), sum(calls["steps"])
    return wall / steps, (wall - steps) / len(calls["wall"])


def fit_table(bench: Results) -> str:
    """Lay out what a call of ``fit`` takes beside its steps, as a run feeds it and as Keras does by itself."""
    rows = []
    for backend, label in BACKENDS.items():
        for length in bench.get("fit", {}).get(backend, ()):
            cells = [label, f"{length['aim']:g} s", f"{length['batches']:,}"]
            for feed in ("keras", "ours"):
                ratio, lost = _beside_steps(length[feed])
                worst = max(
                    wall - steps for wall, steps in zip(length[feed]["wall"], length[feed]["steps"], strict=True)
                )
                cells.append(f"{ratio:.3f} ({lost * 1e3:,.0f}; {worst * 1e3:,.0f} ms)")
            rows.append(cells)
    header = (
        "backend", "steps of a call", "batches", "`fit(dataset)` / steps (lost: mean; most)",
        "`fit(dataset.for_fit())` / steps (lost: mean; most)",
    )  # fmt: skip
    return table(header, rows)


def conversion_table(bench: Results) -> str:
    """Lay out what GenVarLoader's conversion takes, and what the loader's start takes in its place."""
    rows = []
    for kind, measured in bench["throughput"].items():
        if "conversion" in measured:
            taken, start = measured["conversion"], bench["fresh"][kind]
            rows.append(
                (
                    kind,
                    f"{taken['cpu']:,.0f} s, {taken['bytes'] / 1e9:.1f} GB on disk",
                    f"{start['first_batch_cpu']['median']:.2f} s, {start['decoded_bytes'] / 1e6:,.0f} MB in memory",
                )
            )
    return table(("tracks", "GenVarLoader, once, CPU time", "maxatac, at every start, CPU time"), rows)


def threads_table(bench: Results) -> str:
    """Lay out what threads gain."""
    labels = {"ours": "batches", "ahead": "batches, made ahead", "spin": "spin loop", "copy": "memcpy of the inputs"}
    rows = []
    for kind, measured in bench["threads"].items():
        for name, label in labels.items():
            if name in measured:
                rows += [
                    (kind, label, threads, f"{seconds['median'] * 1e3:.1f} ms", _gain(measured[name], threads))
                    for threads, seconds in measured[name]["seconds"].items()
                ]
    return table(("tracks", "work", "threads", "wall time", "as fast as one thread"), rows, right=2)


def scale_table(scale: Results) -> str:
    """Lay out the time to the first batch and the memory, by the size of the genome."""
    rows = [
        (
            measured["kind"],
            f"{measured['size'] / 1e6:g} Mb",
            f"{measured['first_batch_seconds']['median']:.2f} s",
            f"{measured['first_batch_cpu']['median']:.2f} s",
            f"{measured['decoded_bytes'] / 1e6:,.0f} MB",
            f"{measured['peak_anonymous']['median'] / 1e6:,.0f} MB",
        )
        for measured in scale["genome"]
    ]
    threads = scale["genome"][0]["threads"]
    header = ("tracks", "genome", f"first batch, {threads} threads", "CPU time", "decoded", "anonymous memory")
    return table(header, rows)


def parts_table(scale: Results) -> str:
    """Lay out what the estimate is made of."""
    rows = [
        (
            kind,
            f"{parts['signal_cpu'] * 1e9:.2f}",
            f"{parts['binding_cpu'] * 1e9:.2f}",
            f"{parts['signal_bytes']:.2f}",
            f"{parts['binding_bytes']:.2f}",
            f"{parts['held'] * 1e6:.1f}",
            f"{parts['not_held'] * 1e6:.0f}",
        )
        for kind, parts in scale["parts"].items()
    ]
    header = (
        "tracks", "`signal_cpu`, ns per base", "`binding_cpu`, ns per base", "`signal_bytes` per base",
        "`binding_bytes` per base", "`held`, us per example", "`not_held`, us per example",
    )  # fmt: skip
    return table(header, rows)


def estimate_table(bench: Results, scale: Results, factors: int = 127) -> str:
    """Lay out what ``factors`` runs on the human genome take, by kind of tracks and share of the signal kept."""
    rows = []
    for kind, parts in scale["parts"].items():
        gain = bench["threads"][kind]["ours"]["gain"]["2"]["median"] - 1
        for kept in (0.2, 1.0):
            run = Run(kept=kept)
            taken = estimate(parts, gain, run)
            rows.append(
                (
                    kind,
                    f"{kept:.0%}",
                    f"{taken.start_wall:,.0f} s",
                    f"{taken.wanted_bytes / 1e9:,.1f} GB",
                    f"{min(taken.held_bytes, taken.wanted_bytes) / 1e9:,.1f} GB",
                    f"{taken.example_cpu * 1e6:,.0f} us",
                    f"{taken.examples_per_second:,.0f}",
                    f"{taken.loader_cpu / 60:,.1f} min",
                    f"{factors * taken.loader_cpu / 3600:,.1f} h",
                )
            )
    run = Run()
    header = (
        "tracks", "signal kept", f"start, {run.threads} threads", "decoded, without a limit",
        f"of {run.memory / GIB:g} GiB", "CPU time per example", f"examples per second, {run.threads} threads",
        "CPU time of a run", f"of {factors} runs",
    )  # fmt: skip
    return table(header, rows)


def sections(bench: Results, scale: Results) -> dict[str, str]:
    """Make every table that a page may hold, by name."""
    return {
        "readme": readme_table(bench),
        "figures": figures_table(bench),
        "throughput": throughput_table(bench),
        "conversion": conversion_table(bench),
        "threads": threads_table(bench),
        "fit": fit_table(bench),
        "scale": scale_table(scale),
        "parts": parts_table(scale),
        "estimate": estimate_table(bench, scale),
        "machine": machine_line(bench),
    }


def machine_line(bench: Results) -> str:
    """Say in a sentence what was measured, and on what."""
    machine = bench["machine"]
    described = "; ".join(
        f"{kind}: {measured['set']['size'] / 1e6:g} Mb, {measured['set']['cell_types']} cell types, "
        f"{measured['set']['pool']:,} regions"
        for kind, measured in bench["throughput"].items()
    )
    batch_size = next(iter(bench["throughput"].values()))["batch_size"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    place = f"{machine['processor']}, {machine['cores']} cores"
    return f"Measured on {place}; batches of {batch_size:,}. {described}. {versions}."


def report(bench: Results) -> str:
    """Lay out all that was measured, for a person to read."""
    parts = []
    if "throughput" in bench:
        parts += [machine_line(bench), throughput_table(bench)]
    if "fresh" in bench and any("conversion" in measured for measured in bench.get("throughput", {}).values()):
        parts.append(conversion_table(bench))
    if "threads" in bench:
        parts.append(threads_table(bench))
    if "fit" in bench:
        parts.append(fit_table(bench))
    if "prediction" in bench:
        parts.append(prediction_table(bench))
    return "\n\n".join([*parts, figures_table(bench)]) + "\n"


def _per_second(measured: Results, name: str) -> float:
    rate: float = measured["batch_size"] / measured["contenders"][name]["cpu"]["median"]
    return rate


def _rate(measured: Results, name: str) -> str:
    cpu = measured["contenders"][name]["cpu"]
    slow, fast = (measured["batch_size"] / cpu[end] for end in ("high", "low"))
    return f"{_per_second(measured, name):,.0f} ({slow:,.0f} to {fast:,.0f})"


def _times(ratio: Mapping[str, float], digits: int | None = None) -> str:
    if digits is None:
        digits = 1 if ratio["median"] >= 1 else 2
    return f"{ratio['median']:.{digits}f} ({ratio['low']:.{digits}f} to {ratio['high']:.{digits}f})"


def _gain(measured: Results, threads: str) -> str:
    return f"{measured['gain'][threads]['median']:.2f}" if threads in measured["gain"] else "1"
