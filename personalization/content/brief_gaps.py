"""Gaps of a brief: what it leaves open or cannot have, as questions with the reason each matters.

Some block the writing, because every message would be stopped later; the others only ask, because
a writer can go on without the answer and somebody should know what it then does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.house_words import says, unsuitable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from personalization.domain import BrandProfile, Brief
    from personalization.store import Store

TONES: Final = ("friendly", "formal", "professional", "promotional", "informative")
SOON: Final = 3
"""An offer that ends within so many days of the send date is asked about."""
LONGEST_BUTTON: Final = 40

_N_APPROVED = """
    SELECT count(*) FILTER (substr(locale, 1, 2) = substr($locale, 1, 2)), count(*)
    FROM current_documents WHERE status = 'approved' AND kind <> 'voice'
"""
_OFFER = """
    SELECT title, status, valid_from, valid_until, locale, audience FROM current_documents
    WHERE document_id = $offer AND kind = 'offer'
"""
_WORDINGS = """
    SELECT documents.document_id, statements.role, statements.text, statements.alternates
    FROM statements
    JOIN current_documents AS documents ON documents.document_id = statements.document_id
                                       AND documents.version = statements.version
    WHERE documents.status = 'approved' AND substr(documents.locale, 1, 2) = substr($locale, 1, 2)
      AND coalesce(documents.valid_from, $send_on) <= $send_on
      AND coalesce(documents.valid_until, $send_on) >= $send_on
    ORDER BY statements.statement_id
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """One question that a brief leaves open.

    Attributes:
        field: Of the brief, or ``send_on`` or ``locale``.
        question: What somebody has to answer or change.
        reason: Why it matters.
        is_blocking: Whether nothing is written until it is answered.
    """

    field: str
    question: str
    reason: str
    is_blocking: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A brief with the day and the language that it is for.

    Attributes:
        is_claim: Tells whether words claim something that needs an approved source.
        today: The day on which it is asked.
        segments: Names of the campaign's segments, as far as there are any.
    """

    brief: Brief
    send_on: date
    locale: str
    today: date
    is_claim: Callable[[str], bool]
    segments: tuple[str, ...] = ()


def gaps_in(store: Store, plan: Plan, profile: BrandProfile) -> list[Gap]:
    """List what a brief leaves open, those that block the writing first.

    Args:
        store: Reads the approved documents and statements.
        plan: The brief, for which day and in which language.
        profile: What the brand rules out.
    """
    wordings = store.read(_WORDINGS, locale=plan.locale, send_on=plan.send_on)
    found = [
        *_language(store, plan),
        *_wishes(plan),
        *_offer(store, plan),
        *_offer_words(plan, profile, wordings),
        *_must_say(plan, profile, wordings),
        *_button(plan, profile),
    ]
    return sorted(found, key=lambda gap: not gap.is_blocking)


def _language(store: Store, plan: Plan) -> Iterator[Gap]:
    row = store.read_one(_N_APPROVED, locale=plan.locale)
    in_language, everywhere = row or (0, 0)
    if everywhere and not in_language:
        yield Gap(
            "locale",
            f"There is no approved content in the language {plan.locale}: add some on the Content "
            "page, or choose another language.",
            "Messages are made of approved statements, and of nothing else.",
            is_blocking=True,
        )


def _wishes(plan: Plan) -> Iterator[Gap]:
    brief = plan.brief
    if not brief.goal.strip():
        yield Gap(
            "goal",
            "What are readers to do?",
            "The call to action and the last paragraph lead there; without a goal they lead to "
            "the shop.",
        )
    if not brief.key_message.strip():
        yield Gap(
            "key_message",
            "What is the one thing that every message says?",
            "Without it each variant picks its own point, and the test compares topics where it "
            "should compare wordings.",
        )
    if not brief.audience.strip():
        yield Gap(
            "audience",
            "Whom is it for, and what do you know of them?",
            "Segments are known by their orders only. What else you know decides what is worth "
            "saying to them.",
        )
    if brief.tone not in TONES:
        yield Gap(
            "tone",
            f"‘{brief.tone}’ is no tone that writers know: choose one of {', '.join(TONES)}.",
            "Each tone has its own approved greetings, openers and closes.",
            is_blocking=True,
        )
    if plan.send_on < plan.today:
        yield Gap(
            "send_on",
            f"The send date, {_day(plan.send_on)}, is past: which day is meant?",
            "Content, offers and consents are judged on the send date.",
        )


def _offer(store: Store, plan: Plan) -> Iterator[Gap]:
    offer = plan.brief.offer
    if not offer:
        if plan.is_claim(plan.brief.key_message):
            yield Gap(
                "offer",
                "The key message names a figure, a date or a promise: which approved offer or "
                "source says so?",
                "A message may only promise what an approved source says; without one the promise "
                "is left out.",
            )
        return
    row = store.records(_OFFER, offer=offer)
    if not row or row[0]["status"] != "approved":
        yield Gap(
            "offer",
            f"The offer {offer!r} is not approved: choose another, or have it approved on the "
            "Content page.",
            "Nobody may promise readers what nobody has approved.",
            is_blocking=True,
        )
        return
    yield from _offer_dates(plan, row[0])
    yield from _offer_readers(plan, row[0])


def _offer_dates(plan: Plan, offer: dict[str, Any]) -> Iterator[Gap]:
    begins, ends = offer["valid_from"], offer["valid_until"]
    if ends and ends < plan.send_on:
        yield Gap(
            "offer",
            f"The offer ‘{offer['title']}’ ends on {_day(ends)}, the send date is "
            f"{_day(plan.send_on)}: choose another, or send earlier.",
            "Readers would be promised what they can no longer have.",
            is_blocking=True,
        )
    elif begins and begins > plan.send_on:
        yield Gap(
            "offer",
            f"The offer ‘{offer['title']}’ begins on {_day(begins)}, the send date is "
            f"{_day(plan.send_on)}: choose another, or send later.",
            "Readers would be promised what they cannot have yet.",
            is_blocking=True,
        )
    elif ends and (ends - plan.send_on).days < SOON:
        yield Gap(
            "send_on",
            f"The offer ‘{offer['title']}’ ends on {_day(ends)}, so soon after the send date, "
            f"{_day(plan.send_on)}: is that enough time?",
            "Many people open an e-mail days later, and would read of an offer that is over.",
        )


def _offer_readers(plan: Plan, offer: dict[str, Any]) -> Iterator[Gap]:
    if offer["locale"] not in (plan.locale, plan.locale[:2]):
        yield Gap(
            "offer",
            f"The offer ‘{offer['title']}’ was approved for {offer['locale']}, the campaign goes "
            f"out in {plan.locale}: choose another.",
            "An offer counts in the country and the language that it was approved for.",
            is_blocking=True,
        )
    wanted = {name.casefold() for name in json.loads(offer["audience"]).get("segments") or ()}
    others = [name for name in plan.segments if wanted and name.casefold() not in wanted]
    if others:
        yield Gap(
            "offer",
            f"The offer ‘{offer['title']}’ is not for {_listed(others)}: choose one that is for "
            "everybody, or leave these segments out?",
            "Messages to them cannot name the offer, and are not written.",
        )


def _offer_words(
    plan: Plan, profile: BrandProfile, wordings: list[tuple[Any, ...]]
) -> Iterator[Gap]:  # fmt: skip
    """Find an offer that can only be said in words that are ruled out."""
    for document_id, role, text, alternates in wordings:
        if document_id != plan.brief.offer or role != "lead":
            continue
        each = [_ruled_out(plan, profile, words) for words in (text, *json.loads(alternates))]
        if all(each):
            yield Gap(
                "must_not_say",
                f"The offer can only be told with ‘{each[0]}’, which may not be said: ‘{text}’. "
                "Take the word out of the list, choose another offer, or have another wording "
                "approved.",
                "Every message with the offer would be stopped.",
                is_blocking=True,
            )


def _must_say(
    plan: Plan, profile: BrandProfile, wordings: list[tuple[Any, ...]]
) -> Iterator[Gap]:  # fmt: skip
    approved = [words for _, _, text, other in wordings for words in (text, *json.loads(other))]
    for term in plan.brief.must_say:
        if word := _ruled_out(plan, profile, term):
            yield Gap(
                "must_say",
                f"‘{term}’ has to be said, and ‘{word}’ may not be: take one of the two out.",
                "No message can do both, so every message would be stopped.",
                is_blocking=True,
            )
        elif plan.is_claim(term) and not any(says(term, words) for words in approved):
            yield Gap(
                "must_say",
                f"‘{term}’ has to be said and has no approved source for {_day(plan.send_on)}: add "
                "one on the Content page, or take it out.",
                "It holds a figure, a date or a promise. What a message claims has to stand in an "
                "approved statement, so every message would be stopped.",
                is_blocking=True,
            )


def _button(plan: Plan, profile: BrandProfile) -> Iterator[Gap]:
    words = plan.brief.call_to_action.strip()
    if not words:
        yield Gap(
            "call_to_action",
            "What is the button to ask for?",
            "Without an answer writers take an approved call to action that fits the segment.",
        )
    elif word := _ruled_out(plan, profile, words):
        yield Gap(
            "call_to_action",
            f"The button would say ‘{word}’, which may not be said: word it otherwise.",
            "Every message would be stopped.",
            is_blocking=True,
        )
    elif len(words) > LONGEST_BUTTON:
        yield Gap(
            "call_to_action",
            f"The button would have {len(words)} characters: can it be said in fewer than "
            f"{LONGEST_BUTTON}?",
            "A long button breaks into two lines on a telephone.",
        )


def _ruled_out(plan: Plan, profile: BrandProfile, text: str) -> str:
    """Return the first word of a text that brand or brief rule out; empty without one."""
    found = unsuitable(text, profile=profile, brief=plan.brief, locale=plan.locale)
    return next((each.term for each in found if not each.instead), "")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
