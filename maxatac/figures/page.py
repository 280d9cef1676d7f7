"""A page that needs nothing else: its frame, its list of contents, and the box of caveats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from maxatac.figures.drawing import Drawing
from maxatac.figures.markup import STYLE, Markup, bullets, paragraphs, tag, text

Section = tuple[str, str, Markup]
"""Name that links lead to, heading, and content."""


def whole_page(title: str, lead: str, top: Markup, sections: Sequence[Section], origin: str) -> str:
    """Make an HTML file that asks for nothing else.

    Parameters
    ----------
    title : str
    lead : str
        One or two sentences below the title.
    top : Markup
        What the reader sees first.
    sections : sequence of Section
        At least one.
    origin : str
        What the page was made from; stands at its foot.
    """
    contents_list = tag(
        "nav",
        tag("strong", "Contents"),
        tag("ol", *(tag("li", tag("a", heading, href=f"#{name}")) for name, heading, _ in sections)),
        aria_label="Contents",
    )
    body = [
        tag("a", "Skip to the sections", class_="skip", href=f"#{sections[0][0]}"),
        tag("header", tag("h1", title), tag("p", lead, class_="lead"), top),
        contents_list,
        tag(
            "main",
            *(
                tag("section", tag("h2", heading, id=name), content, aria_labelledby=name)
                for name, heading, content in sections
            ),
        ),
        tag("footer", paragraphs(f"{origin} Nothing is loaded from anywhere when this page is opened."), class_="soft"),
    ]
    head = (
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # The browser then loads nothing from a network, even if a name in the data looks like an address.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f'<link rel="icon" href="data:,"><title>{text(title)}</title><style>{STYLE}</style>'
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body>\n</html>\n"
    )


def first_screen(heading: str, results: Markup, caveats: Sequence[str]) -> Markup:
    """Make what is seen first: the results, and the caveats beside them.

    Parameters
    ----------
    heading : str
        Of the results.
    results : Markup
    caveats : sequence of str
        The gravest first; may be empty.
    """
    if caveats:
        box = tag("div", tag("h2", "Caveats"), bullets(caveats), class_="caveats")
    else:
        box = tag("div", tag("h2", "Caveats"), paragraphs("Nothing that could be found."), class_="caveats none")
    return tag("div", tag("div", tag("h2", heading), results, class_="result"), box, class_="summary")


def side_by_side(show: Callable[[Drawing], Markup], drawings: Iterable[Drawing]) -> Markup:
    """Put figures beside each other; ``show`` makes the part of the page of each."""
    return tag("div", *map(show, drawings), class_="figures")
