"""``python -m maxatac`` is the command ``maxatac``."""

from __future__ import annotations

import sys

from maxatac.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
