"""What is on record of messages: how they read now, and what was judged of these very bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.domain import Decision, Finding, Message, Screening
from personalization.safety.policy import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.providers.protocols import HarmClassifier
    from personalization.safety.policy import Policy
    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Current:
    """The newest version of a variant, as it would be sent."""

    campaign_id: str
    version: int
    message: Message


_CURRENT = """
    SELECT variant_id, campaign_id, version, subject, preheader, body, call_to_action, link, footer
    FROM current_variants WHERE variant_id IN (SELECT unnest($variant_ids::VARCHAR[]))
    ORDER BY variant_id
"""


def current_messages(store: Store, variant_ids: Sequence[str]) -> dict[str, Current]:
    """Return the newest version of each variant that there is, by its id."""
    rows = store.read(_CURRENT, variant_ids=list(variant_ids))
    return {
        str(variant_id): Current(str(campaign_id), int(version), Message(*texts))
        for variant_id, campaign_id, version, *texts in rows
    }


_KNOWN = """
    SELECT screened.variant_id, screened.screening_id, screened.version, screened.content_sha256,
           screened.decision, screened.engine, screened.engine_version, screened.policy_version,
           screened.categories, screened.n_strings, screened.request_ids, screened.chunks,
           screened.blocklist_hits, screened.duration_ms
    FROM latest_screenings AS screened
    JOIN (SELECT unnest($variant_ids::VARCHAR[]) AS variant_id,
                 unnest($versions::INTEGER[]) AS version,
                 unnest($digests::VARCHAR[]) AS content_sha256) AS asked
        ON asked.variant_id = screened.variant_id AND asked.version = screened.version
       AND asked.content_sha256 = screened.content_sha256
    WHERE screened.policy_version = $policy_version AND screened.decision <> 'error'
      AND screened.engine = $engine AND screened.engine_version = $engine_version
      AND list_has_all(string_split(screened.readers, ','), CAST($readers AS VARCHAR[]))
      AND screened.screening_id NOT IN (SELECT screening_id FROM outdated_screenings)
    ORDER BY screened.variant_id
"""
_FINDINGS = """
    SELECT screening_id, rule, action, severity, field, span_start, span_end, text, message, advice
    FROM findings WHERE screening_id IN (SELECT unnest($ids::BIGINT[]))
    ORDER BY screening_id, position
"""


def judgements(
    store: Store,
    current: Mapping[str, Current],
    *,
    readers: tuple[str, ...],
    policy: Policy,
    classifier: HarmClassifier,
) -> dict[str, Screening]:
    """Return what was judged before of these very bytes, by variant.

    Only what this engine judged under this policy, for these readers, and not in error.
    """
    rows = store.read(
        _KNOWN, variant_ids=list(current), versions=[now.version for now in current.values()],
        digests=[now.message.content_sha256 for now in current.values()],
        policy_version=policy.version, engine=classifier.name, engine_version=classifier.version,
        readers=readers,
    )  # fmt: skip
    findings: dict[int, list[Finding]] = {}
    if rows:
        for key, rule, action, *words in store.read(_FINDINGS, ids=[row[1] for row in rows]):
            findings.setdefault(key, []).append(Finding(rule, Decision(action), *words))
    return {str(row[0]): _screening(row, tuple(findings.get(row[1], ()))) for row in rows}


def _screening(row: tuple[Any, ...], findings: tuple[Finding, ...]) -> Screening:
    variant_id, _, version, content_sha256, decision, engine, engine_version, *rest = row
    policy_version, categories, n_strings, request_ids, chunks, blocklist_hits, duration_ms = rest
    levels = json.loads(categories)
    return Screening(
        variant_id, version, content_sha256, Decision(decision), engine, engine_version,
        policy_version, tuple((category, levels[category]) for category in CATEGORIES), findings,
        n_strings, _words(request_ids), chunks, _words(blocklist_hits), duration_ms or 0,
    )  # fmt: skip


def _words(joined: str | None) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()
