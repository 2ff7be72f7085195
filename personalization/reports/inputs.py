"""What was looked at before it went into messages: customers' values, passages, the brief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

# The values of the campaign's customers, and what they say of its segments, are one kind.
_CHECKS = """
    WITH asked AS (
        SELECT campaign_id, dataset_id FROM campaigns WHERE campaign_id = $campaign_id
    ), last_checks AS (
        SELECT * FROM input_checks
        WHERE what = 'passage' OR ref IN (SELECT campaign_id FROM asked)
           OR ref IN (SELECT dataset_id FROM asked)
        QUALIFY row_number() OVER (PARTITION BY what, ref ORDER BY number DESC) = 1
    )
    SELECT what, sum(texts)::BIGINT AS texts, sum(texts_read)::BIGINT AS texts_read,
           sum(texts_held)::BIGINT AS texts_held, min(checked_at) AS checked_at,
           bool_and(engine LIKE '%shields%') AS has_shields
    FROM last_checks GROUP BY what ORDER BY what
"""


@dataclass(frozen=True, slots=True)
class InputChecks:
    """The last check of one kind of input.

    Attributes:
        what: customer field, passage or brief.
        texts: Different texts that there are.
        texts_read: Of them, held against every rule; the others have nothing that could break one.
        texts_held: Of them, not used until they are corrected.
        checked_at: When the first of them was looked at for the last time.
        has_shields: Whether Prompt Shields were asked as well.
    """

    what: str
    texts: int
    texts_read: int
    texts_held: int
    checked_at: datetime
    has_shields: bool


def input_checks(store: Store, campaign_id: str) -> list[InputChecks]:
    """Tell for each kind of input of a campaign what its last check came to; none if none was."""
    return [InputChecks(**row) for row in store.records(_CHECKS, campaign_id=campaign_id)]
