"""When those of a sequence who wait for working hours can be written to, and what is due then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.due import fill_due
from personalization.outreach.states import base_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.outreach.sequences import OutreachSequence
    from personalization.settings import Settings
    from personalization.store import Store

_OPENINGS: Final = """
    SELECT channel, due_at AS opens_at, count(*) AS people FROM sequence_due
    WHERE standing = 'later' AND due_at IS NOT NULL
    GROUP BY channel, due_at ORDER BY due_at, channel
"""
_DUE_THEN: Final = """
    SELECT due.prospect_id,
           coalesce(people.full_name,
                    nullif(concat_ws(' ', people.first_name, people.last_name), ''), '') AS name,
           coalesce(people.company, '') AS company, coalesce(due.country, '') AS country,
           due.channel, due.step, due.subject, due.body
    FROM sequence_due AS due
    LEFT JOIN prospects AS people ON people.dataset_id = $dataset_id
                                 AND people.prospect_id = due.prospect_id
    WHERE due.standing = 'due'
    ORDER BY due.channel, due.score DESC NULLS LAST, due.prospect_id LIMIT $most
"""
_CHANNELS: Final = """
    SELECT channel, count(*) FROM sequence_due WHERE standing = 'due'
    GROUP BY channel ORDER BY channel
"""


@dataclass(frozen=True, slots=True)
class DueThen:
    """What would be due at a moment, as things stand now.

    Attributes:
        channels: How many messages, by channel.
        messages: The first of them: ``prospect_id, name, company, country, channel, step, subject,
            body``.
    """

    channels: Mapping[str, int]
    messages: tuple[Mapping[str, Any], ...]


def openings(
    store: Store, settings: Settings, sequence: OutreachSequence, *, now: datetime
) -> list[dict[str, Any]]:
    """List when working hours begin for those who wait for them: ``channel, opens_at, people``.

    Args:
        store: Writes nothing but temporary tables.
        settings: As for ``sequence_standing``.
        sequence: Of the campaign.
        now: With its time zone.
    """
    with store.transaction():
        fill_due(store, settings, sequence, now=now, is_simulated=False)
        return store.records(_OPENINGS)


def due_then(
    store: Store,
    settings: Settings,
    sequence: OutreachSequence,
    *,
    moment: datetime,
    most: int = 50,
) -> DueThen:
    """Tell who would be due at a moment, as things stand now; nothing is handed over by it.

    Who objects, answers or changes till then is seen when the files are made.

    Args:
        store: Writes nothing but temporary tables.
        settings: As for ``sequence_standing``.
        sequence: Of the campaign.
        moment: With its time zone.
        most: So many messages at most; they are counted all.
    """
    with store.transaction():
        fill_due(store, settings, sequence, now=moment, is_simulated=False)
        dataset_id = base_of(store, sequence.campaign_id)
        return DueThen(
            {str(channel): int(n) for channel, n in store.read(_CHANNELS)},
            tuple(store.records(_DUE_THEN, dataset_id=dataset_id, most=most)),
        )
