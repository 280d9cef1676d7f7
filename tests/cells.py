"""The tiny set's cell types as JSON, for ``--cells``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tiny import TinySet

from maxatac.data.cells_json import KEYS

Content = dict[str, Any]


def content(data: TinySet) -> Content:
    cells = [{key: row[column] for key, column in KEYS.items()} for row in data.rows()]
    return {"tf": "TF1", "cells": cells}


def written(data: TinySet, what: object, name: str = "cells.json") -> Path:
    path = data.folder / name
    path.write_text(what if isinstance(what, str) else json.dumps(what))
    return path
