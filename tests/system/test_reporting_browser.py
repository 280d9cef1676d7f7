"""The report as a browser shows it, where there is one: nothing is complained of, and everything is in its place."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from reported import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

MEASURE = """
<script>
const inside = (small, big, slack) => small.left >= big.left - slack && small.right <= big.right + slack &&
  small.top >= big.top - slack && small.bottom <= big.bottom + slack;
const found = {width: innerWidth, page: document.documentElement.scrollWidth, drawings: [], wide: []};
for (const svg of document.querySelectorAll("figure svg")) {
  const box = svg.getBoundingClientRect();
  const name = svg.closest("figure").id;
  const texts = [...svg.querySelectorAll("text")].filter(text => text.textContent.trim()).map(
    text => ({words: text.textContent.trim(), box: text.getBoundingClientRect(),
      size: parseFloat(getComputedStyle(text).fontSize) * box.width / svg.viewBox.baseVal.width}));
  const overlaps = [], outside = [];
  texts.forEach((one, place) => {
    if (!inside(one.box, box, 2)) outside.push(one.words);
    for (const other of texts.slice(place + 1)) {
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (across > 1.5 && down > 3) overlaps.push([one.words, other.words]);
    }
  });
  found.drawings.push({name, width: box.width, height: box.height, overlaps, outside,
    paths: svg.querySelectorAll("path").length, smallest: Math.min(...texts.map(text => text.size)),
    used: [...svg.querySelectorAll("use")].every(use => document.querySelector(use.getAttribute("href")))});
}
for (const element of document.querySelectorAll("body *")) {
  if (element.closest(".scroll") && !element.classList.contains("scroll")) continue;
  if (element.closest("svg") || element.closest(".skip")) continue;
  if (element.getBoundingClientRect().right > innerWidth + 1) found.wide.push(element.tagName);
}
found.focusable = [...document.querySelectorAll("a[href], summary, [tabindex='0']")].length;
const told = document.createElement("pre");
told.id = "measured";
told.textContent = JSON.stringify(found);
parent.document.body.append(told);
</script>
"""


@pytest.fixture(scope="module")
def browser() -> str:
    named = os.environ.get("MAXATAC_TEST_BROWSER")
    path = named or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed; MAXATAC_TEST_BROWSER may name one")
    return path


def chromium(browser: str, profile: Path, page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}", *options]
    if os.geteuid() == 0:
        words.append("--no-sandbox")
    return subprocess.run([*words, page.as_uri()], capture_output=True, text=True, check=True, timeout=240)


def measured(browser: str, page: Path, folder: Path, width: int) -> dict[str, Any]:
    """Lay the page out at a width, and take its measures.

    It is shown in a frame: a window cannot be as narrow as a telephone.
    """
    text = page.read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    copy = folder / "measured.html"
    inner = escape(text.replace("</body>", MEASURE + "</body>"), quote=True)
    frame = f'<iframe style="border: 0" width="{width}" height="900" srcdoc="{inner}"></iframe>'
    copy.write_text(f"<!DOCTYPE html><html><body>{frame}</body></html>", encoding="utf-8")
    shown = chromium(browser, folder / "profile", copy, "--window-size=1400,1000", "--dump-dom").stdout
    (found,) = re.findall(r'<pre id="measured">(.*?)</pre>', shown, flags=re.DOTALL)
    value: dict[str, Any] = json.loads(unescape(found))
    return value


@pytest.mark.parametrize("width", [1280, 400])
def test_layout(width: int, browser: str, run: Run, tmp_path: Path) -> None:
    found = measured(browser, run.folder.report, tmp_path, width)
    assert found["width"] == width
    # The page itself never scrolls sideways.
    assert found["page"] <= width
    assert found["wide"] == []
    names = {path.stem for path in run.folder.figures.iterdir()}
    assert {drawing["name"] for drawing in found["drawings"]} == names
    for drawing in found["drawings"]:
        name = drawing["name"]
        assert drawing["width"] > 300, name
        assert drawing["height"] > 100, name
        assert drawing["paths"] >= 3, name
        assert drawing["used"], name
        assert drawing["outside"] == [], name
        assert drawing["overlaps"] == [], name
        assert drawing["smallest"] >= 9, name
    assert found["focusable"] > 2 * len(names)


def test_nothing_is_complained_of(browser: str, run: Run, tmp_path: Path) -> None:
    told = chromium(
        browser, tmp_path / "profile", run.folder.report, "--enable-logging=stderr", "--window-size=1280,900",
        f"--screenshot={tmp_path / 'page.png'}",
    ).stderr  # fmt: skip
    assert [line for line in told.splitlines() if "CONSOLE" in line] == []
    assert (tmp_path / "page.png").stat().st_size > 20_000


def test_complaints_would_be_seen(browser: str, run: Run, tmp_path: Path) -> None:
    """The test above could not fail if the browser kept quiet."""
    page = tmp_path / "page.html"
    page.write_text(
        run.folder.report.read_text().replace("<main>", '<main><img src="https://example.org/x.png" alt="x">')
    )
    told = chromium(
        browser, tmp_path / "profile", page, "--enable-logging=stderr", f"--screenshot={tmp_path / 'page.png'}"
    ).stderr
    assert [line for line in told.splitlines() if "CONSOLE" in line and "Content Security Policy" in line]


def test_print(browser: str, run: Run, tmp_path: Path) -> None:
    chromium(browser, tmp_path / "profile", run.folder.report, f"--print-to-pdf={tmp_path / 'page.pdf'}")
    printed = (tmp_path / "page.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    # A dozen pages, not a hundred, and not one that is cut.
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 25
