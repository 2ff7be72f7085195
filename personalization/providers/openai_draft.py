"""From a model's answer to a draft: the fields, the citations with their spans, and the faults."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from personalization.domain import Claim, Decision, Message, merge_tags
from personalization.errors import InputError
from personalization.providers.composing import (
    BUTTON_CHARACTERS,
    PREHEADER_CHARACTERS,
    Page,
    as_read,
)
from personalization.providers.gates import flaws_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Statement
    from personalization.providers.openai_schema import Answer, Sentence


def page_of(answer: Answer, statements: Sequence[Statement]) -> Page:
    """Lay an answer out as a message's fields; each citation becomes a claim with its span.

    A claim is marked for review: that a model cites something is no evidence that it is so.
    """
    page = Page()
    for name, sentence in (
        ("subject", answer.subject),
        ("preheader", answer.preheader),
        ("call_to_action", answer.call_to_action),
    ):
        _add(page, name, sentence, statements)
    for number, paragraph in enumerate(answer.paragraphs):
        page.say("body", "\n\n" if number else "")
        for place, sentence in enumerate(paragraph):
            page.say("body", " " if place else "")
            _add(page, "body", sentence, statements)
    return page


def _add(page: Page, name: str, sentence: Sentence, statements: Sequence[Statement]) -> None:
    text = unicodedata.normalize("NFC", sentence.text)
    start = len(page.texts.get(name, ""))
    page.say(name, text)
    for number in sentence.cites:
        cited = statements[number - 1]
        page.claims.append(
            Claim(
                name, start, start + len(text), text, cited.statement_id, 0, len(cited.text),
                cited.text, Decision.REVIEW, "Cited by the model, not checked yet.",
            )
        )  # fmt: skip


def faults_of(message: Message, page: Page, statements: Sequence[Statement]) -> list[str]:
    """List what keeps a drafted message from being used; what it asserts is judged elsewhere."""
    try:
        for _, text in message.fields():
            merge_tags(text)
        texts = [as_read(text) for _, text in message.fields()]
    except InputError as error:
        return [str(error)]
    faults = [f"'{t}' is no merge tag." for text in texts for t in ("{{", "}}") if t in text]
    low, high = PREHEADER_CHARACTERS
    if not low <= len(as_read(message.preheader)) <= high:
        faults.append(
            f"The preheader has {len(message.preheader)} characters, not {low} to {high}."
        )
    if len(message.call_to_action) > BUTTON_CHARACTERS:
        faults.append(f"The call to action has more than {BUTTON_CHARACTERS} characters.")
    return faults + flaws_of(message, page.claims, {s.statement_id: s for s in statements})
