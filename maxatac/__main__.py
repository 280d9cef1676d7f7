"""``python -m maxatac`` is the command ``maxatac``."""

from __future__ import annotations

from maxatac.cli.main import program

if __name__ == "__main__":
    program()
