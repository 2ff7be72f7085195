"""What the compliance officer sees of the trail: what was held back, and who did what when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.store import due, verify_chain

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from personalization.settings import Audit
    from personalization.store import AuditCheck, Retention, Store


def retention_due(store: Store, settings: Audit) -> Retention:
    """Say what retention would take away now; nothing is changed."""
    return due(store, body_days=settings.body_days, trail_months=settings.trail_months)


def check(store: Store) -> AuditCheck:
    """Work every hash of the trail out again; see ``store.verify_chain``."""
    return verify_chain(store)


_LAST_PACK = """
    SELECT audit_log.happened_at, audit_log.campaign_id, audit_log.hash,
           coalesce(campaigns.name, audit_log.campaign_id) AS campaign
    FROM audit_log LEFT JOIN campaigns ON campaigns.campaign_id = audit_log.campaign_id
    WHERE audit_log.kind = 'audit.exported'
      AND json_extract_string(audit_log.payload, '$.is_evidence') = 'true'
    ORDER BY audit_log.seq DESC LIMIT 1
"""


def last_pack(store: Store) -> dict[str, str] | None:
    """Return the campaign of the last evidence pack and a head in its trail, None without one.

    Whatever is recorded later, the handing out of that pack included, the pack cannot know.
    """
    found = store.records(_LAST_PACK)
    return found[0] if found else None


_BLOCKED = """
    SELECT screened.screened_at, variants.segment, variants.arm, screened.variant_id,
           screened.version, screened.decision, findings.rule, findings.severity, findings.action,
           findings.field, findings.text, findings.message, findings.advice
    FROM screenings AS screened
    JOIN variants USING (variant_id, version)
    JOIN findings USING (screening_id)
    WHERE ($campaign_id = '' OR screened.campaign_id = $campaign_id)
      AND screened.decision IN ('block', 'error', 'review')
      AND findings.action IN ('block', 'error', 'review')
    ORDER BY findings.severity DESC, screened.screening_id DESC, findings.position
    LIMIT 500
"""


def blocked_items(store: Store, campaign_id: str) -> pd.DataFrame:
    """List what screening held back: one row for each finding, with category and severity.

    An empty ``campaign_id`` asks for all campaigns.
    """
    return store.frame(_BLOCKED, campaign_id=campaign_id)


_INPUTS = """
    SELECT checked_at, what, ref, field, rule, decision, reason, customers, engine
    FROM held_inputs
    WHERE $campaign_id = '' OR what = 'passage' OR ref = $campaign_id
       OR ref IN (SELECT dataset_id FROM campaigns WHERE campaign_id = $campaign_id)
    ORDER BY checked_at DESC, what, ref, field, rule, key
    LIMIT 500
"""


def held_inputs(store: Store, campaign_id: str) -> pd.DataFrame:
    """List customers' values, passages and parts of briefs that messages do without."""
    return store.frame(_INPUTS, campaign_id=campaign_id)


_TRAIL = """
    SELECT seq, happened_at, kind, ref, actor, payload, hash
    FROM audit_log
    WHERE ($campaign_id = '' OR campaign_id = $campaign_id)
      AND ($kind = '' OR starts_with(kind, $kind)) AND ($actor = '' OR actor = $actor)
      AND ($words = '' OR contains(lower(ref || ' ' || payload), lower($words)))
      AND ($since::VARCHAR IS NULL OR happened_at >= $since::VARCHAR)
      AND ($until::VARCHAR IS NULL OR left(happened_at, 10) <= $until::VARCHAR)
    ORDER BY seq DESC
    LIMIT $limit OFFSET $offset
"""
_TRAIL_SIZE = """
    SELECT count(*) FROM audit_log
    WHERE ($campaign_id = '' OR campaign_id = $campaign_id)
      AND ($kind = '' OR starts_with(kind, $kind)) AND ($actor = '' OR actor = $actor)
      AND ($words = '' OR contains(lower(ref || ' ' || payload), lower($words)))
      AND ($since::VARCHAR IS NULL OR happened_at >= $since::VARCHAR)
      AND ($until::VARCHAR IS NULL OR left(happened_at, 10) <= $until::VARCHAR)
"""


def trail(
    store: Store,
    campaign_id: str,
    *,
    kind: str = "",
    actor: str = "",
    words: str = "",
    since: date | None = None,
    until: date | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, pd.DataFrame]:
    """Return how many audit rows fit the filters, and one page of them, newest first.

    An empty ``campaign_id`` asks for those of all campaigns and of none.  Beyond the last page the
    first one is returned, since the filters may have changed meanwhile.
    """
    filters = {"campaign_id": campaign_id, "kind": kind, "actor": actor, "words": words,
               "since": since.isoformat() if since else None,
               "until": until.isoformat() if until else None}  # fmt: skip
    size = int(store.read(_TRAIL_SIZE, **filters)[0][0])
    offset = offset if offset < size else 0
    return size, store.frame(_TRAIL, **filters, limit=limit, offset=offset)


_CHOICES = """
    SELECT DISTINCT split_part(kind, '.', 1) AS kind, actor FROM audit_log
    WHERE $campaign_id = '' OR campaign_id = $campaign_id ORDER BY kind, actor
"""


def trail_choices(store: Store, campaign_id: str) -> tuple[list[str], list[str]]:
    """List the kinds of things and the people that the campaign's trail knows."""
    rows = store.read(_CHOICES, campaign_id=campaign_id)
    return sorted({kind for kind, _ in rows}), sorted({actor for _, actor in rows})
