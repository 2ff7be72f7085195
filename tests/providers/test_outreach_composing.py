from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest

from personalization.domain import (
    LENGTHS,
    OUTREACH_ANGLES,
    OUTREACH_CHANNELS,
    OUTREACH_KINDS,
    OUTREACH_TONES,
    ROLES,
    Decision,
    refuse_tags_for_others,
)
from personalization.errors import ProviderError
from personalization.generation import drafted_skeleton
from personalization.providers.outreach_composing import SkeletonComposer
from personalization.providers.outreach_texts import LETTERS, NOTES, SPOKEN, as_filled, fits
from tests.outreach.skeletons import BRAND, FOOTERS, passages, request

WRITER = SkeletonComposer()
WORN_OUT = re.compile(
    r"hope this finds|quick question|touch(?:ing)? base|just checking|circling back|noticed|synerg",
    re.IGNORECASE,
)
# A pairwise-ish walk through what can be asked for: each place once, tones and roles in turn.
WALK = [
    pytest.param(
        {
            "channel": channel, "kind": kind, "angle": angle, "locale": locale,
            "tone": OUTREACH_TONES[number % 4], "role": ROLES[number % len(ROLES)],
            "length": LENGTHS[number % 2],
        },
        id=f"{locale} {channel} {kind} {angle}",
    )
    for number, (locale, channel, kind, angle) in enumerate(
        product(("en-GB", "de-DE"), OUTREACH_CHANNELS, OUTREACH_KINDS, ("news", "offer"))
    )
]  # fmt: skip


@pytest.mark.parametrize("asked", WALK)
def test_every_text_fits_its_channel_and_claims_nothing_without_a_source(
    asked: dict[str, str],
) -> None:
    wanted = request(**asked)

    draft, claims = drafted_skeleton(WRITER, wanted)

    body = draft.message.body
    assert fits(wanted.channel, draft.message, wanted.limit)
    assert claims
    assert {claim.decision for claim in claims} == {Decision.PASS}
    assert body.count("?") <= 1
    assert ("{{fact.text}}" in body) == (wanted.angle == "news")
    assert ("{{fact." in body) == bool(dict(draft.attributes)["fact_kinds"])
    assert bool(draft.message.subject) == (wanted.channel in LETTERS)
    assert len(as_filled(draft.message.subject)) <= 60
    assert not WORN_OUT.search(body)
    assert "!" not in body
    refuse_tags_for_others(body, is_for_prospects=True)
    for words in ("{brand}", "{topic}", "{sender}", "  "):
        assert words not in body


@pytest.mark.parametrize(("length", "most"), [("short", 75), ("standard", 125)])
@pytest.mark.parametrize("angle", OUTREACH_ANGLES)
def test_a_letter_is_as_short_as_people_read(angle: str, length: str, most: int) -> None:
    draft = WRITER.write(request(angle=angle, length=length))

    assert 20 <= len(as_filled(draft.message.body).split()) <= most


def test_a_letter_reads_like_one_person_writing_to_another() -> None:
    draft = WRITER.write(request(tone="friendly", angle="news", role="people"))

    assert draft.message.body == (
        "Hi {{prospect.first_name|there}},\n\n"
        "We wish you well with {{fact.text}}. New starters, birthdays and farewells: you tell us "
        "the day, and a wrapped parcel goes to the person's home or desk.\n\n"
        "Shall I send you our trade list?\n\n"
        "Best wishes,\nThe trade team at Hearth & Ribbon"
    )


def test_the_same_request_gives_the_same_text_and_tones_differ() -> None:
    texts = [WRITER.write(request(tone=tone)).message for tone in (*OUTREACH_TONES, "direct")]

    assert texts[2] == texts[4]
    assert len(set(texts)) == len(OUTREACH_TONES)


def test_a_second_message_says_something_that_the_first_did_not() -> None:
    for angle in OUTREACH_ANGLES:
        first, second = (
            WRITER.write(request(angle=angle, kind=kind)) for kind in ("opening", "follow_up")
        )

        said, added = (
            {c.statement_id for c in draft.claims if "asks@" not in str(c.statement_id)}
            for draft in (first, second)
        )
        assert said
        assert added
        assert added - said or angle == "offer"  # which stands with its condition


def test_a_second_message_keeps_the_angle_under_which_it_is_measured() -> None:
    kinds = {"offer": "offer", "peer": "story", "proof": "proof"}
    for angle, locale in product(OUTREACH_ANGLES, ("en-GB", "de-DE", "fr-FR")):
        known = passages(locale, "sales")
        wanted = request(angle=angle, kind="follow_up", locale=locale, passages=known)

        draft = WRITER.write(wanted)

        kind_of = {s.statement_id: (p.kind, p.tags) for p in known for s in p.statements}
        said = [kind_of[c.statement_id] for c in draft.claims if c.statement_id in kind_of]
        main = [pair for pair in said if pair[0] not in {"cta", "faq"}]
        assert {kind for kind, _ in main} == {kinds.get(angle, "benefit")}, (angle, locale)
        assert all(("technical" in tags) == (angle == "technical") for _, tags in main)
        assert ("{{fact.text}}" in draft.message.body) == (angle == "news")


@pytest.mark.parametrize("channel", SPOKEN)
@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "fr-FR"])
def test_what_is_said_aloud_is_said_by_somebody_with_a_name_and_is_no_letter(
    locale: str, channel: str
) -> None:
    of_letters = re.compile(
        r"\b(my|this) message|\bi (am writing|wrote)|ich schreib|meines schreibens|diese nachricht"
        r"|antworten|ce message|mon message|je vous écri|répond",
        re.IGNORECASE,
    )
    for tone, kind, angle in product(OUTREACH_TONES, OUTREACH_KINDS, ("news", "outcome")):
        asked = {"channel": channel, "tone": tone, "kind": kind, "angle": angle}

        said = WRITER.write(request(locale=locale, sender="Nora Field", **asked)).message.body

        opening, *_ = said.split("\n")
        assert "Nora Field" in opening
        assert BRAND in opening
        assert not of_letters.search(said), said


@pytest.mark.parametrize("channel", SPOKEN)
def test_what_is_said_aloud_is_said_in_whole_sentences_to_the_last(channel: str) -> None:
    asked = {"channel": channel, "kind": "closing", "length": "short"}

    said = WRITER.write(request(tone="direct", role="marketing", **asked)).message.body

    assert "Event gift sets with your card" not in said
    assert "If you need it later, just tell us." in said


def test_a_second_note_stands_by_itself() -> None:
    for channel, role in product(NOTES, ("people", "customer_success", "operations")):
        first, second = (
            WRITER.write(request(channel=channel, role=role, kind=kind))
            for kind in ("opening", "follow_up")
        )

        said, again = (
            {str(c.statement_id) for c in draft.claims if "asks@" not in str(c.statement_id)}
            for draft in (first, second)
        )
        assert said <= again, second.message.body


def test_an_offer_is_what_its_message_asks_for() -> None:
    asks = [WRITER.write(request(tone=tone, angle="offer")).message.body for tone in OUTREACH_TONES]

    assert all("trade list" not in body for body in asks)
    assert "Shall I send you the sample box?" in asks[1]


def test_the_condition_of_an_offer_stands_with_it_on_every_channel() -> None:
    for channel in OUTREACH_CHANNELS:
        draft = WRITER.write(request(channel=channel, angle="offer"))

        assert {"outreach-sample-box@1#s1", "outreach-sample-box@1#s2"} <= {
            claim.statement_id for claim in draft.claims
        }


def test_an_sms_says_who_writes_and_how_to_get_out() -> None:
    draft = WRITER.write(request(channel="sms"))

    assert BRAND in draft.message.body
    assert draft.message.footer == "Hearth & Ribbon. Reply STOP to opt out."


def test_an_angle_without_approved_content_is_not_offered() -> None:
    known = passages("en-GB", "sales")
    without = tuple(p for p in known if p.kind != "proof")

    with pytest.raises(ProviderError, match="no approved content for the angle 'proof'"):
        WRITER.write(request(angle="proof", passages=without))


def test_what_fits_nowhere_is_said_and_not_cut_off() -> None:
    with pytest.raises(ProviderError, match="Approve a shorter wording"):
        WRITER.write(request(channel=NOTES[0], limit=60))


def test_a_language_without_frames_is_told_with_the_way_out() -> None:
    with pytest.raises(ProviderError, match=r"no frames for it-IT.*de, en, fr"):
        WRITER.write(request(locale="it-IT", passages=passages("en-GB", "sales")))


def test_a_made_up_claim_in_a_draft_is_found() -> None:
    wanted = request()
    draft = WRITER.write(wanted)
    told = draft.message.body.replace("Kind regards", "We saved Tesco 40 %.\n\nKind regards")

    class Liar:
        name = "openai"

        def write(self, request: object, progress: object = None) -> object:  # noqa: ARG002
            return replace(draft, message=replace(draft.message, body=told), origin="openai")

    mended, claims = drafted_skeleton(Liar(), wanted)  # type: ignore[arg-type]

    assert mended.origin == "composer"
    assert "40 %" not in mended.message.body
    assert {claim.decision for claim in claims} == {Decision.PASS}
    assert FOOTERS["cold_email"] == mended.message.footer
