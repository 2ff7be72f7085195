"""A script as one real person hears it, with what is the person's own; and names to check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import voice
from personalization.domain import merge_tags

if TYPE_CHECKING:
    from personalization.store import Store
    from personalization.voice import Listener, Script, SpeakableScript

MOST_READERS: Final = 200
"""People of a script whom a page offers by name."""

_PROSPECTS: Final = """
    SELECT people.prospect_id AS person_id,
           coalesce(people.full_name, people.first_name, '') AS name,
           coalesce(people.title, '') AS title, coalesce(people.company, '') AS company
    FROM latest_outreach_messages AS chosen
    JOIN prospects AS people ON people.dataset_id = chosen.dataset_id
                            AND people.prospect_id = chosen.prospect_id
    WHERE chosen.campaign_id = $campaign_id AND chosen.variant_id = $variant_id
      AND chosen.version = $version AND chosen.status = 'ready'
    ORDER BY name = '', name, person_id LIMIT $most
"""
_CUSTOMERS: Final = """
    SELECT own.customer_id AS person_id, coalesce(own.first_name, '') AS name, '' AS title,
           '' AS company
    FROM audience
    JOIN campaigns ON campaigns.campaign_id = audience.campaign_id
    JOIN customers AS own ON own.dataset_id = campaigns.dataset_id
                         AND own.customer_id = audience.customer_id
    WHERE audience.campaign_id = $campaign_id AND audience.segment = $segment
      AND audience.bucket = 'eligible'
    ORDER BY name = '', name, person_id LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A script as one person hears it.

    Attributes:
        parts: Its words in order, each with the field that they came from; '' is approved words,
            the same for everybody.
        values: Each field that the script addresses with the person's own value.
        stand_ins: Each field of which nothing is known, with what is said instead.
        fault: Why nothing may be made for this person; empty where nothing stands against it.
    """

    person_id: str
    parts: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]
    stand_ins: tuple[tuple[str, str], ...]
    fault: str


def listeners_of(store: Store, script: SpeakableScript) -> list[dict[str, Any]]:
    """List whom a script is for, by name: ``person_id, name, title, company``."""
    if script.is_for_prospects:
        return store.records(
            _PROSPECTS, campaign_id=script.campaign_id, variant_id=script.variant_id,
            version=script.version, most=MOST_READERS,
        )  # fmt: skip
    return store.records(
        _CUSTOMERS, campaign_id=script.campaign_id, segment=script.segment, most=MOST_READERS
    )


def reading_of(
    store: Store, campaign_id: str, variant_id: str, person_id: str = ""
) -> Reading | None:
    """Return a script as a person hears it; None where it is not for that person.

    Args:
        store: Reads ``speakable_variants`` and who the message is for, as whoever speaks it does.
        campaign_id: Whose script.
        variant_id: Which.
        person_id: Who hears it; empty is the first one.

    Raises:
        StateError: The message is not approved as it stands.
        InputError: It names products, which are shown and not said.
    """
    script = voice.approved_script(store, campaign_id, variant_id)
    group = next(voice.listeners(store, script, [person_id] if person_id else []), [])
    return _reading(script, group[0]) if group else None


def _reading(script: Script, listener: Listener) -> Reading:
    parts: list[tuple[str, str]] = []
    for clause in listener.clauses:
        place = 0
        for slot in clause.slots:
            parts += [(clause.text[place : slot.start], ""),
                      (clause.text[slot.start : slot.end], slot.field)]  # fmt: skip
            place = slot.end
        parts.append((f"{clause.text[place:]} ", ""))
    values = {field: text for text, field in parts if field}
    stand_ins = {
        tag.field: tag.fallback for tag in merge_tags(script.text) if tag.field not in values
    }
    return Reading(
        listener.person_id, tuple(part for part in parts if part[0]), tuple(values.items()),
        tuple(stand_ins.items()), listener.fault,
    )  # fmt: skip
