"""A small campaign that is ready to go: two segments, a control text and two messages each."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from personalization.approval import seal
from personalization.delivery import keep_email_check, unchecked_emails
from personalization.domain import Message
from personalization.settings import Brand
from personalization.store import record
from personalization.store.attest import approval_digests, screening_digests

if TYPE_CHECKING:
    from personalization.store import Store

HYPOTHESIS = '{"metric":"click"}'
SEGMENTS = ("Loyal", "New friends")
ARMS = ("control", "A", "B")
BRAND = Brand(
    name="Wool & Wax",
    sender_name="Wool & Wax",
    sender_address="Wool & Wax Ltd, 3 Ferry Road, Bristol BS1 6XN, United Kingdom",
    shop_url="https://www.woolandwax.example/",
    unsubscribe_url="https://www.woolandwax.example/unsubscribe",
    allowed_domains=("woolandwax.example", "hearthandribbon.example"),
    own_emails=("hello@woolandwax.example",),
    contact="hello@woolandwax.example",
    representatives=("Tom Askew",),
    register_number="Companies House 11111111",
    vat_id="GB 888 8888 81",
)
"""A shop of the team's own: its list is not sent in the name of the sample's."""
BRAND_TOML = "\n[brand]\n" + "".join(
    f"{field.name} = {json.dumps(getattr(BRAND, field.name))}\n" for field in fields(BRAND)
)
FOOTER = f"{BRAND.sender_name}\n{BRAND.sender_address}\nUnsubscribe: {BRAND.unsubscribe_url}"

_CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, email, first_name, city, country, consent_email)
    SELECT 'shop', 'c' || lpad(range::VARCHAR, 6, '0'), 'c' || range || '@example.com',
           CASE range % 5 WHEN 0 THEN NULL WHEN 1 THEN 'Ann' WHEN 2 THEN 'Zoë' WHEN 3 THEN 'Li'
                ELSE 'Bo' END,
           CASE range % 3 WHEN 0 THEN 'York' WHEN 1 THEN ' ' END, 'United Kingdom', true
    FROM range($n)
"""
_MEMBERS = """
    INSERT INTO segment_members
    SELECT 'spring', CASE WHEN substr(customer_id, 7) < '5' THEN 'Loyal' ELSE 'New friends' END,
           customer_id
    FROM customers
"""
_ASSIGN = """
    INSERT INTO assignments
    SELECT 'e1', customer_id, segment,
           CASE row_number() OVER (PARTITION BY segment ORDER BY md5(customer_id)) % 3
               WHEN 0 THEN 'control' WHEN 1 THEN 'A' ELSE 'B' END, 1 / 3.0, 'blocked'
    FROM segment_members WHERE campaign_id = 'spring'
"""


def message(segment: str, arm: str) -> Message:
    return Message(
        subject=f"{{{{first_name|Hello}}}}, {arm} for {segment}",
        preheader="News from the shop",
        body="Dear {{first_name|friend}},\n\nnew candles, made in {{city|your town}}.\nRegards",
        call_to_action="Have a look",
        link="https://www.hearthandribbon.example/candles",
        footer=FOOTER,
    )


def add_variant(
    store: Store,
    segment: str,
    arm: str,
    text: Message,
    *,
    version: int = 1,
    is_cleared: bool = True,
) -> None:
    """Store one version of a text; ``is_cleared`` has it screened, passed and approved."""
    keys = {"variant_id": f"{segment}/{arm}", "version": version, "sha": text.content_sha256}
    store.run(
        "INSERT INTO variants VALUES ($variant_id, $version, 'spring', $segment, $arm, $subject,"
        " $preheader, $body, $call_to_action, $link, $footer, 'en-GB', '{}', 'composer', '{}',"
        " $sha, $now, 'mia')",
        **keys, **dict(text.fields()), segment=segment, arm=arm, now=store.now(),
    )  # fmt: skip
    if is_cleared:
        screen(store, segment, arm, version=version, sha=text.content_sha256)
        approve(store, segment, arm, version=version, sha=text.content_sha256)


def screen(
    store: Store,
    segment: str,
    arm: str,
    *,
    version: int,
    sha: str,
    decision: str = "pass",
    n_strings: int = 6,
) -> None:
    with store.transaction():
        store.run(
            "INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision,"
            " engine, engine_version, policy_version, categories, n_strings, screened_at, readers,"
            " house_sha256)"
            " VALUES ($variant_id, $version, 'spring', $sha, $decision, 'embedded', '1', 'p1',"
            " '{}', $n_strings, $now, 'DE,GB,other',"
            " (SELECT house_sha256 FROM house_rules WHERE campaign_id = 'spring'))",
            variant_id=f"{segment}/{arm}", version=version, sha=sha, decision=decision,
            n_strings=n_strings, now=store.now(),
        )  # fmt: skip
        put_on_record(store)


def approve(
    store: Store,
    segment: str,
    arm: str,
    *,
    version: int,
    sha: str,
    decision: str = "approved",
    note: str = "",
) -> None:
    with store.transaction():
        store.run(
            "INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision,"
            " note, actor, is_self_approved, screening_id, decided_at)"
            " SELECT $variant_id, $version, 'spring', $sha, $decision, $note, 'rob', false,"
            " (SELECT max(screening_id) FROM screenings WHERE variant_id = $variant_id), $now",
            variant_id=f"{segment}/{arm}", version=version, sha=sha, decision=decision, note=note,
            now=store.now(),
        )  # fmt: skip
        put_on_record(store)


def draw(store: Store, brand: Brand = BRAND, campaign_id: str = "spring") -> None:
    """Have every text drawn as an e-mail and checked, as the campaign does after a screening."""
    for rendered in unchecked_emails(store, brand, campaign_id):
        keep_email_check(store, rendered, (), actor="mia")


_UNRECORDED = """
    SELECT 'variant.screened' AS kind, variant_id, campaign_id, version, content_sha256, decision,
           screening_id, policy_version, NULL AS approval_id, engine
    FROM screenings
    WHERE screening_id NOT IN (SELECT CAST(json_extract(payload, '$.screening_id') AS BIGINT)
                               FROM audit_log WHERE kind = 'variant.screened')
    UNION ALL
    SELECT 'variant.' || decision, variant_id, campaign_id, version, content_sha256, note,
           screening_id, NULL, approval_id, NULL
    FROM approvals
    WHERE approval_id NOT IN (SELECT CAST(json_extract(payload, '$.approval_id') AS BIGINT)
                              FROM audit_log
                              WHERE json_extract(payload, '$.approval_id') IS NOT NULL)
    ORDER BY kind DESC, screening_id
"""


def put_on_record(store: Store) -> None:
    """Write the audit row of every screening and decision that has none, as the stages do."""
    with store.transaction():
        for row in store.records(_UNRECORDED):
            kind, note = row["kind"], row["decision"]
            known = {"version": row["version"], "content_sha256": row["content_sha256"],
                     "screening_id": row["screening_id"]}  # fmt: skip
            if kind == "variant.screened":
                known |= {"decision": note, "policy_version": row["policy_version"],
                          "engine": row["engine"], "engine_version": "1",
                          **screening_digests(store, row["screening_id"])}  # fmt: skip
            else:
                known |= {"approval_id": row["approval_id"], "has_note": bool(note),
                          **approval_digests(store, row["approval_id"])}  # fmt: skip
            record(store, kind, row["variant_id"], actor="mia" if kind == "variant.screened"
                   else "rob", campaign_id=row["campaign_id"], **known)  # fmt: skip


def activate_policy(store: Store, version: str) -> None:
    with store.transaction():
        store.run(
            "INSERT INTO policies (policy_version, policy, activated_at, activated_by)"
            " VALUES ($version, '{}', $now, 'rob')",
            version=version, now=store.now(),
        )  # fmt: skip
        record(store, "policy.activated", version, actor="rob",
               document_sha256=sha256(b"{}").hexdigest())  # fmt: skip


def sign(store: Store) -> None:
    """Have the campaign signed off as it now stands."""
    seal(store, "spring", actor="rob")


def copy_campaign(store: Store, name: str) -> None:
    """Put a second ready campaign beside the first one: the same people and texts, other ids."""
    text = "$name AS campaign_id, $name || variant_id AS variant_id"
    for table, changes in (
        ("campaigns", "$name AS campaign_id"),
        ("experiments", "$name AS campaign_id, $name AS experiment_id"),
        ("arms", "$name AS experiment_id, $name || variant_id AS variant_id"),
        ("assignments", "$name AS experiment_id"),
        ("segments", "$name AS campaign_id"),
        ("segment_members", "$name AS campaign_id"),
        ("variants", text),
        ("screenings", f"nextval('screening_ids') AS screening_id, {text}"),
        ("approvals", f"nextval('approval_ids') AS approval_id, {text}"),
    ):
        store.run(
            f"INSERT INTO {table} SELECT * REPLACE ({changes}) FROM {table}",  # noqa: S608
            name=name,
        )
    put_on_record(store)
    draw(store, campaign_id=name)
    seal(store, name, actor="rob")


def fill_campaign(store: Store, n: int = 60) -> None:
    """Put a ready campaign into the store: ``n`` customers, every check of the gate green."""
    now = store.now()
    store.run("INSERT INTO datasets VALUES ('shop', 'Shop', false, $now, 'mia', NULL)", now=now)
    store.run(
        "INSERT INTO campaigns VALUES ('spring', 'Spring', 'shop', NULL, '{}', $send_on, 'en-GB',"
        " 'salt', $now, 'mia', NULL)",
        send_on=date(2026, 12, 1), now=now,
    )  # fmt: skip
    store.run(_CUSTOMERS, n=n)
    store.run(_MEMBERS)
    activate_policy(store, "p1")
    store.run(
        "INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,"
        " confidence, designed_at, designed_by, approved_at, approved_by)"
        " VALUES ('e1', 'spring', $text, sha256($text), 'salt', 0.95, $now, 'mia', $now, 'rob')",
        text=HYPOTHESIS, now=now,
    )  # fmt: skip
    for position, segment in enumerate(SEGMENTS):
        store.run(
            "INSERT INTO segments SELECT 'spring', $segment, $position, 'a rule', 'Some people.',"
            " count(*), '{}' FROM segment_members WHERE segment = $segment",
            segment=segment, position=position,
        )  # fmt: skip
        for place, arm in enumerate(ARMS):
            text = message(segment, arm)
            add_variant(store, segment, arm, text)
            store.run(
                "INSERT INTO arms VALUES ('e1', $segment, $arm, $place, 1 / 3.0, $variant_id, 1,"
                " $sha)",
                segment=segment, arm=arm, place=place, variant_id=f"{segment}/{arm}",
                sha=text.content_sha256,
            )  # fmt: skip
    store.run(_ASSIGN)
    draw(store)
    seal(store, "spring", actor="rob")
