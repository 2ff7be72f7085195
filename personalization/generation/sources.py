"""What a writer may be told: campaign, segments and the approved content in force, from the tables.

Approval and dates are looked at again here, whatever the search found earlier: a document that
was withdrawn or has run out is in no request.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import (
    CONTROL,
    Brief,
    Campaign,
    Message,
    Passage,
    Segment,
    Statement,
)
from personalization.errors import InputError, StateError
from personalization.generation.learnt import exploring_arms, learnt_for
from personalization.generation.product_plans import family_of, product_plan, whole_of
from personalization.generation.spending import on_account
from personalization.providers import registry
from personalization.providers.brand_profile import profile_in_force
from personalization.providers.frames import built_in_frames, footer_text
from personalization.providers.plans import head_of
from personalization.providers.protocols import WritingRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from personalization.settings import Brand, Settings
    from personalization.store import Store

_CAMPAIGN = """
    SELECT campaign_id, name, dataset_id, brief, send_on, locale, seed, parent_id
    FROM campaigns WHERE campaign_id = $campaign_id
"""

# Parts of a brief that hold code or hidden signs are not told to a writer.
_HELD_BRIEF = "SELECT field FROM held_inputs WHERE what = 'brief' AND ref = $campaign_id"
_HELD_VALUE = """
    SELECT count(*) FROM held_inputs WHERE what = 'customer field' AND key = input_key($told)
"""

_SEGMENTS = """
    SELECT segment, rule, description, customers, profile
    FROM segments WHERE campaign_id = $campaign_id ORDER BY position
"""

_FOUND = """
    SELECT passages.passage_id, documents.document_id, documents.kind, documents.title,
           passages.text, documents.products, documents.subject_lines, documents.tags,
           documents.audience, documents.valid_until, found.why,
           CASE WHEN choices.choice = 'pinned' THEN max(found.score) OVER ()
                ELSE found.score END AS score
    FROM segment_passages AS found
    JOIN passages ON passages.passage_id = found.passage_id
    JOIN current_documents AS documents
        ON documents.document_id = passages.document_id AND documents.version = passages.version
    LEFT JOIN passage_choices AS choices
        ON choices.campaign_id = found.campaign_id AND choices.segment = found.segment
       AND choices.document_id = documents.document_id
    WHERE found.campaign_id = $campaign_id AND found.segment = $segment
      AND documents.status = 'approved'
      AND $send_on >= coalesce(documents.valid_from, $send_on)
      AND $send_on <= coalesce(documents.valid_until, $send_on)
      AND choices.choice IS DISTINCT FROM 'excluded'
      AND passages.passage_id NOT IN (SELECT ref FROM held_inputs WHERE what = 'passage')
    ORDER BY choices.choice = 'pinned' DESC NULLS LAST, found.rank, passages.passage_id
"""

# Voice, calls to action and the promoted offer belong to every request, found or not; of each
# kind the campaign's own locale is taken, or else whatever there is in its language.
_STANDING = """
    SELECT passages.passage_id, documents.document_id, documents.kind, documents.title,
           passages.text, documents.products, documents.subject_lines, documents.tags,
           documents.audience, documents.valid_until, 0.0 AS score, 'standing' AS why
    FROM current_documents AS documents
    JOIN passages
        ON passages.document_id = documents.document_id AND passages.version = documents.version
    LEFT JOIN passage_choices AS choices
        ON choices.campaign_id = $campaign_id AND choices.segment = $segment
       AND choices.document_id = documents.document_id
    WHERE (documents.kind IN ('voice', 'cta') OR documents.document_id = $offer)
      AND substr(documents.locale, 1, 2) = substr($locale, 1, 2)
      AND (documents.channels::VARCHAR = '[]' OR contains(documents.channels::VARCHAR, '"email"'))
      AND documents.status = 'approved'
      AND $send_on >= coalesce(documents.valid_from, $send_on)
      AND $send_on <= coalesce(documents.valid_until, $send_on)
      AND choices.choice IS DISTINCT FROM 'excluded'
      AND passages.passage_id NOT IN (SELECT ref FROM held_inputs WHERE what = 'passage')
    QUALIFY rank() OVER (PARTITION BY documents.kind
                         ORDER BY CASE WHEN documents.locale = $locale THEN 0 ELSE 1 END) = 1
    ORDER BY documents.kind, documents.document_id, passages.passage_id
"""

_CONTROL = """
    SELECT statements.statement_id, statements.role, statements.text, documents.document_id
    FROM current_documents AS documents
    JOIN statements
        ON statements.document_id = documents.document_id
       AND statements.version = documents.version
    WHERE starts_with(statements.role, 'control_')
      AND substr(documents.locale, 1, 2) = substr($locale, 1, 2)
      AND (documents.channels::VARCHAR = '[]' OR contains(documents.channels::VARCHAR, '"email"'))
      AND documents.status = 'approved'
      AND $send_on >= coalesce(documents.valid_from, $send_on)
      AND $send_on <= coalesce(documents.valid_until, $send_on)
      AND statements.passage_id NOT IN (SELECT ref FROM held_inputs WHERE what = 'passage')
    ORDER BY CASE WHEN documents.locale = $locale THEN 0 ELSE 1 END, documents.document_id,
             statements.position
"""

_STATEMENTS = """
    SELECT passage_id, statement_id, document_id, role, text, alternates, requires, subject_ok
    FROM statements WHERE list_contains($passage_ids::VARCHAR[], passage_id)
    ORDER BY passage_id, position
"""

_ELSEWHERE = """
    SELECT subject, preheader, body, call_to_action, link, footer
    FROM current_variants
    WHERE campaign_id = $campaign_id AND segment <> $segment AND arm <> $control
    ORDER BY segment, arm
"""

CONTROL_FIELDS: Final = {
    "control_subject": "subject",
    "control_preheader": "preheader",
    "control_body": "body",
    "control_cta": "call_to_action",
}
"""Which role of a control document fills which field of the control text."""


def campaign_of(store: Store, campaign_id: str) -> Campaign:
    """Return the campaign as its row says it, but for parts of the brief that are held back.

    Raises:
        InputError: There is none of that id.
    """
    row = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if row is None:
        raise InputError(f"There is no campaign {campaign_id!r}. The Campaigns page lists them.")
    _, name, dataset_id, told, send_on, locale, seed, parent_id = row
    held = store.read(_HELD_BRIEF, campaign_id=campaign_id)
    brief = replace(
        Brief(**json.loads(told)), **{field: getattr(Brief(), field) for (field,) in held}
    )
    return Campaign(campaign_id, name, dataset_id, brief, send_on, locale, seed, parent_id)


def segments_of(store: Store, campaign_id: str) -> list[Segment]:
    """Return the campaign's segments in their order.

    Raises:
        StateError: There are none yet.
    """
    rows = store.read(_SEGMENTS, campaign_id=campaign_id)
    if not rows:
        raise StateError("The campaign has no segments yet. Make them on the Segments page first.")
    return [
        Segment(name, rule, description, customers, _usable(store, json.loads(profile)))
        for name, rule, description, customers, profile in rows
    ]


def _usable(store: Store, profile: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return a profile without what customers' values may not say to a writer."""
    return tuple(
        (name, told)
        for name, told in profile.items()
        if not isinstance(told, str) or store.read(_HELD_VALUE, told=told) == [(0,)]
    )


def passages_for(store: Store, campaign: Campaign, segment: str) -> tuple[Passage, ...]:
    """Return what may be said to a segment: pinned passages first, then found, then standing ones.

    Pinned passages count as if they were the best found.  Excluded ones are left out, and so are
    documents that are not approved, not in force on the send date, or not for the segment.
    """
    about = {"campaign_id": campaign.campaign_id, "segment": segment, "send_on": campaign.send_on}
    found = store.records(_FOUND, **about)
    standing = store.records(_STANDING, **about, locale=campaign.locale, offer=campaign.brief.offer)
    known = {row["passage_id"] for row in found}
    whole = whole_of(store, campaign.campaign_id, segment)
    rows = [
        row
        for row in (*found, *(s for s in standing if s["passage_id"] not in known))
        if is_for(whole, json.loads(row["audience"]))
    ]
    statements = statements_of(store, [row["passage_id"] for row in rows])
    return tuple(
        passage_of_row(row, rank, statements.get(row["passage_id"], []))
        for rank, row in enumerate(rows, start=1)
    )


def request_for(
    store: Store,
    settings: Settings,
    campaign: Campaign,
    segment: Segment,
    arms: tuple[str, ...],
    *,
    avoid: tuple[Message, ...] = (),
    cancelled: Callable[[], bool] | None = None,
) -> WritingRequest:
    """Put together all that a writer is told for one segment; no customer's row is read.

    ``cancelled`` is asked while a second opinion on what it wrote is waited for.

    Raises:
        StateError: The brief promotes an offer that may not be promoted.
    """
    passages = passages_for(store, campaign, segment.name)
    whole = whole_of(store, campaign.campaign_id, segment.name)
    learnt = learnt_for(store, settings, campaign.campaign_id, whole)
    offer = campaign.brief.offer
    if offer and offer not in {p.document_id for p in passages}:
        raise StateError(
            f"The brief promotes '{offer}', which is not approved for segment '{segment.name}' on "
            f"{campaign.send_on:%d %B %Y}. Choose another offer, or approve it on the Content page."
        )
    return WritingRequest(
        campaign_id=campaign.campaign_id,
        segment=segment,
        arms=arms,
        passages=passages,
        brief=campaign.brief,
        brand_name=settings.brand.name,
        link=settings.brand.shop_url,
        footer=footer_of(settings.brand, campaign.locale),
        locale=campaign.locale,
        seed=campaign.seed,
        avoid=avoid,
        learnt=learnt,
        exploring=exploring_arms(settings) if learnt else (),
        profile=profile_in_force(store),
        elsewhere=messages_elsewhere(store, campaign.campaign_id, segment.name),
        checker=on_account(
            registry.second_opinion(settings.generation),
            store,
            settings.generation,
            cancelled,
            campaign_id=campaign.campaign_id,
        ),
        products=product_plan(store, campaign.campaign_id),
        family=family_of(store, campaign.campaign_id, segment.name),
    )


def messages_elsewhere(store: Store, campaign_id: str, segment: str) -> tuple[Message, ...]:
    """Return what is written for the other segments of a campaign, without the control text."""
    rows = store.read(_ELSEWHERE, campaign_id=campaign_id, segment=segment, control=CONTROL)
    return tuple(Message(*row) for row in rows)


def footer_of(brand: Brand, locale: str, *, kind: str = "text") -> str:
    """Return the footer of every e-mail: sender, imprint, reason, unsubscribe link.

    ``kind`` is ``cold_email`` for people who have not asked to hear from us.
    """
    named = brand.sender_address.casefold().startswith(brand.sender_name.casefold())
    sender = brand.sender_address if named else f"{brand.sender_name}, {brand.sender_address}"
    imprint = {
        "on_behalf_of": brand.on_behalf_of,
        "representatives": ", ".join(brand.representatives),
        "register_number": brand.register_number,
        "vat_id": brand.vat_id,
        "contact": brand.contact,
    }
    return footer_text(
        locale, sender=sender, unsubscribe_url=brand.unsubscribe_url, imprint=imprint, kind=kind
    )


def control_statements(store: Store, campaign: Campaign) -> list[Statement]:
    """Return the authored control text as the statements of one document; empty without one."""
    rows = store.read(_CONTROL, locale=campaign.locale, send_on=campaign.send_on)
    return [
        Statement(statement_id, document_id, role, text)
        for statement_id, role, text, document_id in rows
        if document_id == rows[0][3]
    ]


def citable(
    passages: Iterable[Passage], *, locale: str = "en-GB", brand: str = ""
) -> tuple[Statement, ...]:
    """Return every statement that a claim may cite, and the frames that need no source.

    An authored subject line is an approved wording of what its document opens with.
    """
    statements = [
        replace(s, alternates=(*s.alternates, *p.subject_lines)) if s is head_of(p) else s
        for p in passages
        for s in p.statements
    ]
    frames = built_in_frames(locale, brand)
    return (*statements, *(Statement(f.name, "built-in", role, f.text) for role, f in frames))


def is_for(segment: str, audience: dict[str, list[str]]) -> bool:
    """Tell whether content with this audience may be said to a segment."""
    name = segment.casefold()
    wanted = {s.casefold() for s in audience.get("segments") or ()}
    barred = {s.casefold() for s in audience.get("exclude") or ()}
    return name not in barred and (not wanted or name in wanted)


def statements_of(store: Store, passage_ids: list[str]) -> dict[str, list[Statement]]:
    """Return the statements of passages, by passage and in their order."""
    found: dict[str, list[Statement]] = {}
    for row in store.read(_STATEMENTS, passage_ids=passage_ids):
        passage_id, statement_id, document_id, role, text, alternates, requires, subject_ok = row
        found.setdefault(passage_id, []).append(
            Statement(
                statement_id, document_id, role, text, tuple(json.loads(alternates)),
                tuple(json.loads(requires)), subject_ok,
            )
        )  # fmt: skip
    return found


def passage_of_row(row: dict[str, Any], rank: int, statements: list[Statement]) -> Passage:
    """Return a row of found or standing content as a passage."""
    return Passage(
        passage_id=row["passage_id"],
        document_id=row["document_id"],
        kind=row["kind"],
        title=row["title"],
        text=row["text"],
        statements=tuple(statements),
        products=tuple(json.loads(row["products"])),
        subject_lines=tuple(json.loads(row["subject_lines"])),
        valid_until=row["valid_until"],
        score=row["score"],
        rank=rank,
        why=row["why"],
        tags=tuple(json.loads(row["tags"])),
        is_targeted=bool(json.loads(row["audience"]).get("segments")),
    )
