"""Gaps of a brief: what it leaves open or cannot have, as questions with the reason each matters.

Some block the writing, because every message would be stopped later; the others only ask, because
a writer can go on without the answer and somebody should know what it then does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.content.brief_plan import Gap, ruled_out
from personalization.content.brief_sources import day_in_words, listed, sources_for
from personalization.content.brief_words import button_gaps, must_say_gaps
from personalization.content.eligibility import Audience

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.content.brief_plan import Plan
    from personalization.content.brief_sources import Sources, Standing
    from personalization.domain import BrandProfile
    from personalization.store import Store

TONES: Final = ("friendly", "formal", "professional", "promotional", "informative")
SOON: Final = 3
"""An offer that ends within so many days of the send date is asked about."""

_N_APPROVED = """
    SELECT count(*) FILTER (substr(locale, 1, 2) = substr($locale, 1, 2)), count(*)
    FROM library_documents WHERE status = 'approved' AND kind <> 'voice'
"""
_OFFER = """
    SELECT title, status, valid_from, valid_until FROM current_documents
    WHERE document_id = $offer AND kind = 'offer'
"""


def gaps_in(store: Store, plan: Plan, profile: BrandProfile) -> list[Gap]:
    """List what a brief leaves open, those that block the writing first.

    Args:
        store: Reads the approved documents and statements.
        plan: The brief, for which day and in which language.
        profile: What the brand rules out.
    """
    sources = sources_for(store, Audience(plan.send_on, plan.locale), plan.segments)
    found = [
        *_language(store, plan),
        *_wishes(plan),
        *_key_message(plan, sources),
        *_offer(store, plan, sources),
        *_offer_words(plan, profile, sources),
        *must_say_gaps(plan, profile, sources),
        *button_gaps(plan, profile, sources),
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
            f"The send date, {day_in_words(plan.send_on)}, is past: which day is meant?",
            "Content, offers and consents are judged on the send date.",
        )


def _key_message(plan: Plan, sources: Sources) -> Iterator[Gap]:
    """Ask for the source of a key message that claims something, whatever offer is chosen."""
    words = plan.brief.key_message
    if not plan.is_claim(words) or sources.standing(sources.saying(words)).is_open:
        return
    chosen = sources.of_document(plan.brief.offer)
    besides = f", besides the offer ‘{chosen[0].document['title']}’," if chosen else ""
    yield Gap(
        "key_message" if plan.brief.offer else "offer",
        "The key message names a figure, a date or a promise, and no approved statement says it "
        f"so: which approved offer or source{besides} does?",
        "A message may only promise what an approved source says; without one the promise is left "
        "out.",
    )


def _offer(store: Store, plan: Plan, sources: Sources) -> Iterator[Gap]:
    offer = plan.brief.offer
    if not offer:
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
    dates = list(_offer_dates(plan, row[0]))
    yield from dates
    if not any(gap.is_blocking for gap in dates):
        yield from _offer_readers(plan, sources.standing(sources.of_document(offer)))


def _offer_dates(plan: Plan, offer: dict[str, Any]) -> Iterator[Gap]:
    begins, ends = offer["valid_from"], offer["valid_until"]
    if ends and ends < plan.send_on:
        yield Gap(
            "offer",
            f"The offer ‘{offer['title']}’ ends on {day_in_words(ends)}, the send date is "
            f"{day_in_words(plan.send_on)}: choose another, or send earlier.",
            "Readers would be promised what they can no longer have.",
            is_blocking=True,
        )
    elif begins and begins > plan.send_on:
        yield Gap(
            "offer",
            f"The offer ‘{offer['title']}’ begins on {day_in_words(begins)}, the send date is "
            f"{day_in_words(plan.send_on)}: choose another, or send later.",
            "Readers would be promised what they cannot have yet.",
            is_blocking=True,
        )
    elif ends and (ends - plan.send_on).days < SOON:
        yield Gap(
            "send_on",
            f"The offer ‘{offer['title']}’ ends on {day_in_words(ends)}, so soon after the send "
            f"date, {day_in_words(plan.send_on)}: is that enough time?",
            "Many people open an e-mail days later, and would read of an offer that is over.",
        )


def _offer_readers(plan: Plan, found: Standing) -> Iterator[Gap]:
    if not found.is_open:
        yield Gap(
            "offer",
            f"The offer ‘{found.title}’ {found.bar}; the campaign goes out by e-mail on "
            f"{day_in_words(plan.send_on)} in {plan.locale}: choose another.",
            "No message may name it, so every message would be stopped.",
            is_blocking=True,
        )
    elif found.lacking:
        yield Gap(
            "offer",
            f"The offer ‘{found.title}’ is not for {listed(found.lacking)}: choose one that is for "
            "everybody, or leave these segments out?",
            "Messages to them cannot name the offer, and are not written.",
        )


def _offer_words(plan: Plan, profile: BrandProfile, sources: Sources) -> Iterator[Gap]:
    """Find an offer that can only be said in words that are ruled out."""
    for wording in sources.of_document(plan.brief.offer):
        if wording.role != "lead":
            continue
        each = [ruled_out(plan, profile, words) for words in wording.texts]
        if all(each):
            yield Gap(
                "must_not_say",
                f"The offer can only be told with ‘{each[0]}’, which may not be said: "
                f"‘{wording.texts[0]}’. Take the word out of the list, choose another offer, or "
                "have another wording approved.",
                "Every message with the offer would be stopped.",
                is_blocking=True,
            )
