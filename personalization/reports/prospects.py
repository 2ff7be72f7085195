"""What is known of prospects: who they are at work, how each is worked, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import date, datetime

    from personalization.store import Store

_BASES: Final = """
    SELECT dataset_id, name, is_sample, count(*) AS prospects
    FROM datasets JOIN prospects USING (dataset_id)
    GROUP BY dataset_id, name, is_sample, created_at ORDER BY created_at DESC, dataset_id
"""
_ROUTED: Final = """
    SELECT routings.prospect_id AS id, role, function, seniority, motion, confidence, rule,
           campaign, queue, size_band, company_kind, motion_reason, campaign_reason, queue_reason
    FROM routings
    JOIN prospects USING (dataset_id, prospect_id)
    WHERE routings.dataset_id = $dataset_id
    ORDER BY prospects.rowid
"""
_LIST: Final = """
    SELECT prospect_id, coalesce(full_name, nullif(concat_ws(' ', first_name, last_name), ''),
                                 email, prospect_id) AS name,
           title, company, country, employees, role, seniority, motion, campaign, queue, confidence
    FROM prospects JOIN routings USING (dataset_id, prospect_id)
    WHERE dataset_id = $dataset_id
      AND (len($roles::VARCHAR[]) = 0 OR list_contains($roles::VARCHAR[], role))
      AND (len($motions::VARCHAR[]) = 0 OR list_contains($motions::VARCHAR[], motion))
      AND (NOT $unsure OR confidence < 0.6)
      AND contains(strip_accents(lower(concat_ws(' ', prospect_id, first_name, last_name, full_name,
                   email, title, company, city))), strip_accents(lower($text)))
    ORDER BY confidence, prospect_id LIMIT $limit
"""
_COUNTS: Final = """
    SELECT motion, role, count(*) AS prospects, avg(confidence) AS confidence
    FROM routings WHERE dataset_id = $dataset_id
    GROUP BY motion, role ORDER BY motion, role
"""
_TOTALS: Final = """
    SELECT count(*) AS prospects, count(DISTINCT account) AS accounts,
           count(*) FILTER (WHERE motion = 'suppress') AS suppressed,
           count(*) FILTER (WHERE seniority = 'unknown' OR role = 'other') AS unread,
           count(*) FILTER (WHERE confidence < 0.6) AS unsure,
           count(*) FILTER (WHERE EXISTS (
               FROM prospect_facts AS facts WHERE facts.dataset_id = prospects.dataset_id
                                              AND facts.prospect_id = prospects.prospect_id))
               AS with_facts
    FROM prospects JOIN routings USING (dataset_id, prospect_id)
    WHERE dataset_id = $dataset_id
"""
_ONE: Final = """
    SELECT prospects.*, routings.* EXCLUDE (dataset_id, prospect_id),
           coalesce(readings.standing, 'current') AS standing
    FROM prospects JOIN routings USING (dataset_id, prospect_id)
    LEFT JOIN (
        SELECT title, company_type, country, rules_sha256, any_value(standing) AS standing
        FROM title_readings GROUP BY ALL) AS readings
        ON readings.title = coalesce(prospects.title, '')
       AND readings.country = coalesce(prospects.country, '')
       AND readings.company_type = if(company_kind = 'unknown', '', company_kind)
       AND readings.rules_sha256 = routings.rules_sha256
    WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
"""
_FACTS: Final = """
    SELECT kind, text, source, observed_on FROM prospect_facts
    WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
    ORDER BY observed_on DESC NULLS LAST, kind, fact_id
"""
_SIGNALS: Final = """
    SELECT signal, value FROM prospect_signals
    WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id ORDER BY signal
"""
_CORRECTIONS: Final = """
    SELECT role, function, seniority, prospect_id = '' AS is_for_title, is_withdrawn, saved_at,
           saved_by
    FROM reading_corrections
    WHERE dataset_id = $dataset_id
      AND (prospect_id = $prospect_id OR title = $title AND title <> '')
    ORDER BY saved_at DESC, correction_id DESC
"""


@dataclass(frozen=True, slots=True)
class ProspectBase:
    """A base that holds prospects."""

    dataset_id: str
    name: str
    is_sample: bool
    prospects: int


@dataclass(frozen=True, slots=True)
class ProspectTotals:
    """A base of prospects in figures.

    Attributes:
        prospects: All of them.
        accounts: Companies that they belong to.
        suppressed: Never written to.
        unread: Whose title says no role or no level.
        unsure: Whose reading has a confidence below 0.6.
        with_facts: Of whom something may be cited.
    """

    prospects: int
    accounts: int
    suppressed: int
    unread: int
    unsure: int
    with_facts: int


@dataclass(frozen=True, slots=True)
class ProspectFact:
    """What may be said of a prospect, and where it is from."""

    kind: str
    text: str
    source: str
    observed_on: date | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody knew better of a title."""

    role: str
    function: str
    seniority: str
    is_for_title: bool
    is_withdrawn: bool
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class ProspectStory:
    """Everything about one prospect.

    Attributes:
        fields: Columns of ``prospects`` and of the newest routing, by name.
        facts: What may be cited.
        signals: (signal, value).
        corrections: The newest first.
    """

    fields: dict[str, Any]
    facts: tuple[ProspectFact, ...]
    signals: tuple[tuple[str, str], ...]
    corrections: tuple[Correction, ...]


def prospect_bases(store: Store) -> list[ProspectBase]:
    """List the bases that hold prospects, the newest first."""
    return [ProspectBase(**row) for row in store.records(_BASES)]


def prospect_totals(store: Store, dataset_id: str) -> ProspectTotals:
    """Count a base's prospects."""
    return ProspectTotals(**store.records(_TOTALS, dataset_id=dataset_id)[0])


def motions_by_role(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """Count prospects by motion and role: motion, role, prospects, confidence."""
    return store.records(_COUNTS, dataset_id=dataset_id)


def list_prospects(
    store: Store,
    dataset_id: str,
    *,
    text: str = "",
    roles: tuple[str, ...] = (),
    motions: tuple[str, ...] = (),
    is_unsure: bool = False,
    limit: int = 500,
) -> list[dict[str, Any]]:
    """List prospects, those first whose title was hardest to read.

    Args:
        store: Reads ``prospects`` and ``routings``.
        dataset_id: The base.
        text: Anywhere in name, number, address, title, company or city; accents do not matter.
        roles: Only these; all where it is empty.
        motions: Only these; all where it is empty.
        is_unsure: Only readings with a confidence below 0.6.
        limit: How many at most.
    """
    return store.records(
        _LIST, dataset_id=dataset_id, text=text.strip(), roles=list(roles), motions=list(motions),
        unsure=is_unsure, limit=limit,
    )  # fmt: skip


def prospect_story(store: Store, dataset_id: str, prospect_id: str) -> ProspectStory | None:
    """Return everything about one prospect; None where there is none or none was routed."""
    place = {"dataset_id": dataset_id, "prospect_id": prospect_id}
    rows = store.records(_ONE, **place)
    if not rows:
        return None
    title = rows[0]["title"] or ""
    return ProspectStory(
        rows[0],
        tuple(ProspectFact(**row) for row in store.records(_FACTS, **place)),
        tuple((str(s), str(v)) for s, v in store.read(_SIGNALS, **place)),
        tuple(Correction(**row) for row in store.records(_CORRECTIONS, title=title, **place)),
    )


def routing_lines(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """List every prospect as ``personalize route`` prints it, in the order of the file."""
    lines = store.records(_ROUTED, dataset_id=dataset_id)
    return [
        {key: value for key, value in line.items() if not key.endswith("_reason")}
        | {"reasons": {key.removesuffix("_reason"): value for key, value in line.items()
                       if key.endswith("_reason")}}
        for line in lines
    ]  # fmt: skip
