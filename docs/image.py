"""Measure the container image, and write the tables of its numbers into the pages from ``docs/image.json``.

``python docs/image.py --measure`` builds each variant with ``tests/system/container/stack.sh`` and measures it;
``--check`` fails if a page disagrees with the file; ``--write`` puts that right.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tarfile
import time
import zlib
from pathlib import Path
from typing import IO, Any

from pages import fill, update

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGES = (ROOT / "README.md", DOCS / "docker.md")
FILE = DOCS / "image.json"
STACK = ROOT / "tests" / "system" / "container" / "stack.sh"
VARIANTS = {
    "TensorFlow, CPU": ("tensorflow", "cpu"),
    "JAX, CPU": ("jax", "cpu"),
    "TensorFlow, GPU": ("tensorflow", "gpu"),
}
RUNS = 5

SCRIPT = "docs/image.py"

# Part of the instruction that makes a layer, and what the layer holds, in the order of the Dockerfile.
LAYERS = (
    ("", "Debian 12, slim"),
    ("apt-get", "Python 3.11, MACS, tini, ps"),
    ("/opt/maxatac", "Python packages of the lock"),
    ("/usr/share/doc/maxatac", "licences"),
    ("/opt/maxatac", "maxatac"),
    ("entrypoint", "entry point"),
)


def engine(*arguments: str) -> str:
    """Output of podman."""
    return subprocess.run([STACK, "podman", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


class Counter:
    """Counts what is written to it, compressed and not."""

    def __init__(self) -> None:
        self.plain = self.compressed = 0
        self._compress = zlib.compressobj(6, wbits=31)

    def take(self, source: IO[bytes]) -> Counter:
        """Read to the end."""
        while block := source.read(1 << 20):
            self.plain += len(block)
            self.compressed += len(self._compress.compress(block))
        self.compressed += len(self._compress.flush())
        return self


def layers(image: str) -> list[dict[str, Any]]:
    """Name, bytes as files of a tar archive, and bytes as gzip (which is what is pulled) of each layer."""
    with subprocess.Popen(
        [STACK, "podman", "save", "--format", "docker-archive", image], stdout=subprocess.PIPE
    ) as saved:
        assert saved.stdout is not None
        counted: dict[str, Counter] = {}
        manifest: list[dict[str, Any]] = []
        config: dict[str, Any] = {}
        with tarfile.open(fileobj=saved.stdout, mode="r|") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                file = archive.extractfile(member)
                assert file is not None
                if member.name == "manifest.json":
                    manifest = json.load(file)
                elif member.name.endswith(".json"):
                    config = found if "history" in (found := json.load(file)) else config
                elif member.name.endswith(".tar"):
                    counted[member.name] = Counter().take(file)
    made = [step["created_by"] for step in config["history"] if not step.get("empty_layer")]
    return [
        {"layer": layer, "bytes": counted[name].plain, "gzip_bytes": counted[name].compressed}
        for layer, name in zip(named(made), manifest[0]["Layers"], strict=True)
        if layer
    ]


def named(made: list[str]) -> list[str]:
    """Name what each layer holds, from the instructions that made them; layers without files have no name."""
    names, expected = [], list(LAYERS)
    for step in made:
        if expected and expected[0][0] in step:
            names.append(expected.pop(0)[1])
        else:
            names.append("")
    if expected:
        raise LookupError(f"the image lacks layers of the Dockerfile: {expected}")
    return names


def seconds_of_help(image: str) -> float:
    """Median time of a container that prints maxatac's help; the first run does not count."""
    times = []
    for _ in range(RUNS + 1):
        begin = time.monotonic()
        engine("run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", image, "--help")
        times.append(time.monotonic() - begin)
    return statistics.median(times[1:])


def seconds_inside(image: str) -> float:
    """Measure the same without the time of the engine: inside one container."""
    loop = "maxatac --help >/dev/null; for i in 1 2 3 4 5; do date +%s%N; maxatac --help >/dev/null; date +%s%N; done"
    stamps = [int(line) for line in engine("run", "--rm", "--network", "none", image, "sh", "-c", loop).split()]
    return statistics.median(end - begin for begin, end in zip(stamps[::2], stamps[1::2], strict=True)) / 1e9


def measure(wanted: list[str]) -> None:
    """Build and measure; images that are not wanted keep their numbers."""
    found = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    subprocess.run([STACK, "up"], check=True)
    for name in wanted:
        backend, device = VARIANTS[name]
        image = "localhost/maxatac:ci" if name == next(iter(VARIANTS)) else f"localhost/maxatac:{backend}-{device}"
        given = ["--build-arg", f"BACKEND={backend}", "--build-arg", f"DEVICE={device}", "--tag", image]
        subprocess.run([STACK, "build", *given], check=True)
        found[name] = {
            "layers": layers(image),
            "help_seconds": round(seconds_of_help(image), 2),
            "help_seconds_inside": round(seconds_inside(image), 2),
        }
        FILE.write_text(
            json.dumps({key: found[key] for key in VARIANTS if key in found}, indent=1) + "\n", encoding="utf-8"
        )


def megabytes(count: float) -> str:
    """Write a size in units of a million bytes."""
    return f"{count / 1e6:,.1f}" if count < 1e7 else f"{count / 1e6:,.0f}"


def tables() -> dict[str, str]:
    """Lay out all tables, by name."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    head = "| image | size (MB) | to pull, gzip (MB) | `docker run maxatac --help` (s) | of these in maxatac (s) |"
    images = [head, "|---|---:|---:|---:|---:|"]
    for name, numbers in found.items():
        plain, packed = (sum(layer[key] for layer in numbers["layers"]) for key in ("bytes", "gzip_bytes"))
        images.append(
            f"| {name} | {megabytes(plain)} | {megabytes(packed)} | {numbers['help_seconds']:.1f}"
            f" | {numbers['help_seconds_inside']:.2f} |"
        )
    rows = ["| layer: MB, and as gzip | " + " | ".join(found) + " |", "|---|" + "---:|" * len(found)]
    for layer in next(iter(found.values()))["layers"]:
        cells = []
        for numbers in found.values():
            (of,) = (other for other in numbers["layers"] if other["layer"] == layer["layer"])
            cells.append(f"{megabytes(of['bytes'])} ({megabytes(of['gzip_bytes'])})")
        rows.append(f"| {layer['layer']} | " + " | ".join(cells) + " |")
    return {"images": "\n".join(images), "imagelayers": "\n".join(rows)}


def main() -> int:
    """Measure, check or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true", help="fail if a page disagrees with the file")
    choice.add_argument("--write", action="store_true", help="update the pages")
    choice.add_argument("--measure", nargs="*", metavar="IMAGE", choices=list(VARIANTS), help="build and measure")
    arguments = parser.parse_args()
    if arguments.measure is not None:
        measure(arguments.measure or list(VARIANTS)[:2])
    laid_out = tables()
    texts = {page: fill(page, laid_out, SCRIPT) for page in PAGES}
    message = f"the tables differ from the file; run python {SCRIPT} --write"
    return update(texts, write=not arguments.check, message=message)


if __name__ == "__main__":
    sys.exit(main())
