"""Settings of Sphinx, which makes the site of the documentation: ``make site``."""

from __future__ import annotations

import dataclasses
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

project = "maxatac"
author = "The maxatac developers"
release = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx_copybutton"]

# Pages are the Markdown that a forge shows. Anchors are those that it makes.
root_doc = "index"
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"maxatac {release}"
html_static_path = ["site"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "footer_icons": [{"name": "Repository", "url": urls["Repository"], "html": "Repository", "class": ""}],
}

# Of the libraries, only numpy is imported: no page says more with the others.
autodoc_mock_imports = ["h5py", "jax", "keras", "matplotlib", "pandas", "tensorboardX", "tensorflow", "tqdm"]
autodoc_class_signature = "separated"
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False


def with_inherited_settings(_app: Any, kind: str, _name: str, thing: Any, _options: Any, lines: list[str]) -> None:
    """Show settings together: a class of settings documents its own, and inherits others."""
    if kind != "class" or not dataclasses.is_dataclass(thing) or not thing.__name__.endswith("Config"):
        return
    for base in thing.__mro__[1:-1]:
        _, found, settings = (base.__doc__ or "").partition("    Parameters\n    ----------\n")
        if found:
            lines += [*([] if "Parameters" in lines else ["", "Parameters", "----------"])]
            lines[len(lines) :] = [line.removeprefix("    ") for line in settings.rstrip().splitlines()]


def setup(app: Any) -> None:
    """Register what Sphinx calls."""
    # Before numpydoc, which takes the text apart.
    app.connect("autodoc-process-docstring", with_inherited_settings, priority=400)
