"""Days: what has ended, ends soon or has not begun, and offers that name an end not their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.content.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from personalization.content.findings import Entry, ReadFigures

SOON: Final = 14
"""Days; long enough to have an extension approved or a message written anew."""


def days(entries: Sequence[Entry], *, on: date, send_on: date | None) -> Iterator[Finding]:
    """Hold every approved document against today and the day of sending."""
    for entry in entries:
        if entry.document.status == "approved":
            yield from _of_one(entry, on, send_on)


def _of_one(entry: Entry, on: date, send_on: date | None) -> Iterator[Finding]:
    since, until = entry.document.valid_from, entry.document.valid_until
    ends, starts = entry.place("valid_until"), entry.place("valid_from")
    extend = "Have a new version with a later end approved, or retire it."
    if until and until < on:
        said = f"It ended on {_day(until)}, {(on - until).days} days ago, and is still approved."
        yield Finding("expired", "info", ends, said, extend)
    elif until and send_on and until < send_on:
        said = f"It ends on {_day(until)}, before the send date {_day(send_on)}."
        yield Finding("ends_before_sending", "warning", ends, said, extend)
    elif until and (until - (send_on or on)).days <= SOON:
        left = (until - on).days
        said = f"It ends on {_day(until)}, {'today' if not left else f'in {left} days'}."
        yield Finding("ends_soon", "warning", ends, said, extend)
    if since and since > (send_on or on):
        what = f"the send date {_day(send_on)}" if send_on else f"today, {_day(on)}"
        said = f"It is valid only from {_day(since)} on, after {what}."
        way = "Wait, or have a new version with an earlier start approved."
        yield Finding("not_yet_valid", "info", starts, said, way)


def ends_named(entries: Sequence[Entry], read: ReadFigures) -> Iterator[Finding]:
    """Yield the texts of offers that name an end which is not the offer's last day."""
    for entry in entries:
        until = entry.document.valid_until
        if entry.document.kind != "offer" or until is None:
            continue
        for text in entry.texts():
            for figure in read(text.text, entry.document.locale[:2]):
                if figure.kind != "date" or figure.bound != "end" or len(figure.value) < 5:  # noqa: PLR2004
                    continue
                if figure.value == f"{until:%m-%d}" and figure.year in ("", f"{until:%Y}"):
                    continue
                said = f"It names the end ‘{figure.text}’, and the offer ends on {_day(until)}."
                way = "Say the day of valid_until in the text, or correct valid_until."
                place = entry.place(text.field, figure.start, figure.text)
                other = entry.place("valid_until", 0, until.isoformat())
                yield Finding("wrong_end", "error", place, said, way, other)


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
