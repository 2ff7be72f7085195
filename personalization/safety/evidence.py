"""What a variant is judged against: its sender, its readers, its sources and their dates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from personalization.domain import Claim, Decision
from personalization.safety.cited import Cited, CitedDocument, Wording
from personalization.safety.history import earlier_end
from personalization.safety.jurisdictions import codes_of
from personalization.safety.reading import Context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from personalization.safety.policy import Policy
    from personalization.settings import Brand
    from personalization.store import Store

_VARIANT = """
    SELECT variants.campaign_id, variants.locale, campaigns.send_on, campaigns.dataset_id
    FROM variants JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
    WHERE variants.variant_id = $variant_id AND variants.version = $version
"""
_WORDINGS = """
    SELECT statements.statement_id, concat(statements.document_id, '@', statements.version),
           statements.text, statements.alternates
    FROM quoted_statements AS quoted
    JOIN statements ON statements.statement_id = quoted.statement_id
    WHERE quoted.variant_id = $variant_id AND quoted.version = $version
    ORDER BY statements.statement_id
"""
_DOCUMENTS = """
    SELECT concat(documents.document_id, '@', documents.version) AS key,
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
    WHERE quoted.variant_id = $variant_id AND quoted.version = $version
    GROUP BY ALL
    ORDER BY key
"""
_CLAIMS = """
    SELECT field, span_start, span_end, text, statement_id, source_start, source_end, source_text,
           decision, reason
    FROM claims WHERE variant_id = $variant_id AND version = $version ORDER BY position
"""
# Names as a reader says them: small letters, one space between words, no plural.
_PRODUCT_NAMES = """
    WITH said AS (
        SELECT concat(' ', regexp_replace(trim(regexp_replace(
                   lower(concat_ws(' ', subject, preheader, body, call_to_action)),
                   '[^\\p{L}\\p{N}]+', ' ', 'g')), 's( |$)', '\\1', 'g'), ' ') AS words
        FROM variants WHERE variant_id = $variant_id AND version = $version
    ), products_sold AS (
        SELECT name FROM products WHERE dataset_id = $dataset_id
        UNION
        SELECT unnest(CAST(products AS VARCHAR[])) FROM current_documents
    ), named AS (
        SELECT DISTINCT regexp_replace(trim(regexp_replace(lower(name), '[^\\p{L}\\p{N}]+', ' ',
                   'g')), 's( |$)', '\\1', 'g') AS name
        FROM products_sold
    )
    SELECT named.name FROM named, said
    WHERE length(named.name) > 3 AND contains(said.words, concat(' ', named.name, ' '))
    ORDER BY named.name
"""
_COUNTRIES = """
    SELECT DISTINCT coalesce(customers.country, '') AS country
    FROM campaigns
    JOIN audience ON audience.campaign_id = campaigns.campaign_id
    JOIN customers ON customers.dataset_id = campaigns.dataset_id
                  AND customers.customer_id = audience.customer_id
    WHERE campaigns.campaign_id = $campaign_id AND audience.campaign_id = $campaign_id
      AND audience.bucket = 'eligible'
    ORDER BY country
"""


def countries_of(store: Store, campaign_id: str) -> tuple[str, ...]:
    """Return the countries of a campaign's eligible customers, as their file writes them."""
    return tuple(country for (country,) in store.read(_COUNTRIES, campaign_id=campaign_id))


def evidence_of(
    store: Store,
    brand: Brand,
    variant_id: str,
    version: int,
    *,
    policy: Policy | None = None,
    countries: Iterable[str] | None = None,
) -> Context:
    """Gather who sends, to whom and when, what the message cites, and how it was judged.

    Args:
        store: Reads ``variants``, ``campaigns``, ``claims``, ``variant_sources``, ``statements``,
            ``documents``, ``products`` and ``audience``.
        brand: The sender.
        variant_id: Of the message.
        version: Likewise.
        policy: Knows the countries' codes; without it the message goes nowhere in particular.
        countries: Of the audience, where somebody has looked them up for the whole campaign.
    """
    key = {"variant_id": variant_id, "version": version}
    found = store.read_one(_VARIANT, **key)
    campaign_id, locale, send_on, dataset_id = found or ("", "", None, "")
    cited = cited_by(store, variant_id, version, send_on=send_on, dataset_id=dataset_id)
    if policy and countries is None:
        countries = countries_of(store, campaign_id)
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
        claims=tuple(_claim(row) for row in store.read(_CLAIMS, **key)),
        jurisdictions=codes_of(countries or (), policy.jurisdictions) if policy else (),
        send_on=send_on,
        locale=locale,
        cited=cited,
    )


def cited_by(
    store: Store, variant_id: str, version: int, *, send_on: date | None, dataset_id: str
) -> Cited:
    """Gather the wordings that a version rests on, and how their documents stand on a day."""
    key = {"variant_id": variant_id, "version": version}
    rows = store.records(_DOCUMENTS, **key)
    wordings = [
        Wording(statement_id, document, "text" if number == 0 else "alternate", words)
        for statement_id, document, text, alternates in store.read(_WORDINGS, **key)
        for number, words in enumerate((text, *json.loads(alternates)))
    ]
    wordings += [
        Wording(row["statement_id"], row["key"], "subject line", line)
        for row in rows
        for line in json.loads(row["subject_lines"])
    ]
    names = store.read(_PRODUCT_NAMES, dataset_id=dataset_id, **key)
    return Cited(
        tuple(wordings),
        tuple(_document(store, row, send_on) for row in rows),
        tuple(name for (name,) in names),
    )


def _document(store: Store, row: dict[str, Any], send_on: date | None) -> CitedDocument:
    end, source = earlier_end(store, row) if row["kind"] == "offer" else (None, "")
    return CitedDocument(
        row["key"], row["statement_id"], row["kind"], row["title"],
        tuple(json.loads(row["products"])), row["valid_from"], row["valid_until"],
        _fault(row, send_on), end, source,
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
