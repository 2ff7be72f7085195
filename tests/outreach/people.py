"""A small campaign to prospects on 1 December 2026, a Tuesday; everything in it is made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalization.store import Store

NOW = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
BASE = "people"
CAMPAIGN = "autumn"
READERS = "AT,CA,CH,DE,ES,EU,FR,GB,IE,NL,other"  # countries that texts are screened for

_DATASET = "INSERT INTO datasets VALUES ('people', 'People', false, $now, 'ida', NULL)"
_POLICY = """
    INSERT INTO policies (policy_version, policy, activated_at, activated_by)
    VALUES ('p1', '{}', $now, 'ida')
"""
_CAMPAIGN = """
    INSERT INTO campaigns VALUES ($campaign_id, 'Client gifts', 'people', NULL, '{}',
                                  '2026-12-24', 'en-GB', 'seed', $now, 'ida', NULL);
"""
_PLAN = "INSERT INTO outreach_plans VALUES ($campaign_id, 'people', $plan, $now, 'ida')"
_VARIANT = """
    INSERT INTO variants
    SELECT $variant_id, 1, $campaign_id, $role, $arm, $subject, '', $body, $call_to_action, $link,
           $footer, 'en-GB', $attributes, 'human', '{}',
           content_fingerprint($subject, '', $body, $call_to_action, $link, $footer), $now, 'ida'
"""
_CHANNEL = "INSERT INTO variant_channels VALUES ($variant_id, $channel, $kind, NULL, NULL)"
_SCREENED = """
    INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, engine,
                            engine_version, policy_version, categories, n_strings, screened_at,
                            house_sha256, readers)
    SELECT variant_id, version, campaign_id, content_sha256, 'pass', 'embedded', '1',
           (SELECT policy_version FROM policy_in_force), '{}', 3,
           $now, (SELECT house_sha256 FROM house_rules
                  WHERE house_rules.campaign_id = variants.campaign_id),
           $readers
    FROM variants WHERE variant_id = $variant_id
"""
_KNOWN = "INSERT INTO jurisdiction_names VALUES (lower($code), $code, $code)"
_APPROVED = """
    INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, note, actor,
                           is_self_approved, screening_id, decided_at)
    SELECT variant_id, version, campaign_id, content_sha256, 'approved', '', 'bea', false,
           screening_id, $now
    FROM screenings WHERE variant_id = $variant_id
"""
_PROSPECT = """
    INSERT INTO prospects (dataset_id, prospect_id, email, first_name, full_name, phone,
                           linkedin_url, x_handle, title, company, account, country, time_zone)
    VALUES ('people', $prospect_id, $email, $first_name, $full_name, $phone, $linkedin_url,
            $x_handle, 'Head of Marketing', $company, $account, $country, $time_zone)
"""
_ROUTING = """
    INSERT INTO routings
    VALUES ('people', $prospect_id, 'marketing', 'marketing', 'director', 0.9, 'r1', 'mid', 'shop',
            'sales_assist', '', 'trade', '', 'trade desk', '', 'x', $now)
"""
_MESSAGE = """
    INSERT INTO outreach_messages
    WITH filled AS (
        SELECT fill_prospect(forms.subject, who.first_name, '', who.company, '', '', '', $fact)
                   AS subject,
               fill_prospect(forms.body, who.first_name, '', who.company, '', '', '', $fact)
                   AS body,
               forms.call_to_action, forms.link, forms.footer, forms.variant_id, forms.version
        FROM (SELECT prospect_value(first_name) AS first_name, prospect_value(company) AS company
              FROM prospects WHERE dataset_id = 'people' AND prospect_id = $prospect_id) AS who
        JOIN skeleton_forms AS forms ON forms.variant_id = $variant_id
         AND forms.filled = addressed_only(
                 prospect_filled(who.first_name, '', who.company, '', '', ''), forms.addressed)
    )
    SELECT concat($campaign_id, '-', $prospect_id, '-', $step), 'run', $campaign_id, 'people',
           $prospect_id, $step, 'ready', '', '', told.channel, 'marketing', 'friendly', 'outcome',
           'short', variants.variant_id, variants.version, variants.content_sha256, $fact_ids,
           filled.subject, filled.body, filled.call_to_action, filled.link, filled.footer,
           content_fingerprint(filled.subject, '', filled.body, filled.call_to_action, filled.link,
                               filled.footer),
           $score, '[]', NULL, NULL, 0.5, false, $now
    FROM filled
    JOIN variants ON variants.variant_id = filled.variant_id
    JOIN variant_channels AS told ON told.variant_id = variants.variant_id
"""
_EVENT = """
    INSERT INTO outreach_events (event_id, dataset_id, prospect_id, message_id, channel, kind,
                                 reply_class, returns_on, is_simulated, happened_at, recorded_at,
                                 recorded_by)
    VALUES ($event_id, 'people', $prospect_id, NULL, 'cold_email', $kind, $reply_class, $returns_on,
            $is_simulated, $happened_at, $happened_at, 'ida')
"""


def add_campaign(store: Store, campaign_id: str = CAMPAIGN, *kinds: str) -> None:
    """A campaign by e-mail and on LinkedIn, with a first message and a follow-up."""
    store.run(_CAMPAIGN, campaign_id=campaign_id, now=NOW)
    plan = {"channels": ["cold_email", "linkedin_note"], "kinds": kinds or ("opening", "follow_up")}
    store.run(_PLAN, campaign_id=campaign_id, plan=json.dumps(plan), now=NOW)


def add_text(
    store: Store,
    variant_id: str,
    channel: str = "cold_email",
    kind: str = "opening",
    *,
    campaign_id: str = CAMPAIGN,
    is_approved: bool = True,
    **words: str,
) -> None:
    told = {
        "subject": "Client gifts at {{prospect.company|your company}}",
        "body": "Hello {{prospect.first_name|there}},\n\nwe pack gifts for your clients.",
        "call_to_action": "May I send you a sample?", "link": "",
        "footer": "Hearth & Ribbon Ltd, York. Reply STOP to hear no more.",
    } | words  # fmt: skip
    store.run(
        _VARIANT, variant_id=variant_id, campaign_id=campaign_id, role="marketing",
        arm="friendly/outcome/short", attributes="{}", now=NOW, **told,
    )  # fmt: skip
    store.run(_CHANNEL, variant_id=variant_id, channel=channel, kind=kind)
    screen_text(store, variant_id)
    if is_approved:
        store.run(_APPROVED, variant_id=variant_id, now=NOW)


def screen_text(store: Store, variant_id: str, readers: str | None = READERS) -> None:
    """Screen a text for readers in these countries, by their codes."""
    store.run(_SCREENED, variant_id=variant_id, readers=readers, now=NOW)


def know_countries(store: Store, *codes: str) -> None:
    """Countries that have a law of their own."""
    for code in codes:
        store.run(_KNOWN, code=code)


def add_prospect(store: Store, prospect_id: str, **values: Any) -> None:  # noqa: ANN401
    """Somebody at a British company of the same name, who can be reached everywhere."""
    told: dict[str, Any] = {
        "email": f"{prospect_id}@{prospect_id}.example", "first_name": prospect_id.title(),
        "full_name": f"{prospect_id.title()} Moss", "phone": "+447700900123",
        "linkedin_url": f"https://www.linkedin.com/in/{prospect_id}", "x_handle": f"@{prospect_id}",
        "company": f"{prospect_id.title()} Hotels", "account": f"{prospect_id}.example",
        "country": "GB", "time_zone": None,
    } | values  # fmt: skip
    store.run(_PROSPECT, prospect_id=prospect_id, **told)
    store.run(_ROUTING, prospect_id=prospect_id, now=NOW)


def add_message(
    store: Store,
    prospect_id: str,
    variant_id: str = "opening",
    *,
    step: int = 1,
    campaign_id: str = CAMPAIGN,
    score: float = 0.5,
    fact: tuple[str, str] = ("", ""),
) -> None:
    """Choose a text for somebody, as the choice fills it."""
    store.run(
        _MESSAGE, campaign_id=campaign_id, prospect_id=prospect_id, variant_id=variant_id,
        step=step, score=score, fact_ids=fact[0], fact=fact[1], now=NOW,
    )  # fmt: skip


def did(
    store: Store,
    prospect_id: str,
    kind: str,
    reply_class: str | None = None,
    *,
    happened_at: datetime,
    returns_on: str | None = None,
    is_simulated: bool = False,
) -> None:
    """What came back from somebody."""
    event_id = f"{prospect_id}:{kind}:{happened_at:%m%d%H%M}:{reply_class}"
    store.run(
        _EVENT, event_id=event_id, prospect_id=prospect_id, kind=kind, reply_class=reply_class,
        happened_at=happened_at, returns_on=returns_on, is_simulated=is_simulated,
    )  # fmt: skip


def open_base(store: Store) -> Store:
    """The base, the policy, and a campaign with a text for each step; nobody in it yet."""
    store.run(_DATASET, now=NOW)
    store.run(_POLICY, now=NOW)
    add_campaign(store)
    add_text(store, "opening")
    add_text(store, "follow_up", kind="follow_up", subject="Again: client gifts")
    add_text(store, "note", "linkedin_note", subject="", footer="")
    return store
