"""What the compliance officer sees: coverage, what was blocked and why, and the trail.

Coverage is a set, not a percentage: every string that is or was to go out, against every string
that was screened in those very bytes.  Nothing to send is told as that, and never as 100 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.store import verify_chain

if TYPE_CHECKING:
    import pandas as pd

    from personalization.store import AuditCheck, Store


def check(store: Store) -> AuditCheck:
    """Work every hash of the trail out again; see ``store.verify_chain``."""
    return verify_chain(store)


_BLOCKED = """
    SELECT screened.screened_at, variants.segment, variants.arm, screened.variant_id,
           screened.version, screened.decision, findings.rule, findings.severity, findings.action,
           findings.field, findings.text, findings.message, findings.advice
    FROM screenings AS screened
    JOIN variants USING (variant_id, version)
    JOIN findings USING (screening_id)
    WHERE screened.campaign_id = $campaign_id AND screened.decision IN ('block', 'error', 'review')
      AND findings.action IN ('block', 'error', 'review')
    ORDER BY findings.severity DESC, screened.screening_id DESC, findings.position
    LIMIT 500
"""


def blocked_items(store: Store, campaign_id: str) -> pd.DataFrame:
    """List what screening held back: one row for each finding, with category and severity."""
    return store.frame(_BLOCKED, campaign_id=campaign_id)


_TRAIL = """
    SELECT seq, happened_at, kind, ref, actor, payload, hash
    FROM audit_log
    WHERE campaign_id = $campaign_id
      AND ($kind = '' OR starts_with(kind, $kind)) AND ($actor = '' OR actor = $actor)
      AND ($words = '' OR contains(lower(ref || ' ' || payload), lower($words)))
    ORDER BY seq DESC
    LIMIT $limit OFFSET $offset
"""
_TRAIL_SIZE = """
    SELECT count(*) FROM audit_log
    WHERE campaign_id = $campaign_id
      AND ($kind = '' OR starts_with(kind, $kind)) AND ($actor = '' OR actor = $actor)
      AND ($words = '' OR contains(lower(ref || ' ' || payload), lower($words)))
"""


def trail(
    store: Store,
    campaign_id: str,
    *,
    kind: str = "",
    actor: str = "",
    words: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, pd.DataFrame]:
    """Return how many audit rows fit the filters, and one page of them, newest first."""
    filters = {"campaign_id": campaign_id, "kind": kind, "actor": actor, "words": words}
    size = store.read(_TRAIL_SIZE, **filters)[0][0]
    return int(size), store.frame(_TRAIL, **filters, limit=limit, offset=offset)


_CHOICES = """
    SELECT DISTINCT split_part(kind, '.', 1) AS kind, actor FROM audit_log
    WHERE campaign_id = $campaign_id ORDER BY kind, actor
"""


def trail_choices(store: Store, campaign_id: str) -> tuple[list[str], list[str]]:
    """List the kinds of things and the people that the campaign's trail knows."""
    rows = store.read(_CHOICES, campaign_id=campaign_id)
    return sorted({kind for kind, _ in rows}), sorted({actor for _, actor in rows})
