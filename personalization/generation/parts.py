"""Other wordings of one part of a message, out of what was approved, and what each is held to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.domain import Claim, Decision, Message
from personalization.errors import InputError, ProviderError
from personalization.generation.grounding import ground
from personalization.generation.sources import citable
from personalization.providers.composer import Composer
from personalization.providers.composing import (
    BUTTON_CHARACTERS,
    PREHEADER_CHARACTERS,
    SUBJECT_CHARACTERS,
    Page,
    as_read,
    bare,
    buttons_asked_for,
    buttons_for,
    every_preheader,
    is_echo,
    subjects_of,
)
from personalization.providers.heeding import is_fit
from personalization.providers.house_words import lacking
from personalization.providers.plans import Draw, Paragraph, Wording
from personalization.providers.product_frames import product_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personalization.domain import Passage, Variant
    from personalization.providers.protocols import WritingRequest

PARTS: Final[Mapping[str, str]] = {
    "subject": "subject line",
    "preheader": "preview line",
    "call_to_action": "call to action",
}
"""The parts that can be written by themselves, as people call them."""

_LENGTHS: Final[Mapping[str, tuple[int, int]]] = {
    "subject": SUBJECT_CHARACTERS,
    "preheader": PREHEADER_CHARACTERS,
    "call_to_action": (2, BUTTON_CHARACTERS),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A new wording of one part, with what it rests on and who wrote it."""

    text: str
    claims: tuple[Claim, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What a new wording has to go with.

    Attributes:
        part: One of PARTS.
        before: The message as it stands.
        claims: What it asserts.
        request: What may be said to its segment.
        taken: Wordings of the part that the other arms have, folded in case.
        earlier: Those that this message has had.
    """

    part: str
    before: Variant
    claims: tuple[Claim, ...]
    request: WritingRequest
    taken: frozenset[str]
    earlier: frozenset[str]

    def with_part(self, text: str) -> Message:
        """Return the message with nothing changed but the part."""
        return replace(self.before.message, **{self.part: text})


def approved_part(task: Task) -> Part:
    """Choose an approved wording that the message has not had, else the one it had first.

    Raises:
        ProviderError: There is none.
    """
    usable = [part for part in _candidates(task) if is_usable(task, part)]
    fresh = [part for part in usable if part.text.casefold() not in task.earlier]
    if not fresh and not usable:
        raise ProviderError(_refusal(task))
    draw = Draw(task.before.campaign_id, task.before.variant_id, task.part, task.before.version)
    return draw.one_of_best(fresh or usable)


def _candidates(task: Task) -> Iterator[Part]:
    for text in _around_products(task):
        yield Part(text, (), (("by", Composer.name),))
    said = _said(task)
    for wording in _wordings_for(task, said):
        page = Page()
        shown = None if task.part == "preheader" else bare(wording.text)
        page.cite(task.part, wording, shown)
        yield Part(page.texts[task.part], tuple(page.claims), (("by", Composer.name),))


def _around_products(task: Task) -> list[str]:
    """Return what a message that names products may say in the part; nothing for others."""
    plan = task.request.products
    if plan is None or not plan.strategy_of(task.before.arm):
        return []
    tone = dict(task.before.attributes).get("tone", task.request.brief.tone)
    words = product_words(task.request.locale, plan.told_of(task.before.arm), tone, plan.items)
    if task.part == "call_to_action":
        return list(words.buttons)
    place = ("subject", "preheader").index(task.part)
    return [pair[place] for pair in words.subjects]


def _said(task: Task) -> list[Paragraph]:
    """Return what the body says, document by document in its order."""
    lines: dict[str, list[Wording]] = {}
    known = {s.statement_id: (p, s) for p in task.request.passages for s in p.statements}
    places: dict[str, Passage] = {}
    for claim in task.claims:
        if claim.field == "body" and (found := known.get(claim.statement_id or "")):
            passage, statement = found
            places[passage.passage_id] = passage
            lines.setdefault(passage.passage_id, []).append(Wording(statement, claim.text))
    return [Paragraph(places[name], tuple(own)) for name, own in lines.items()]


def _wordings_for(task: Task, said: Sequence[Paragraph]) -> list[Wording]:
    if not said:
        return []
    passages = [paragraph.passage for paragraph in said]
    if task.part == "subject":
        return [wording for passage in passages for wording in subjects_of(passage)]
    if task.part == "preheader":
        subject = Wording(said[0].lines[0].statement, task.before.message.subject)
        return every_preheader(said, subject)
    asked = buttons_asked_for(task.request)
    near = buttons_for(task.request.passages, passages)
    return asked or [wording for group in near for wording in group]


def _refusal(task: Task) -> str:
    titles = [f"‘{p.passage.title}’" for p in _said(task)]
    where = f"the documents that it speaks of ({', '.join(titles)})" if titles else "a document"
    advice = {
        "subject": f"Add subject lines to {where}",
        "preheader": f"Add subject lines or alternates to {where}",
        "call_to_action": "Add calls to action",
    }[task.part]
    return (
        f"The approved content bears no other {PARTS[task.part]} for this message that the other "
        f"messages of segment '{task.before.segment}' do not have. {advice} on the Content page, "
        "or edit it by hand."
    )


# What both are held to ---------------------------------------------------------------------


def is_usable(task: Task, part: Part) -> bool:
    """Tell whether a wording is new, of the right length, borne out, and goes with the rest."""
    message = task.with_part(part.text)
    low, high = _LENGTHS[task.part]
    now = dict(task.before.message.fields())[task.part].casefold()
    try:
        is_long_enough = low <= len(as_read(part.text)) <= high
    except InputError:
        return False
    return (
        is_long_enough
        and part.text.casefold() not in task.taken | {now}
        and is_fit(part.text, task.request)
        and not (task.part != "call_to_action" and is_echo(message.preheader, message.subject))
        and not _drops(task, message)
        and _is_borne_out(task, part)
    )


def _is_borne_out(task: Task, part: Part) -> bool:
    """Tell whether nothing in the part is unsupported, and nothing else has become so."""
    now = {c.text for c in judged(task, part) if c.decision is Decision.BLOCK}
    unchanged = Part(
        dict(task.before.message.fields())[task.part],
        tuple(c for c in task.claims if c.field == task.part), (),
    )  # fmt: skip
    then = {
        c.text for c in judged(task, unchanged)
        if c.decision is Decision.BLOCK and c.field != task.part
    }  # fmt: skip
    return now <= then


def _drops(task: Task, message: Message) -> bool:
    """Tell whether the message would no longer say what the brief wants every message to say."""
    wanted = task.request.brief.must_say
    now, then = (lacking(wanted, each.fields()) for each in (message, task.before.message))
    return len(now) > len(then)


def judged(task: Task, part: Part) -> list[Claim]:
    """Return what the message asserts with a wording in it, held to what its segment may read."""
    request = task.request
    return ground(
        task.with_part(part.text),
        citable(request.passages, locale=request.locale, brand=request.brand_name),
        cited=(*(c for c in task.claims if c.field != task.part), *part.claims),
        brand=request.brand_name,
        locale=request.locale,
        checker=request.checker,
    )
