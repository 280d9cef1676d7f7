"""Pieces of HTML. All text that was not made by this module is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from maxatac.figures.drawing import Drawing

_LONG = 30


class Markup(str):
    """Text that is HTML; text that is added to it is escaped unless it is HTML too."""

    __slots__ = ()

    def __add__(self, other: str) -> Markup:
        """Put one after the other."""
        return Markup(super().__add__(text(other)))


def text(content: str) -> Markup:
    """Escape text; markup stays as it is."""
    return content if isinstance(content, Markup) else Markup(escape(content, quote=True))


def tag(name: str, *contents: str, **attributes: str | None) -> Markup:
    """Make an element.

    Parameters
    ----------
    name : str
    *contents : str
        Escaped unless they are ``Markup``.
    **attributes : str or None
        Underscores become hyphens, one at the end is dropped; None is left out, and an empty one has no value.
    """
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            key = key.rstrip("_").replace("_", "-")
            words.append(f'{key}="{escape(value, quote=True)}"' if value else key)
    return Markup(f"<{' '.join(words)}>{''.join(map(text, contents))}</{name}>")


def paragraphs(*contents: str) -> Markup:
    """Make a paragraph of each text that is not empty."""
    return Markup("".join(tag("p", content) for content in contents if content))


def bullets(items: Iterable[str], **attributes: str | None) -> Markup:
    """Make a list."""
    return tag("ul", Markup("".join(tag("li", item) for item in items)), **attributes)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, label: str) -> Markup:
    """Make a table in a box of its own, which scrolls where the screen is narrow, also by keyboard.

    The first column names the rows.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequences of str
    label : str
        Description of the table, for readers who cannot see it.
    """
    head = Markup("".join(tag("th", name, scope="col") for name in header))
    body = []
    for row in rows:
        cells = [
            tag("th", cell, scope="row", class_=_width(cell)) if place == 0 else tag("td", cell, class_=_kind(cell))
            for place, cell in enumerate(row)
        ]
        body.append(tag("tr", *cells))
    made = tag("table", tag("thead", tag("tr", head)), tag("tbody", *body))
    return tag("div", made, class_="scroll", role="region", tabindex="0", aria_label=label)


def _kind(cell: str) -> str | None:
    return "number" if _is_number(cell) else _width(cell)


def _width(cell: str) -> str | None:
    """Class of a cell with long words, which may be broken anywhere on paper."""
    return "long" if max(map(len, cell.split()), default=0) > _LONG else None


def _is_number(cell: str) -> bool:
    plain = cell.replace(",", "").removesuffix(" %")
    try:
        float(plain.split(" (")[0])
    except ValueError:
        return cell == "n/a"
    return True


def figure(drawing: Drawing) -> Markup:
    """Make a figure with its caption and its numbers."""
    image = Markup(drawing.inline())
    if drawing.wide:
        image = tag("div", image, class_="scroll wide", role="region", tabindex="0", aria_label=drawing.title)
    numbers = tag(
        "details", tag("summary", "Numbers"), table(drawing.header, drawing.rows, label=f"Numbers: {drawing.title}")
    )
    caption = tag("figcaption", tag("strong", drawing.title), *([" ", drawing.note] if drawing.note else []))
    return tag("figure", caption, image, numbers, id=drawing.name, class_="two" if drawing.wide else None)


STYLE = """
:root { color-scheme: light; --ink: #1c1c1c; --soft: #555; --line: #d6d6d6; --link: #00518a; --warn: #8a3b00; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1rem 1.25rem 3rem; max-width: 78rem; background: #fff; color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .25rem 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { margin: .4rem 0; max-width: 75ch; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid #E69F00; outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
.lead { font-size: 1.05rem; }
.soft { color: var(--soft); }
.summary { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; }
.caveats { border-left: 4px solid var(--warn); padding-left: .9rem; margin: .75rem 0; }
.caveats.none { border-color: #00674d; }
.caveats h2, .result h2 { border: 0; margin: 0 0 .25rem; padding: 0; font-size: 1.1rem; }
.caveats ul { margin: 0; padding-left: 1.1rem; }
.result { margin: .75rem 0; min-width: 0; }
nav ol { margin: .25rem 0; padding-left: 1.9rem; columns: 14rem; }
.figures { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem 2rem; align-items: start; }
figure { margin: .75rem 0; min-width: 0; }
figcaption { margin-bottom: .35rem; font-size: .95rem; }
figure svg { display: block; width: 100%; max-width: 34rem; height: auto; }
figure svg * { stroke-linejoin: round; stroke-linecap: butt; }
figure svg text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif !important; }
.wide svg { max-width: none; width: 100%; min-width: 44rem; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .9rem; margin: .35rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: normal; }
thead th { border-bottom: 2px solid var(--soft); vertical-align: bottom; }
tbody th { font-weight: 600; }
.place { white-space: nowrap; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
code, .hash { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .85em; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
details .scroll { max-height: 24rem; overflow-y: auto; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: .5rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
@media (max-width: 30rem) {
  body { padding: .75rem .75rem 2rem; }
  h1 { font-size: 1.35rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .3rem; }
}
@media (min-width: 60rem) {
  .summary { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .figures { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .figures .two { grid-column: span 2; }
}
@media print {
  @page { margin: 1.5cm; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  nav, .skip, details.numbers, figure details { display: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  h2 { margin-top: 1.2rem; break-after: avoid; }
  h3, figcaption { break-after: avoid; }
  figure, tr, .caveats { break-inside: avoid; }
  .figures { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: .5rem 1.2rem; }
  .figures .two { grid-column: span 2; }
  .scroll, details .scroll { overflow: visible; max-height: none; }
  .wide svg { min-width: 0; }
  table { font-size: 8pt; }
  th, td { padding-right: .4rem; }
  .long { overflow-wrap: anywhere; }
  a { color: inherit; }
}
"""
