"""Wordings: other ways to say a statement, and subject lines, that tell another figure than it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.content.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalization.content.findings import Entry, Figure, ReadFigures, Text


def wordings(entries: Sequence[Entry], read: ReadFigures) -> Iterator[Finding]:
    """Yield other wordings and subject lines with a figure that their own statements lack."""
    for entry in entries:
        if entry.document.status != "retired":
            language = entry.document.locale[:2]
            known = {
                value for sentence in entry.document.sentences
                for value in _values(read(sentence.text, language))
            }  # fmt: skip
            for text in entry.texts():
                yield from _off_the_figures(entry, text, read, known)


def _off_the_figures(
    entry: Entry, text: Text, read: ReadFigures, known: set[str]
) -> Iterator[Finding]:
    language = entry.document.locale[:2]
    if text.of is not None and text.of.text != text.text:
        known = _values(read(text.of.text, language))
        against = f"the statement that it words anew, “{text.of.text}”"
    elif text.field.startswith("subject_lines"):
        against = "any statement of the document"
    else:
        return
    for figure in read(text.text, language):
        if figure.kind != "moment" and not _values([figure]) & known:
            said = f"It says ‘{figure.text}’, which is not in {against}."
            way = "Say the figure of the statement, or make it a statement of its own."
            place = entry.place(text.field, figure.start, figure.text)
            is_told = any(sign.isdigit() for sign in figure.text)
            yield Finding("other_figure", "error" if is_told else "info", place, said, way)


def _values(figures: Sequence[Figure]) -> set[str]:
    """Return the bare values: five pounds and £5 are the same."""
    return {figure.value.split()[-1] for figure in figures}
