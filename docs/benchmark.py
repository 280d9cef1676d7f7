"""Write the tables of measured numbers into the pages, from ``docs/bench.json`` and ``docs/scale.json``.

``python docs/benchmark.py --check`` fails if a page disagrees with the files; ``--write`` updates the page, and with
``--take bench_out`` copies the results of ``make bench`` and ``make bench-scale`` from that folder first.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from pages import fill, update

DOCS = Path(__file__).parent
PAGES = (DOCS.parent / "README.md", DOCS / "loader.md")
FILES = ("bench.json", "scale.json")

SCRIPT = "docs/benchmark.py"


def tables() -> dict[str, str]:
    """Lay out all tables, by name."""
    # The layout belongs to the benchmarks, which are not part of the package.
    sys.path.insert(0, str(DOCS.parent / "tests"))
    try:
        from benchmarks.tables import sections
    finally:
        sys.path.pop(0)
    bench, scale = (json.loads((DOCS / name).read_text(encoding="utf-8")) for name in FILES)
    return sections(bench, scale)


def main() -> int:
    """Check or write the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true", help="fail if a page disagrees with the files")
    choice.add_argument("--write", action="store_true", help="update the pages")
    parser.add_argument(
        "--take", type=Path, metavar="FOLDER", help="with --write: take over the results in this folder"
    )
    arguments = parser.parse_args()
    if arguments.take is not None and arguments.write:
        for name in FILES:
            if (arguments.take / name).exists():
                shutil.copyfile(arguments.take / name, DOCS / name)
                print(f"{name}: taken from {arguments.take}")
    laid_out = tables()
    texts = {page: fill(page, laid_out, SCRIPT) for page in PAGES}
    message = f"the tables differ from the files; run python {SCRIPT} --write"
    return update(texts, write=arguments.write, message=message)


if __name__ == "__main__":
    sys.exit(main())
