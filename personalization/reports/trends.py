"""How screening fares over time: what is held back, overruled, and called a false alarm.

Levels of the embedded screener are bands of confidence and those of Azure severities, so every
figure is of one engine only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.reports.rates import Rate, rate

if TYPE_CHECKING:
    from datetime import date

    from personalization.store import Store

_ENGINES = """
    SELECT engine, count(*) AS screenings, count(DISTINCT policy_version) AS policies,
           min(screened_at) AS first_at, max(screened_at) AS last_at
    FROM screenings GROUP BY engine ORDER BY count(*) DESC, engine
"""


def engines(store: Store) -> list[dict[str, Any]]:
    """List the engines on record with how much each has screened, the busiest first."""
    return store.records(_ENGINES)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of the texts that were screened in a week or in a campaign.

    Attributes:
        name: Of the campaign; empty for a week.
        week: Its Monday; None for a campaign.
        n: Texts; the same version counts once, with its last screening.
        blocked: Share that nobody can let pass; ``review`` needs a reviewer's reason, ``errors``
            could not be checked.
    """

    name: str
    week: date | None
    n: int
    blocked: Rate
    review: Rate
    errors: Rate


_WEEKS = """
    WITH judged AS (
        SELECT date_trunc('week', screened_at)::DATE AS week, decision FROM screenings
        WHERE engine = $engine
        QUALIFY row_number() OVER (PARTITION BY date_trunc('week', screened_at), variant_id,
                                   version, content_sha256 ORDER BY screening_id DESC) = 1
    )
    SELECT '' AS name, week, count(*) AS n, count(*) FILTER (decision = 'block') AS blocked,
           count(*) FILTER (decision = 'review') AS review,
           count(*) FILTER (decision = 'error') AS errors
    FROM judged GROUP BY week ORDER BY week
"""
_CAMPAIGNS = """
    WITH judged AS (
        SELECT campaign_id, decision FROM screenings WHERE engine = $engine
        QUALIFY row_number() OVER (PARTITION BY variant_id, version, content_sha256
                                   ORDER BY screening_id DESC) = 1
    )
    SELECT any_value(campaigns.name) AS name, NULL::DATE AS week, count(*) AS n,
           count(*) FILTER (decision = 'block') AS blocked,
           count(*) FILTER (decision = 'review') AS review,
           count(*) FILTER (decision = 'error') AS errors
    FROM judged JOIN mailings AS campaigns USING (campaign_id)
    GROUP BY campaign_id ORDER BY min(campaigns.created_at), campaign_id
"""


def by_week(store: Store, engine: str) -> list[Outcomes]:
    """Count what came of each week's screenings, oldest first."""
    return _outcomes(store.records(_WEEKS, engine=engine))


def by_campaign(store: Store, engine: str) -> list[Outcomes]:
    """Count what came of each campaign's screenings, in the order in which they were made."""
    return _outcomes(store.records(_CAMPAIGNS, engine=engine))


def _outcomes(rows: list[dict[str, Any]]) -> list[Outcomes]:
    found = []
    for row in rows:
        blocked, review, errors = (
            rate(row[name], row["n"]) for name in ("blocked", "review", "errors")
        )
        if blocked and review and errors:
            found.append(Outcomes(row["name"], row["week"], row["n"], blocked, review, errors))
    return found


_OVERALL = """
    WITH judged AS (
        SELECT decision FROM screenings WHERE engine = $engine
        QUALIFY row_number() OVER (PARTITION BY variant_id, version, content_sha256
                                   ORDER BY screening_id DESC) = 1
    )
    SELECT count(*) AS n, count(*) FILTER (decision = 'block') AS blocked,
           count(*) FILTER (decision = 'review') AS review,
           count(*) FILTER (decision = 'error') AS errors
    FROM judged
"""
# Of what needed a reviewer and got a decision: how much was let pass.
_OVERRIDES = """
    WITH decided AS (
        SELECT screenings.screening_id, max_by(approvals.decision, approvals.approval_id) AS final
        FROM screenings
        JOIN approvals ON approvals.screening_id = screenings.screening_id
        WHERE screenings.engine = $engine AND screenings.decision = 'review'
        GROUP BY screenings.screening_id
    )
    SELECT count(*) AS n, count(*) FILTER (final = 'approved') AS overruled
    FROM decided WHERE final <> 'reopened'
"""
_WAITED = """
    WITH decided AS (
        SELECT screenings.screening_id, screenings.decision,
               (epoch(min(approvals.decided_at)) - epoch(any_value(screenings.screened_at))) / 3600
                   AS hours
        FROM screenings
        JOIN approvals ON approvals.screening_id = screenings.screening_id
        WHERE screenings.engine = $engine AND approvals.decision <> 'reopened'
        GROUP BY screenings.screening_id, screenings.decision
    )
    SELECT count(*) AS n, quantile_cont(hours, 0.5) AS median, quantile_cont(hours, 0.9) AS ninth
    FROM decided
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """All of one engine's screenings in some figures.

    Attributes:
        overruled: Share of what needed a reviewer, and got a decision, that was approved.
        decided: Screenings that somebody decided on.
        median_hours: From the screening to the first decision, half of them were quicker.
        ninth_hours: Nine in ten were quicker.
    """

    n: int
    blocked: Rate | None
    review: Rate | None
    errors: Rate | None
    overruled: Rate | None
    decided: int
    median_hours: float | None
    ninth_hours: float | None


def summary(store: Store, engine: str) -> Summary:
    """Sum up what one engine and the rules beside it held back, and what people made of it."""
    n, *counts = store.read(_OVERALL, engine=engine)[0]
    asked, overruled = store.read(_OVERRIDES, engine=engine)[0]
    decided, median, ninth = store.read(_WAITED, engine=engine)[0]
    blocked, review, errors = (rate(count, n) for count in counts)
    return Summary(n, blocked, review, errors, rate(overruled, asked), decided, median, ninth)


_RULES = """
    WITH newest AS (
        SELECT screening_id FROM screenings WHERE engine = $engine
        QUALIFY row_number() OVER (PARTITION BY variant_id, version, content_sha256
                                   ORDER BY screening_id DESC) = 1
    ), fired AS (
        SELECT findings.rule, count(DISTINCT findings.screening_id) AS texts,
               count(DISTINCT findings.screening_id) FILTER (findings.action IN
                   ('review', 'block', 'error')) AS held
        FROM findings JOIN newest USING (screening_id)
        GROUP BY findings.rule
    )
    SELECT rule, texts, held FROM fired ORDER BY held DESC, texts DESC, rule LIMIT $limit
"""


def top_rules(store: Store, engine: str, limit: int = 12) -> list[dict[str, Any]]:
    """List the rules that found most: in how many texts, and how many of those were held."""
    return store.records(_RULES, engine=engine, limit=limit)


_LABELLED = """
    SELECT rule, count(*) AS n, count(*) FILTER (is_false_alarm) AS false_alarms
    FROM judged_findings GROUP BY rule ORDER BY count(*) DESC, rule
"""


def false_alarms(store: Store) -> list[tuple[str, Rate]]:
    """List what reviewers say of each rule's findings, the most labelled rule first.

    The same words found by the same rule count once, however many messages hold them; of several
    reviewers most decide, and a draw counts as right.
    """
    found = ((rule, rate(wrong, n)) for rule, n, wrong in store.read(_LABELLED))
    return [(rule, each) for rule, each in found if each]


# Of findings that say the same one is shown: that of the newest screening.
_UNLABELLED = """
    WITH newest AS (
        SELECT found.finding_key, max(found.screening_id) AS screening_id,
               count(DISTINCT found.screening_id) AS messages
        FROM distinct_findings AS found
        JOIN latest_screenings AS screened USING (screening_id)
        WHERE ($rule = '' OR found.rule = $rule)
          AND found.finding_key NOT IN (
              SELECT said.finding_key FROM finding_labels AS labels
              JOIN distinct_findings AS said
                  ON said.screening_id = labels.screening_id AND said.position = labels.position
              WHERE labels.actor = $actor)
        GROUP BY found.finding_key
    )
    SELECT found.screening_id, min(found.position) AS position, found.rule,
           any_value(findings.action) AS action, found.field, any_value(findings.text) AS text,
           any_value(findings.message) AS message, any_value(findings.span_start) AS span_start,
           any_value(findings.span_end) AS span_end, any_value(newest.messages) AS messages,
           any_value(campaigns.name) AS campaign, any_value(screened.variant_id) AS variant_id,
           any_value(screened.version) AS version
    FROM newest
    JOIN distinct_findings AS found
        ON found.finding_key = newest.finding_key AND found.screening_id = newest.screening_id
    JOIN findings ON findings.screening_id = found.screening_id
                 AND findings.position = found.position
    JOIN screenings AS screened ON screened.screening_id = found.screening_id
    JOIN campaigns ON campaigns.campaign_id = screened.campaign_id
    WHERE findings.action <> 'error'
    GROUP BY found.finding_key, found.screening_id, found.rule, found.field
    ORDER BY max(newest.messages) DESC, found.rule, found.screening_id, position
"""
_TEXT = """
    SELECT CASE $field WHEN 'subject' THEN subject WHEN 'preheader' THEN preheader
                WHEN 'call_to_action' THEN call_to_action WHEN 'link' THEN link
                WHEN 'footer' THEN footer ELSE body END AS words
    FROM variants WHERE variant_id = $variant_id AND version = $version
"""
_AROUND = 90


def unlabelled(store: Store, *, actor: str, rule: str = "") -> list[dict[str, Any]]:
    """List the findings that this reviewer has not labelled, what stops most messages first."""
    return store.records(_UNLABELLED, actor=actor, rule=rule)


def around(store: Store, row: dict[str, Any]) -> tuple[str, str, str]:
    """Return the words before a finding, the finding's own, and those after it, all whole."""
    found = store.read_one(
        _TEXT, field=row["field"], variant_id=row["variant_id"], version=row["version"]
    )
    words, start, end = str(found[0]) if found else "", row["span_start"], row["span_end"]
    before, after = words[max(start - _AROUND, 0) : start], words[end : end + _AROUND]
    if start > _AROUND and not words[start - _AROUND - 1].isspace():
        before = "… " + before.partition(" ")[2]
    if end + _AROUND < len(words) and not words[end + _AROUND].isspace():
        after = after.rpartition(" ")[0] + " …"
    return before, words[start:end], after


_MINE = """
    SELECT labels.screening_id, labels.position, max_by(labels.label, labels.label_id) AS label
    FROM finding_labels AS labels
    WHERE labels.screening_id = $screening_id AND labels.actor = $actor
    GROUP BY labels.screening_id, labels.position ORDER BY labels.position
"""


def labels_of(store: Store, screening_id: int, *, actor: str) -> dict[int, str]:
    """Return what a reviewer said of the findings of one screening, by position."""
    rows = store.read(_MINE, screening_id=screening_id, actor=actor)
    return {position: label for _, position, label in rows}
