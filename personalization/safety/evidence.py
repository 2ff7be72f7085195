"""What a variant is judged against: its sender, its readers, its sources and their dates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from personalization.domain import MOST_PRODUCTS, BrandProfile, Brief, Claim, Decision
from personalization.safety.cited import Cited, CitedDocument, Wording
from personalization.safety.history import earlier_end
from personalization.safety.jurisdictions import codes_of
from personalization.safety.reading import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from personalization.safety.policy import Policy
    from personalization.settings import Brand
    from personalization.store import Store

    Key = tuple[str, int]

# Versions are asked for by their keys, variant_id@version, a whole campaign at a time.
_VARIANTS = """
    SELECT variants.variant_id, variants.version, variants.campaign_id, variants.arm,
           variants.locale, campaigns.send_on, campaigns.dataset_id, house.house_sha256,
           house.profile_version, house.profile, house.brief,
           coalesce(told.channel, 'email') AS channel,
           CASE WHEN variants.campaign_id IN (SELECT campaign_id FROM text_sets) THEN $most
                WHEN json_exists(plans.arms, concat('$."', variants.arm, '"')) THEN plans.items
                ELSE 0 END AS product_items
    FROM variants
    LEFT JOIN product_plans AS plans ON plans.campaign_id = variants.campaign_id
    LEFT JOIN variant_channels AS told ON told.variant_id = variants.variant_id
    JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
    JOIN house_rules AS house ON house.campaign_id = variants.campaign_id
    WHERE concat(variants.variant_id, '@', variants.version) IN
        (SELECT unnest(CAST($keys AS VARCHAR[])))
    ORDER BY variants.variant_id, variants.version
"""
_WORDINGS = """
    SELECT quoted.variant_id, quoted.version, statements.statement_id,
           concat(statements.document_id, '@', statements.version) AS document,
           statements.text, statements.alternates
    FROM quoted_statements AS quoted
    JOIN statements ON statements.statement_id = quoted.statement_id
    WHERE concat(quoted.variant_id, '@', quoted.version) IN
        (SELECT unnest(CAST($keys AS VARCHAR[])))
    ORDER BY quoted.variant_id, quoted.version, statements.statement_id
"""
_DOCUMENTS = """
    SELECT quoted.variant_id, quoted.version AS of_version,
           concat(documents.document_id, '@', documents.version) AS key,
           min(statements.statement_id) AS statement_id, documents.document_id, documents.version,
           documents.kind, documents.title, documents.products, documents.subject_lines,
           documents.valid_from, documents.status, newest.version AS newest,
           CASE WHEN newest.version = documents.version THEN newest.valid_until
                ELSE documents.valid_until END AS valid_until
    FROM quoted_statements AS quoted
    JOIN statements ON statements.statement_id = quoted.statement_id
    JOIN documents ON documents.document_id = statements.document_id
                  AND documents.version = statements.version
    JOIN current_documents AS newest ON newest.document_id = documents.document_id
    WHERE concat(quoted.variant_id, '@', quoted.version) IN
        (SELECT unnest(CAST($keys AS VARCHAR[])))
    GROUP BY ALL
    ORDER BY quoted.variant_id, of_version, key
"""
_EXPIRIES = """
    SELECT variant_id, version, count(*) AS n FROM (
        SELECT DISTINCT quoted.variant_id, quoted.version, expiries.document_id,
               expiries.version AS of_version, expiries.valid_until, expiries.set_at
        FROM quoted_statements AS quoted
        JOIN statements ON statements.statement_id = quoted.statement_id
        JOIN document_expiries AS expiries ON expiries.document_id = statements.document_id
                                          AND expiries.version = statements.version
        WHERE concat(quoted.variant_id, '@', quoted.version) IN
            (SELECT unnest(CAST($keys AS VARCHAR[]))))
    GROUP BY variant_id, version
    ORDER BY variant_id, version
"""
_CLAIMS = """
    SELECT variant_id, version, field, span_start, span_end, text, statement_id, source_start,
           source_end, source_text, decision, reason
    FROM claims
    WHERE concat(variant_id, '@', version) IN (SELECT unnest(CAST($keys AS VARCHAR[])))
    ORDER BY variant_id, version, position
"""
# Names as a reader says them: small letters, one space between words, no plural.
_PRODUCT_NAMES = """
    WITH said AS (
        SELECT variants.variant_id, variants.version, campaigns.dataset_id,
               concat(' ', regexp_replace(trim(regexp_replace(
                   lower(concat_ws(' ', subject, preheader, body, call_to_action)),
                   '[^\\p{L}\\p{N}]+', ' ', 'g')), '([^ ])s( |$)', '\\1\\2', 'g'), ' ') AS words
        FROM variants JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
        WHERE concat(variants.variant_id, '@', variants.version) IN
            (SELECT unnest(CAST($keys AS VARCHAR[])))
    ), sold AS (
        SELECT DISTINCT dataset_id, name FROM products
        WHERE dataset_id IN (SELECT dataset_id FROM said)
        UNION
        SELECT datasets.dataset_id, documents.product
        FROM (SELECT unnest(CAST(products AS VARCHAR[])) AS product FROM current_documents)
            AS documents
        CROSS JOIN (SELECT DISTINCT dataset_id FROM said) AS datasets
    ), named AS (
        SELECT DISTINCT dataset_id, regexp_replace(trim(regexp_replace(lower(name),
                   '[^\\p{L}\\p{N}]+', ' ', 'g')), '([^ ])s( |$)', '\\1\\2', 'g') AS name
        FROM sold
    )
    SELECT said.variant_id, said.version, named.name
    FROM said JOIN named ON named.dataset_id = said.dataset_id
    WHERE length(named.name) > 3 AND contains(said.words, concat(' ', named.name, ' '))
    ORDER BY said.variant_id, said.version, named.name
"""
_COUNTRIES = """
    SELECT DISTINCT coalesce(customers.country, substr(customers.locale, 4), '') AS country
    FROM campaigns
    JOIN audience ON audience.campaign_id = campaigns.campaign_id
    JOIN customers ON customers.dataset_id = campaigns.dataset_id
                  AND customers.customer_id = audience.customer_id
    WHERE campaigns.campaign_id = $campaign_id AND audience.campaign_id = $campaign_id
      AND audience.bucket = 'eligible'
    UNION
    SELECT DISTINCT coalesce(prospects.country, substr(prospects.locale, 4), '') AS country
    FROM outreach_plans AS plans
    JOIN prospects ON prospects.dataset_id = plans.dataset_id
    WHERE plans.campaign_id = $campaign_id
    ORDER BY country
"""


_READERS = """
    SELECT code FROM campaign_readers WHERE campaign_id = $campaign_id
    UNION
    SELECT DISTINCT coalesce(spellings.own_code, 'other') AS code
    FROM outreach_plans AS plans
    JOIN prospects ON prospects.dataset_id = plans.dataset_id
    LEFT JOIN jurisdiction_names AS spellings
        ON spellings.spelling
         = lower(trim(coalesce(prospects.country, substr(prospects.locale, 4))))
    WHERE plans.campaign_id = $campaign_id
    ORDER BY code
"""


def readers_of(store: Store, campaign_id: str) -> tuple[str, ...]:
    """Return the codes of the countries that a campaign goes to, as the gate looks them up."""
    return tuple(code for (code,) in store.read(_READERS, campaign_id=campaign_id))


def countries_of(store: Store, campaign_id: str) -> tuple[str, ...]:
    """Return the countries of a campaign's eligible customers or prospects, as files write them."""
    return tuple(country for (country,) in store.read(_COUNTRIES, campaign_id=campaign_id))


def expiries_of(store: Store, keys: Iterable[Key]) -> dict[Key, int]:
    """Return how often the end of what each version cites was brought forward; 0 is left out."""
    asked = [f"{variant_id}@{version}" for variant_id, version in keys]
    found = store.read(_EXPIRIES, keys=asked)
    return {(variant_id, version): int(n) for variant_id, version, n in found}


def evidence_of(
    store: Store,
    brand: Brand,
    variant_id: str,
    version: int,
    *,
    policy: Policy | None = None,
    countries: Iterable[str] | None = None,
) -> Context:
    """Gather who sends, to whom and when, what a message cites, and how it was judged.

    See ``evidence_of_many``; a version that is not on record cites nothing.
    """
    key = (variant_id, version)
    found = evidence_of_many(store, brand, [key], policy=policy, countries=countries)
    return found.get(key) or _context(brand, cited=Cited())


def evidence_of_many(
    store: Store,
    brand: Brand,
    keys: Iterable[Key],
    *,
    policy: Policy | None = None,
    countries: Iterable[str] | None = None,
) -> dict[Key, Context]:
    """Gather the evidence of many versions at once, by id and version.

    Args:
        store: Reads ``variants``, ``campaigns``, ``house_rules``, ``claims``, ``variant_sources``,
            ``statements``, ``documents``, ``products`` and ``audience``.
        brand: The sender.
        keys: Ids of variants, each with its version.
        policy: Knows the countries' codes; without it the messages go nowhere in particular.
        countries: Of the audience, where somebody has looked them up already.
    """
    asked = [f"{variant_id}@{version}" for variant_id, version in keys]
    variants = store.records(_VARIANTS, keys=asked, most=MOST_PRODUCTS)
    cited = _cited(store, asked, {(v["variant_id"], v["version"]): v["send_on"] for v in variants})
    claims = _grouped(store.read(_CLAIMS, keys=asked))
    codes = _codes(store, {v["campaign_id"] for v in variants}, policy, countries)
    return {
        (key := (v["variant_id"], v["version"])): _context(
            brand, cited=cited[key], send_on=v["send_on"], locale=v["locale"],
            claims=tuple(_claim(row) for row in claims.get(key, ())),
            jurisdictions=codes.get(v["campaign_id"], ()), arm=v["arm"],
            brief=Brief(**json.loads(v["brief"])), house_sha256=v["house_sha256"],
            profile=BrandProfile.of(v["profile_version"] or 0, json.loads(v["profile"] or "{}")),
            channel=v["channel"], require_footer=v["channel"] in ("email", "cold_email"),
            product_items=v["product_items"],
        )
        for v in variants
    }  # fmt: skip


def _context(brand: Brand, *, cited: Cited, **found: Any) -> Context:  # noqa: ANN401
    return Context(
        sender_name=brand.sender_name,
        sender_address=brand.sender_address,
        allowed_domains=brand.allowed_domains,
        own_emails=brand.own_emails,
        own_phones=brand.own_phones,
        representatives=brand.representatives,
        register_number=brand.register_number,
        vat_id=brand.vat_id,
        on_behalf_of=brand.on_behalf_of,
        sources=tuple(wording.text for wording in cited.in_force),
        cited=cited,
        **found,
    )


def _codes(
    store: Store, campaigns: set[str], policy: Policy | None, countries: Iterable[str] | None
) -> dict[str, tuple[str, ...]]:
    """Return the codes of the countries that each campaign goes to."""
    if policy is None:
        return {}
    return {
        campaign_id: codes_of(
            countries_of(store, campaign_id) if countries is None else countries,
            policy.jurisdictions,
        )
        for campaign_id in campaigns
    }


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[Key, list[tuple[Any, ...]]]:
    """Gather rows by their first two columns, id and version."""
    found: dict[Key, list[tuple[Any, ...]]] = {}
    for variant_id, version, *rest in rows:
        found.setdefault((variant_id, version), []).append(tuple(rest))
    return found


def _cited(store: Store, asked: list[str], send_on: dict[Key, date]) -> dict[Key, Cited]:
    """Gather the wordings that each version rests on, and how their documents stand that day."""
    expiries = expiries_of(store, send_on)  # first: an end set from here on is one not known of
    wordings = _grouped(store.read(_WORDINGS, keys=asked))
    names = _grouped(store.read(_PRODUCT_NAMES, keys=asked))
    documents: dict[Key, list[dict[str, Any]]] = {}
    for row in store.records(_DOCUMENTS, keys=asked):
        documents.setdefault((row["variant_id"], row["of_version"]), []).append(row)
    ends = {
        row["key"]: earlier_end(store, row)
        for rows in documents.values()
        for row in rows
        if row["kind"] == "offer"
    }
    return {
        key: Cited(
            (*_wordings(wordings.get(key, ())), *_subject_lines(documents.get(key, ()))),
            tuple(
                _document(row, day, ends.get(row["key"], (None, "")))
                for row in documents.get(key, ())
            ),
            tuple(name for (name,) in names.get(key, ())),
            expiries.get(key, 0),
        )
        for key, day in send_on.items()
    }


def _wordings(rows: Iterable[tuple[Any, ...]]) -> Iterator[Wording]:
    for statement_id, document, text, alternates in rows:
        yield Wording(statement_id, document, "text", text)
        for words in json.loads(alternates):
            yield Wording(statement_id, document, "alternate", words)


def _subject_lines(rows: Iterable[dict[str, Any]]) -> Iterator[Wording]:
    for row in rows:
        for line in json.loads(row["subject_lines"]):
            yield Wording(row["statement_id"], row["key"], "subject line", line)


def _document(
    row: dict[str, Any], send_on: date | None, earlier: tuple[date | None, str]
) -> CitedDocument:
    return CitedDocument(
        row["key"], row["statement_id"], row["kind"], row["title"],
        tuple(json.loads(row["products"])), row["valid_from"], row["valid_until"],
        _fault(row, send_on), *earlier,
    )  # fmt: skip


def _fault(row: dict[str, Any], send_on: date | None) -> str:
    """Return why a document may not be said on the day of sending; empty where it may."""
    if row["status"] != "approved":
        return "it was withdrawn" if row["status"] == "retired" else "it is not approved"
    if row["version"] != row["newest"]:
        return f"version {row['version']} was replaced by version {row['newest']}"
    if send_on is None:
        return ""
    if row["valid_from"] and send_on < row["valid_from"]:
        return f"it counts only from {row['valid_from']:%-d %B %Y} on"
    if row["valid_until"] and send_on > row["valid_until"]:
        return f"it ended on {row['valid_until']:%-d %B %Y}"
    return ""


def _claim(row: tuple[Any, ...]) -> Claim:
    field, start, end, text, statement_id, *source, decision, reason = row
    source_start, source_end, source_text = source
    return Claim(
        field, start, end, text, statement_id, source_start, source_end, source_text,
        Decision(decision), reason,
    )  # fmt: skip
