"""What each person hears: the clauses of an approved script, filled in the engine.

The values are those that written messages carry: the same macros fill them, so that markup, links
and formulas are blank and read as their fallback.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import MERGE_FIELDS, PROSPECT_FIELDS, merge_tags
from personalization.errors import InputError, StateError
from personalization.providers.speech import Slot
from personalization.voice.splicing import Clause, clauses_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalization.store import Store

SPOKEN_CHANNELS: Final = ("video_script", "call_snippet")
"""Channels whose texts are written to be heard; their call to action is said as well."""

_PAGE: Final = 500  # people read at a time

_SCRIPT: Final = """
    SELECT words.*, campaigns.dataset_id FROM speakable_variants AS words
    JOIN campaigns ON campaigns.campaign_id = words.campaign_id
    WHERE words.campaign_id = $campaign_id AND words.variant_id = $variant_id
"""


@dataclass(frozen=True, slots=True)
class Script:
    """Approved words that may be spoken, as they stand now.

    Attributes:
        clauses: What is said, in order, with its tags.
        fingerprint: ``content_sha256`` of the approved message.
    """

    variant_id: str
    version: int
    campaign_id: str
    dataset_id: str
    channel: str
    segment: str
    locale: str
    fingerprint: str
    clauses: tuple[Clause, ...]
    is_for_prospects: bool

    @property
    def text(self) -> str:
        """Return the words in one piece."""
        return " ".join(clause.text for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class Filled:
    """A clause as one person hears it, with the spans that are the person's own."""

    text: str
    slots: tuple[Slot, ...]
    is_personal: bool


@dataclass(frozen=True, slots=True)
class Listener:
    """A person and what the person hears.

    Attributes:
        country: ISO 3166-1 alpha-2; None where it is not known.
        clauses: In their order.
        fault: Why nothing may be made for this person; empty where nothing stands against it.
    """

    person_id: str
    country: str | None
    clauses: tuple[Filled, ...]
    fault: str = ""

    @property
    def text(self) -> str:
        """Return the words in one piece."""
        return " ".join(clause.text for clause in self.clauses)


def approved_script(store: Store, campaign_id: str, variant_id: str) -> Script:
    """Return the words of a message that may be spoken today.

    Args:
        store: Reads ``speakable_variants``, where only approved, screened words are.
        campaign_id: Whose.
        variant_id: Which message.

    Raises:
        StateError: It is not approved as it stands, or held.
        InputError: It names products, which are shown and not said.
    """
    found = store.records(_SCRIPT, campaign_id=campaign_id, variant_id=variant_id)
    if not found:
        raise StateError(
            f"Message {variant_id!r} may not be spoken: it is not approved as it stands, its "
            "sources do not hold, or the campaign is held. Approve it on the Review page first."
        )
    row = found[0]
    parts = [row["body"]]
    if row["channel"] in SPOKEN_CHANNELS and row["call_to_action"]:
        parts.append(row["call_to_action"])
    text = "\n".join(parts)
    if any(tag.rank for tag in merge_tags(text)):
        raise InputError(
            "This message shows products by name and price, which are read and not heard. Choose "
            "a message without product fields."
        )
    return Script(
        row["variant_id"], int(row["version"]), campaign_id, row["dataset_id"], row["channel"],
        row["segment"], row["locale"], row["content_sha256"], clauses_of(text, row["locale"]),
        bool(row["is_for_prospects"]),
    )  # fmt: skip


# All values go through one call: each further one costs a tenth of a second, whatever it is given.
# A value stands between chr(30) with the number of its field and chr(31), which no value holds.
_PROSPECTS: Final = """
    WITH chosen AS (
        SELECT dataset_id, prospect_id, body, split_part(fact_ids, ',', 1) AS fact_id
        FROM latest_outreach_messages
        WHERE campaign_id = $campaign_id AND variant_id = $variant_id AND version = $version
          AND skeleton_sha256 = $fingerprint AND status = 'ready' AND prospect_id > $after
          AND (len($ids::VARCHAR[]) = 0 OR list_contains($ids::VARCHAR[], prospect_id))
        ORDER BY prospect_id LIMIT $most
    ), written AS (
        SELECT prospect_id, unnest(range(6)) AS place,
               unnest([greeted_as(first_name, full_name, country),
                       called(first_name, last_name, full_name), company, city, industry,
                       title]) AS own
        FROM prospects
        WHERE (dataset_id, prospect_id) IN (SELECT (dataset_id, prospect_id) FROM chosen)
    ), clean AS (
        SELECT prospect_id, list(prospect_value(own) ORDER BY place) AS own
        FROM written GROUP BY prospect_id
    ), own AS (
        SELECT chosen.prospect_id, chosen.body, prospects.country,
               clean.own[1] AS first_name, clean.own[2] AS full_name, clean.own[3] AS company,
               clean.own[4] AS city, clean.own[5] AS industry, clean.own[6] AS title,
               coalesce(fact_value(facts.text), '') AS fact
        FROM chosen
        JOIN clean ON clean.prospect_id = chosen.prospect_id
        JOIN prospects ON prospects.dataset_id = chosen.dataset_id
                      AND prospects.prospect_id = chosen.prospect_id
        LEFT JOIN prospect_facts AS facts ON facts.dataset_id = chosen.dataset_id
                                         AND facts.prospect_id = chosen.prospect_id
                                         AND facts.fact_id = chosen.fact_id
    ), formed AS (
        SELECT *, prospect_filled(first_name, full_name, company, city, industry, title) AS filled
        FROM own)
    SELECT prospect_id, country, body AS written,
           list_transform($clauses::VARCHAR[], lambda clause: fill_prospect(
               prospect_form(clause, filled),
               concat(chr(30), '1', first_name, chr(31)), concat(chr(30), '2', full_name, chr(31)),
               concat(chr(30), '3', company, chr(31)), concat(chr(30), '4', city, chr(31)),
               concat(chr(30), '5', industry, chr(31)), concat(chr(30), '6', title, chr(31)),
               concat(chr(30), '7', fact, chr(31)))) AS clauses
    FROM formed ORDER BY prospect_id
"""
_CUSTOMERS: Final = """
    WITH own AS (
        SELECT people.customer_id, own.country AS lives_in,
               coalesce(merge_value(own.first_name), '') AS first_name,
               coalesce(merge_value(own.city), '') AS city,
               coalesce(merge_value(own.country), '') AS country,
               coalesce(merge_value(own.favourite_category), '') AS favourite_category,
               coalesce(merge_value(own.tier), '') AS tier
        FROM audience AS people
        JOIN campaigns ON campaigns.campaign_id = people.campaign_id
        JOIN customers AS own ON own.dataset_id = campaigns.dataset_id
                             AND own.customer_id = people.customer_id
        WHERE people.campaign_id = $campaign_id AND people.segment = $segment
          AND people.bucket = 'eligible' AND people.customer_id > $after
          AND (len($ids::VARCHAR[]) = 0 OR list_contains($ids::VARCHAR[], people.customer_id))
        ORDER BY people.customer_id LIMIT $most
    ), formed AS (
        SELECT *, fields_filled(first_name, city, country, favourite_category, tier) AS filled
        FROM own
    )
    SELECT customer_id, lives_in, NULL AS written,
           list_transform($clauses::VARCHAR[], lambda clause: fill_form(
               message_form(clause, filled),
               concat(chr(30), '1', first_name, chr(31)), concat(chr(30), '2', city, chr(31)),
               concat(chr(30), '3', country, chr(31)),
               concat(chr(30), '4', favourite_category, chr(31)),
               concat(chr(30), '5', tier, chr(31)))) AS clauses
    FROM formed ORDER BY customer_id
"""
_FIELDS: Final = {
    True: (*(f"prospect.{name}" for name in PROSPECT_FIELDS), "fact.text"),
    False: MERGE_FIELDS,
}
_VALUE: Final = re.compile(r"\x1e([1-7])([^\x1e\x1f]*)\x1f")


_COUNT_PROSPECTS: Final = """
    SELECT count(*) FROM latest_outreach_messages
    WHERE campaign_id = $campaign_id AND variant_id = $variant_id AND version = $version
      AND skeleton_sha256 = $fingerprint AND status = 'ready'
      AND (len($ids::VARCHAR[]) = 0 OR list_contains($ids::VARCHAR[], prospect_id))
"""
_COUNT_CUSTOMERS: Final = """
    SELECT count(*) FROM audience
    WHERE campaign_id = $campaign_id AND segment = $segment AND bucket = 'eligible'
      AND (len($ids::VARCHAR[]) = 0 OR list_contains($ids::VARCHAR[], customer_id))
"""


def count_listeners(store: Store, script: Script, ids: Sequence[str] = ()) -> int:
    """Count whom ``listeners`` yields."""
    if not script.is_for_prospects:
        row = store.read_one(
            _COUNT_CUSTOMERS, campaign_id=script.campaign_id, segment=script.segment, ids=list(ids)
        )
    else:
        row = store.read_one(
            _COUNT_PROSPECTS, campaign_id=script.campaign_id, variant_id=script.variant_id,
            version=script.version, fingerprint=script.fingerprint, ids=list(ids),
        )  # fmt: skip
    return int(row[0]) if row else 0


def listeners(store: Store, script: Script, ids: Sequence[str] = ()) -> Iterator[list[Listener]]:
    """Yield the people of a script with what each of them hears, some hundred at a time.

    Prospects are those for whom the message was chosen and who passed all gates; customers are
    those of the segment who may be written to.

    Args:
        store: Reads ``latest_outreach_messages``, ``prospects``, ``prospect_facts``; or
            ``audience`` and ``customers``.
        script: What is said.
        ids: Only these people; empty is all.
    """
    clauses = [clause.text for clause in script.clauses]
    after = ""
    while True:
        if script.is_for_prospects:
            rows = store.read(
                _PROSPECTS, campaign_id=script.campaign_id, variant_id=script.variant_id,
                version=script.version, fingerprint=script.fingerprint, ids=list(ids),
                after=after, most=_PAGE, clauses=clauses,
            )  # fmt: skip
        else:
            rows = store.read(
                _CUSTOMERS, campaign_id=script.campaign_id, segment=script.segment,
                ids=list(ids), after=after, most=_PAGE, clauses=clauses,
            )  # fmt: skip
        if not rows:
            return
        yield [_listener(script, row) for row in rows]
        if len(rows) < _PAGE:
            return
        after = str(rows[-1][0])


def _listener(script: Script, row: tuple[Any, ...]) -> Listener:
    person_id, country, written, texts = row
    clauses = tuple(
        _filled(script, clause, text) for clause, text in zip(script.clauses, texts, strict=True)
    )
    return Listener(str(person_id), country, clauses, _fault(clauses, written))


def _fault(clauses: Sequence[Filled], written: str | None) -> str:
    """Tell what stands against speaking to a person; what is said is what was chosen to be read."""
    if any("{{" in clause.text for clause in clauses):
        return "A field of the message is not filled."
    said = _plain(" ".join(clause.text for clause in clauses))
    if written is not None and not said.startswith(_plain(written)):
        return "What is known of the person changed since the message was chosen. Choose it anew."
    return ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _filled(script: Script, clause: Clause, text: str) -> Filled:
    """Take the marks off a filled clause, and keep where its values stand."""
    fields = _FIELDS[script.is_for_prospects]
    said, slots, place = "", list[Slot](), 0
    for found in _VALUE.finditer(text):
        said += text[place : found.start()]
        if found[2]:
            start = len(said)
            slots.append(Slot(start, start + len(found[2]), fields[int(found[1]) - 1]))
        said += found[2]
        place = found.end()
    return Filled(said + text[place:], tuple(slots), clause.is_personal)
