"""Make the pictures of ``docs/gallery.md`` from a folder of the demo: ``make gallery``.

``python docs/gallery.py demo_out`` takes figures of its report, and with a browser (Chromium; ``--browser`` names one)
shows the head of the report and the page of a sample. Nothing in them was measured: the demo simulates its data.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

import maxatac

FOLDER = Path(__file__).parent / "gallery"
FIGURES = {
    "locus.png": "demo_figures/locus_1_1.png",
    "locus_other.png": "demo_figures/locus_1_3.png",
    "precision_recall.png": "demo_figures/precision_recall_test_1.png",
    "average_precision.png": "demo_figures/average_precision.png",
    "calibration.png": "demo_figures/calibration.png",
    "threshold.png": "CellC_calibrated.png",
}
"""Each picture, and the file of the results that it is."""

PAGES = ("report.png", "quality.png")
"""Pictures of pages."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WINDOW = (1000, 1000)
COLOURS = 64


def pages(demo: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Name the pages that are shown; the one on a sample is made in a folder."""
    yield "report.png", demo / "results" / "demo_report.html"
    maxatac.prepare(
        maxatac.PrepareConfig(
            input=[demo / "data" / "CellC_fragments.tsv.gz"],
            sequence=demo / "data" / "genome.2bit",
            blacklist=demo / "data" / "blacklist.bed",
            peaks=demo / "data" / "CellC_atac_peaks.narrowPeak",
            output=folder,
            prefix="CellC",
        )
    )
    yield "quality.png", folder / "CellC_qc.html"


def shown(browser: str, page: Path, folder: Path) -> bytes:
    """Show the head of a page in a window."""
    picture = folder / "shown.png"
    words = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}"]
    if os.geteuid() == 0:
        words.append("--no-sandbox")
    size = "--window-size={},{}".format(*WINDOW)
    subprocess.run(
        [*words, size, f"--screenshot={picture}", page.resolve().as_uri()], capture_output=True, check=True, timeout=300
    )
    return picture.read_bytes()


def smaller(picture: bytes) -> bytes:
    """Write a picture with few colours, which is all that a plot has."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="folder that examples/demo.py has written")
    parser.add_argument("--browser", help=f"default: the first of {', '.join(BROWSERS)} that there is")
    arguments = parser.parse_args()
    browser = arguments.browser or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        parser.error(f"no browser: none of {', '.join(BROWSERS)} is installed; name one with --browser")
    FOLDER.mkdir(exist_ok=True)
    for name, source in FIGURES.items():
        (FOLDER / name).write_bytes(smaller((arguments.demo / "results" / source).read_bytes()))
    with tempfile.TemporaryDirectory() as folder:
        for name, page in pages(arguments.demo, Path(folder)):
            (FOLDER / name).write_bytes(smaller(shown(browser, page, Path(folder))))
    for name in (*FIGURES, *PAGES):
        print(f"{name}: {(FOLDER / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
