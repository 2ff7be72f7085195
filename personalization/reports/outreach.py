"""Outreach as its page shows it: campaigns, their texts as people read them, and who gets what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.reports import review

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

_CAMPAIGNS: Final = """
    SELECT plans.campaign_id, campaigns.name, plans.dataset_id, datasets.name AS base,
           plans.made_at, campaigns.locale,
           (SELECT count(*) FROM current_variants AS texts
            WHERE texts.campaign_id = plans.campaign_id) AS texts,
           (SELECT count(*) FROM sendable_skeletons AS texts
            WHERE texts.campaign_id = plans.campaign_id) AS approved,
           (SELECT count(*) FROM outreach_sends AS sends
            WHERE sends.campaign_id = plans.campaign_id) AS handed_over,
           plans.campaign_id IN (SELECT campaign_id FROM simulated_outreach) AS is_simulated
    FROM outreach_plans AS plans
    JOIN campaigns ON campaigns.campaign_id = plans.campaign_id
    JOIN datasets ON datasets.dataset_id = plans.dataset_id
    ORDER BY plans.made_at DESC, plans.campaign_id
"""
_TEXTS: Final = """
    SELECT current.variant_id, told.channel, told.kind, current.preheader, current.body,
           current.call_to_action, current.link, current.footer, current.locale,
           coalesce(json_extract_string(current.provenance, '$.first_fault'), '') AS first_fault,
           current.written_at, current.written_by
    FROM current_variants AS current
    JOIN variant_channels AS told ON told.variant_id = current.variant_id
    WHERE current.campaign_id = $campaign_id
    ORDER BY current.segment, told.channel, told.kind DESC, current.arm, current.variant_id
"""

# One person's own words in every text of a campaign; the fact is the newest that the text can cite.
_READINGS: Final = """
    WITH own AS (
        SELECT prospect_value(greeted_as(first_name, full_name, country)) AS first_name,
               prospect_value(called(first_name, last_name, full_name)) AS full_name,
               prospect_value(company) AS company, prospect_value(city) AS city,
               prospect_value(industry) AS industry, prospect_value(title) AS title
        FROM prospects WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
    ), facts AS (
        SELECT kind, fact_value(text) AS said, observed_on, fact_id FROM prospect_facts
        WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
    ), read AS (
        SELECT forms.*, own.* EXCLUDE (company), own.company AS at_company,
               coalesce((SELECT arg_max(said, (coalesce(observed_on, DATE '1970-01-01'), fact_id))
                         FROM facts
                         WHERE said <> '' AND (forms.fact_kinds = '' OR list_contains(
                             string_split(forms.fact_kinds, ','), facts.kind))), '') AS fact
        FROM skeleton_forms AS forms CROSS JOIN own
        WHERE forms.campaign_id = $campaign_id
          AND forms.filled = addressed_only(
                  prospect_filled(first_name, full_name, company, city, industry, title),
                  forms.addressed)
    )
    SELECT variant_id, needs_fact AND fact = '' AS lacks_fact,
           fill_prospect(subject, first_name, full_name, at_company, city, industry, title, fact)
               AS subject,
           fill_prospect(body, first_name, full_name, at_company, city, industry, title, fact)
               AS body,
           fill_prospect(call_to_action, first_name, full_name, at_company, city, industry, title,
                         fact) AS call_to_action
    FROM read ORDER BY variant_id
"""
_READERS: Final = """
    SELECT people.prospect_id,
           coalesce(people.full_name,
                    nullif(concat_ws(' ', people.first_name, people.last_name), ''), '') AS name,
           coalesce(people.title, '') AS title, coalesce(people.company, '') AS company,
           coalesce(routed.role, '') AS role
    FROM prospects AS people
    LEFT JOIN routings AS routed ON routed.dataset_id = people.dataset_id
                                AND routed.prospect_id = people.prospect_id
    WHERE people.dataset_id = $dataset_id AND ($role = '' OR routed.role = $role)
      AND coalesce(left(people.locale, 2), $language) = $language
      AND ($words = '' OR contains(lower(concat_ws(' ', people.prospect_id,
                       called(people.first_name, people.last_name, people.full_name),
                       people.first_name, people.company, people.title)),
                                   lower($words)))
    ORDER BY EXISTS (SELECT 1 FROM prospect_facts AS facts
                     WHERE facts.dataset_id = people.dataset_id
                       AND facts.prospect_id = people.prospect_id) DESC, people.prospect_id
    LIMIT $most
"""
_CHOSEN: Final = """
    SELECT chosen.prospect_id,
           coalesce(people.full_name,
                    nullif(concat_ws(' ', people.first_name, people.last_name), ''), '') AS name,
           coalesce(people.title, '') AS title, coalesce(people.company, '') AS company,
           coalesce(people.country, '') AS country, chosen.status, chosen.code, chosen.reason,
           coalesce(chosen.channel, '') AS channel, coalesce(chosen.role, '') AS role,
           coalesce(chosen.tone, '') AS tone, coalesce(chosen.angle, '') AS angle,
           coalesce(chosen.length, '') AS length, chosen.score,
           coalesce(states.state, 'pending') AS state, coalesce(states.reason, '') AS state_reason,
           count(*) OVER () AS found
    FROM latest_outreach_messages AS chosen
    LEFT JOIN prospects AS people ON people.dataset_id = chosen.dataset_id
                                 AND people.prospect_id = chosen.prospect_id
    LEFT JOIN sequence_states AS states ON states.campaign_id = chosen.campaign_id
                                       AND states.prospect_id = chosen.prospect_id
    WHERE chosen.campaign_id = $campaign_id AND chosen.step = $step
      AND ($gate = '' OR ($gate = 'ready' AND chosen.status = 'ready') OR chosen.code = $gate)
      AND ($channel = '' OR chosen.channel = $channel)
      AND ($words = '' OR contains(lower(concat_ws(' ', chosen.prospect_id,
                       called(people.first_name, people.last_name, people.full_name),
                       people.first_name, people.company, people.title)),
                                   lower($words)))
    ORDER BY chosen.status DESC, chosen.score DESC NULLS LAST, chosen.prospect_id
    LIMIT $most OFFSET $skipped
"""
_GATES: Final = """
    SELECT status, code, count(*) AS people, min(reason) AS reason
    FROM latest_outreach_messages
    WHERE campaign_id = $campaign_id AND step = $step
    GROUP BY status, code ORDER BY status DESC, people DESC, code
"""
_HANDED: Final = """
    SELECT handover_id, channel, messages, made_at, made_by, is_simulated, sha256
    FROM outreach_handovers WHERE campaign_id = $campaign_id
    ORDER BY made_at DESC, handover_id
"""
_STEPS: Final = """
    SELECT step, count(*) FROM latest_outreach_messages
    WHERE campaign_id = $campaign_id GROUP BY step ORDER BY step
"""


@dataclass(frozen=True, slots=True)
class OutreachText:
    """A text for prospects, and how it stands.

    Attributes:
        role: For whom, one of domain.ROLES.
        arm: Its tone, angle and length.
        state: One of ``review.STATES``.
        why: What stands against it, in clauses.
        n_findings: What its screening found.
        first_fault: Why the hosted model's text was not taken; empty where it was, or none wrote.
    """

    variant_id: str
    version: int
    role: str
    arm: str
    subject: str
    origin: str
    state: str
    why: tuple[str, ...]
    n_findings: int
    channel: str
    kind: str
    preheader: str
    body: str
    call_to_action: str
    link: str
    footer: str
    locale: str
    first_fault: str
    written_at: datetime
    written_by: str


def outreach_campaigns(store: Store) -> list[dict[str, Any]]:
    """List the campaigns that write to prospects, the newest first, with how far each one is."""
    return store.records(_CAMPAIGNS)


def outreach_texts(store: Store, campaign_id: str) -> list[OutreachText]:
    """List the texts of an outreach campaign in their newest version, by role and channel."""
    states = {row["variant_id"]: row for row in review.queue(store, campaign_id)}
    shared = ("version", "arm", "subject", "origin", "state", "n_findings")
    return [
        OutreachText(
            **row, role=states[row["variant_id"]]["segment"],
            why=tuple(states[row["variant_id"]]["why"]),
            **{name: states[row["variant_id"]][name] for name in shared},
        )
        for row in store.records(_TEXTS, campaign_id=campaign_id)
        if row["variant_id"] in states
    ]  # fmt: skip


def readings(
    store: Store, campaign_id: str, dataset_id: str, prospect_id: str
) -> dict[str, dict[str, Any]]:
    """Return every text of a campaign as one prospect would read it, by variant.

    Returns:
        ``subject, body, call_to_action``, and ``lacks_fact`` where the text needs a fact about the
        prospect and there is none: then the prospect is not offered it.
    """
    rows = store.records(
        _READINGS, campaign_id=campaign_id, dataset_id=dataset_id, prospect_id=prospect_id
    )
    return {row["variant_id"]: row for row in rows}


def readers(
    store: Store,
    dataset_id: str,
    *,
    locale: str,
    role: str = "",
    words: str = "",
    most: int = 40,
) -> list[dict[str, Any]]:
    """List prospects whom texts can be read as, those first of whom a fact is known.

    Args:
        store: Reads ``prospects``, ``routings`` and ``prospect_facts``.
        dataset_id: Their base.
        locale: Of the texts: only who reads that language, or whose language is not known.
        role: Of the texts; empty for all.
        words: What number, name, company or title has to hold.
        most: So many at most.
    """
    return store.records(
        _READERS, dataset_id=dataset_id, role=role, language=locale[:2], words=words.strip(),
        most=most,
    )  # fmt: skip


def chosen_for(
    store: Store,
    campaign_id: str,
    *,
    step: int = 1,
    gate: str = "",
    channel: str = "",
    words: str = "",
    most: int = 25,
    skipped: int = 0,
) -> list[dict[str, Any]]:
    """List who gets which message of a step, and who is held by which gate.

    Args:
        store: Reads what was chosen last.
        campaign_id: An outreach campaign.
        step: Of its sequence.
        gate: ``ready``, the code of a gate, or empty for everybody.
        channel: Only who is written to there; empty for all.
        words: What number, name, company or title has to hold.
        most: So many at most; each row says under ``found`` how many there are.
        skipped: So many before.
    """
    return store.records(
        _CHOSEN, campaign_id=campaign_id, step=step, gate=gate, channel=channel,
        words=words.strip(), most=most, skipped=skipped,
    )  # fmt: skip


def gates_of(store: Store, campaign_id: str, *, step: int = 1) -> list[dict[str, Any]]:
    """Count who is ready for a step and who is held, by gate: ``status, code, people, reason``."""
    return store.records(_GATES, campaign_id=campaign_id, step=step)


def chosen_steps(store: Store, campaign_id: str) -> dict[int, int]:
    """Return for how many people a message was chosen, by step."""
    return {int(step): int(n) for step, n in store.read(_STEPS, campaign_id=campaign_id)}


def handed_over(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """List the hand-overs of a campaign, the newest first."""
    return store.records(_HANDED, campaign_id=campaign_id)
