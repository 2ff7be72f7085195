"""A crowd of made-up prospects and texts for them, filled by statements of the engine."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Final

from personalization.domain import ROLES
from tests.outreach.people import NOW

if TYPE_CHECKING:
    from personalization.store import Store

CROWD: Final = "crowd"
CHANNELS: Final = ("cold_email", "linkedin_note")
TONES: Final = ("professional", "friendly")
ANGLES: Final = ("outcome", "proof", "news")
LENGTHS: Final = ("short", "standard")
TITLES: Final = (
    "CEO", "Head of Sales", "Marketing Manager", "Product Manager", "CTO", "CFO", "COO",
    "HR Director", "Customer Success Manager", "Chargée d'affaires",
)  # fmt: skip

_PROSPECTS: Final = """
    INSERT INTO prospects (dataset_id, prospect_id, email, first_name, full_name, phone,
                           linkedin_url, x_handle, title, company, account, employees, country,
                           city, industry, locale)
    SELECT 'crowd', 'p' || lpad(range::VARCHAR, 7, '0'),
           'p' || range || '@firm' || range // 3 || '.example',
           ['Ann', 'Zoë', 'Li', 'Bo', 'José', 'Maximiliane'][1 + range % 6],
           ['Ann Moss', 'Zoë Hart', 'Li Wu'][1 + range % 3], '+44770090' || range % 10000,
           CASE WHEN range % 4 > 0 THEN 'https://www.linkedin.com/in/p' || range END, NULL,
           list_extract($titles::VARCHAR[], (1 + range % 10)::INTEGER) || ', area ' || range % 40,
           'Firm ' || range // 3, 'firm' || range // 3 ||
               '.example',
           1 + range % 900, ['GB', 'US', 'FR', 'IE', 'DE', 'SE'][1 + range % 6],
           ['York', 'Lyon', NULL][1 + range % 3], 'Hotels',
           ['en-GB', 'en-US', 'fr-FR', 'en-IE', 'de-DE', 'sv-SE'][1 + range % 6]
    FROM range($n)
"""
_FACTS: Final = """
    INSERT INTO prospect_facts
    SELECT 'crowd', prospect_id, 'f' || prospect_id, 'news',
           'your new shop in ' || coalesce(city, 'Leeds'), company || ', press', DATE
               '2026-10-01' + (employees % 60)::INTEGER, 'i'
    FROM prospects WHERE dataset_id = 'crowd' AND employees % 2 = 0
"""
_START: Final = (
    "INSERT INTO datasets VALUES ('crowd', 'Crowd', false, $now, 'ida', NULL)",
    """
    INSERT INTO policies (policy_version, policy, activated_at, activated_by)
    VALUES ('p1', '{}', $now, 'ida')
    """,
    """
    INSERT INTO campaigns VALUES ('crowd', 'Crowd', 'crowd', NULL, '{}', '2026-12-24', 'en-GB',
                                  'seed', $now, 'ida', NULL)
    """,
)
_PLAN: Final = "INSERT INTO outreach_plans VALUES ('crowd', 'crowd', $plan, $now, 'ida')"
_TEXTS: Final = """
    INSERT INTO variants
    SELECT concat_ws('/', role, channel, arm), 1, 'crowd', role, arm, subject, '', body, ask, '',
           footer, 'en-GB', '{}', 'composer', '{}',
           content_fingerprint(subject, '', body, ask, '', footer), $now, 'ida'
    FROM (SELECT unnest($roles::VARCHAR[]) AS role, unnest($channels::VARCHAR[]) AS channel,
                 unnest($arms::VARCHAR[]) AS arm, unnest($subjects::VARCHAR[]) AS subject,
                 unnest($bodies::VARCHAR[]) AS body, unnest($asks::VARCHAR[]) AS ask,
                 unnest($footers::VARCHAR[]) AS footer)
"""
_CLEAR: Final = (
    """
    INSERT INTO variant_channels
    SELECT variant_id, split_part(variant_id, '/', 2), 'opening', NULL, NULL FROM variants
    WHERE campaign_id = 'crowd'
    """,
    """
    INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, engine,
                            engine_version, policy_version, categories, n_strings, screened_at,
                            house_sha256, readers)
    SELECT variant_id, 1, 'crowd', content_sha256, 'pass', 'embedded', '1', 'p1', '{}', 3,
        written_at,
           (SELECT house_sha256 FROM house_rules WHERE house_rules.campaign_id = 'crowd'),
           'DE,EU,FR,GB,IE,SE,US,other'
    FROM variants WHERE campaign_id = 'crowd'
    """,
    """
    INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, note, actor,
                           is_self_approved, screening_id, decided_at)
    SELECT variant_id, 1, 'crowd', content_sha256, 'approved', '', 'bea', false, screening_id,
           screened_at
    FROM screenings WHERE campaign_id = 'crowd'
    """,
)


def fill_crowd(store: Store, n: int) -> None:
    """Put ``n`` prospects into the base, a half of them with news."""
    store.run(_PROSPECTS, n=n, titles=list(TITLES))
    store.run(_FACTS)


def crowd_campaign(store: Store) -> str:
    """A campaign with two channels and twelve approved texts for each of the ten roles."""
    for statement in _START:
        store.run(statement, now=NOW)
    plan = {"channels": list(CHANNELS), "kinds": ["opening"]}
    store.run(_PLAN, plan=json.dumps(plan), now=NOW)
    texts = [_text(*place) for place in product(ROLES, CHANNELS, TONES, ANGLES, LENGTHS)]
    names = ("roles", "channels", "arms", "subjects", "bodies", "asks", "footers")
    store.run(
        _TEXTS,
        now=NOW,
        **{
            name: list(column) for name, column in zip(names, zip(*texts, strict=True), strict=True)
        },
    )
    for statement in _CLEAR:
        store.run(statement)
    return "crowd"


def _text(role: str, channel: str, tone: str, angle: str, length: str) -> tuple[str, ...]:
    is_mail = channel == "cold_email"
    subject = "Gifts at {{prospect.company|your company}}" if is_mail else ""
    lead = "I saw {{fact.text}}. " if angle == "news" else ""
    more = " They arrive in a week, packed by hand." if length == "standard" else ""
    body = (
        f"Hello {{{{prospect.first_name|there}}}}, {lead}{tone} {role.replace('_', ' ')} teams at "
        f"{{{{prospect.company|your company}}}} thank clients with our gifts.{more} Shall we talk?"
    )
    footer = "Hearth & Ribbon Ltd, York. Unsubscribe: reply STOP." if is_mail else ""
    return role, channel, f"{tone}/{angle}/{length}", subject, body, "", footer
