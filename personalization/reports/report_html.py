"""The few pieces of HTML that the report is made of; whatever comes from outside is escaped."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_SHORT: Final = 10  # a cell of so few characters is kept on one line


class Html(str):
    """Text that is HTML already; every other string is escaped when it is put on the page."""

    __slots__ = ()


def safe(value: object) -> Html:
    """Return ``value`` as HTML: escaped with its line breaks kept, a dash where there is none."""
    if isinstance(value, Html):
        return value
    if value is None or value == "":
        return Html("–")
    return Html(escape(str(value)).replace("\n", "<br>"))


def joined(parts: Iterable[object]) -> Html:
    """Put pieces one after the other."""
    return Html("".join(safe(part) for part in parts if part != ""))


def paragraph(value: object, kind: str = "") -> Html:
    """Return one paragraph of the class ``kind``."""
    return Html(f'<p class="{kind}">{safe(value)}</p>' if kind else f"<p>{safe(value)}</p>")


def bullets(values: Iterable[object]) -> Html:
    """Return a list with one point for each value."""
    return Html("<ul>" + "".join(f"<li>{safe(value)}</li>" for value in values) + "</ul>")


def badge(word: str, kind: str) -> Html:
    """Return a small label; its words say it, its colour of the class ``kind`` only underlines."""
    return Html(f'<span class="badge {kind}">{escape(word)}</span>')


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Return names with their values."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{safe(value)}</dd>" for name, value in pairs)
    return Html(f"<dl>{rows}</dl>")


def table(
    caption: str, headers: Sequence[str], rows: Iterable[Sequence[object]], *, mark: str = ""
) -> Html:
    """Return a table; columns whose header ends in ``#`` hold numbers and stand on the right.

    Args:
        caption: What it shows, in words.
        headers: One a column.
        rows: As many values as there are headers.
        mark: Stands before the caption, such as SIMULATED.
    """
    kinds = ["number" if header.endswith("#") else "text" for header in headers]
    head = "".join(
        f'<th scope="col" class="{kind}">{escape(header.removesuffix("#"))}</th>'
        for header, kind in zip(headers, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind if len(str(cell)) > _SHORT else f"{kind} short"}">{safe(cell)}</td>'
            for cell, kind in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    label = f"{badge(mark, 'mark')} " if mark else ""
    return Html(
        f"<table><caption>{label}{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def section(title: str, *parts: object, mark: str = "") -> Html:
    """Return a section with a heading; ``mark`` stands beside it."""
    label = f" {badge(mark, 'mark')}" if mark else ""
    return Html(f"<section><h2>{escape(title)}{label}</h2>{joined(parts)}</section>")


def page(title: str, subtitle: str, body: Html, *, mark: str = "", warning: str = "") -> str:
    """Return the whole document, with its style inside and nothing to load.

    Args:
        title: Of the document.
        subtitle: Below it.
        body: The sections.
        mark: Written across every printed page, such as SIMULATED.
        warning: Stands in a frame above everything else.
    """
    skeleton = resources.files(__package__).joinpath("report.html").read_text("utf-8")
    return Template(skeleton).substitute(
        title=escape(title),
        subtitle=escape(subtitle),
        mark=f' data-mark="{escape(mark)}"' if mark else "",
        banner=paragraph(warning, "banner") if warning else "",
        body=body,
    )
