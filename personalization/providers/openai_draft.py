"""From a model's answer to a draft: the fields, the citations with their spans, and the faults."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
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
from personalization.providers.openai_prompt import PRODUCTS_MARK
from personalization.providers.openai_schema import Sentence
from personalization.providers.product_letters import product_lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import ProductPlan, Statement
    from personalization.providers.openai_schema import Answer


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


def with_products(answer: Answer, plan: ProductPlan | None, arm: str) -> Answer:
    """Return an answer in which the tags of the reader's products stand at the mark for them.

    Raises:
        InputError: The mark is missing, there twice or not by itself; or a tag of a product was
            written out, which only the plan may do.
    """
    heads = (answer.subject, answer.preheader, answer.call_to_action)
    every = [*heads, *(s for paragraph in answer.paragraphs for s in paragraph)]
    if found := next((s for s in every if "{{product_" in s.text), None):
        raise InputError(f"The system names products, and nobody else does: “{found.text}”.")
    is_named = plan is not None and bool(plan.strategy_of(arm))
    marks = [p for p in answer.paragraphs if [s.text for s in p] == [PRODUCTS_MARK]]
    n_marks = sum(s.text.count(PRODUCTS_MARK) for s in every)
    if n_marks != len(marks) or n_marks != int(is_named):
        wanted = "once, alone in a paragraph of the body" if is_named else "nowhere"
        raise InputError(f"{PRODUCTS_MARK} has to stand {wanted}.")
    if plan is None or not is_named:
        return answer
    block = tuple((Sentence(line, ()),) for line in product_lines_of(plan.items, plan.told_of(arm)))
    paragraphs = tuple(
        new
        for paragraph in answer.paragraphs
        for new in (block if paragraph is marks[0] else (paragraph,))
    )
    return replace(answer, paragraphs=paragraphs)


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
