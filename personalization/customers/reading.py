"""From clean records to typed rows and problems: a handful of statements over whole tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from personalization.customers import (
    consent_rows,
    customer_rows,
    engagement_rows,
    interaction_rows,
    outreach_event_rows,
    product_rows,
    prospect_rows,
    transaction_rows,
)
from personalization.customers.columns import Formats, decide_formats
from personalization.customers.fields import ATTRIBUTE, IGNORE, fields_of_kind, total_words
from personalization.customers.loading import Reading, all_fields, generic_names, load_cells, only
from personalization.customers.mapping import KEYS, KEYS_OF
from personalization.customers.structure import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

ACCEPTED: Final = "accepted.parquet"
PROBLEMS: Final = "problems.parquet"

# Lines that look like rows and are none: the header in another spelling, and a line that sums up.
# Its key is a word such as Total, or it has no key and few cells, and one of them is such a word.
_NO_ROWS: Final = """
    CREATE TABLE no_rows AS
    WITH keyed AS (
        SELECT line, email, event,
               row_key($key, customer_id, email, product_id, prospect_id, linkedin_url) AS key
        FROM cells
    ), keyless AS (
        SELECT line, [*COLUMNS($used)] AS texts FROM cells
        WHERE row_key($key, customer_id, email, product_id, prospect_id, linkedin_url) IS NULL
    )
    SELECT line, 'repeated_header' AS reason FROM keyed WHERE lower(key) = lower($key_name)
    UNION ALL
    SELECT line, 'total_line' FROM keyed
    WHERE CASE WHEN key[1] BETWEEN '0' AND '9' THEN false
               ELSE list_contains($words, plain_words(key)) END
      AND ($key = 'email' OR email IS NULL) AND event IS NULL
    UNION ALL
    SELECT line, 'total_line' FROM keyless
    WHERE CASE WHEN list_count(texts) <= 0.7 * len(texts)
               THEN list_has_any(list_transform(texts, lambda text: plain_words(text)), $words) END
"""
_TELL_NO_ROWS: Final = """
    INSERT INTO problems
    SELECT 'skipped', line, NULL, left(concat_ws(' ', *COLUMNS($used)), 300), reason, NULL
    FROM cells JOIN no_rows USING (line)
"""
_TELL_FORMULAS: Final = """
    INSERT INTO problems
    SELECT 'warning', line, column_name, left(text, 300), 'formula_like_text', NULL
    FROM (UNPIVOT (SELECT line, COLUMNS($plain) FROM typed WHERE outcome = 'accepted')
          ON COLUMNS(* EXCLUDE line) INTO NAME field VALUE text)
    JOIN file_columns USING (field)
    WHERE is_formula(text)
"""
_TELL_FOUND: Final = """
    INSERT INTO problems
    SELECT unnest($outcomes::VARCHAR[]), unnest($lines::BIGINT[]), unnest($columns::VARCHAR[]),
           unnest($values::VARCHAR[]), unnest($reasons::VARCHAR[]), NULL
"""
_COUNTS: Final = "SELECT outcome, count(*) FROM typed GROUP BY outcome"
_TOLD: Final = "SELECT outcome, count(*) FROM problems GROUP BY outcome"
_PROBLEMS: Final = """
    SELECT outcome, line, column_name, value, reason, ids FROM problems
    ORDER BY line, column_name, reason
"""


class _Target(NamedTuple):
    """The statements of a target: rows read and judged, what is told of them, what is accepted."""

    read: tuple[str, ...]
    tell: tuple[str, ...]
    accepted: str


_TARGETS: Final = {
    "customers": _Target(
        (customer_rows.READ, customer_rows.LAST, customer_rows.JUDGE),
        (customer_rows.TELL, customer_rows.TELL_SHARED),
        customer_rows.ACCEPTED,
    ),
    "transactions": _Target(
        (transaction_rows.READ, transaction_rows.LAST, transaction_rows.JUDGE),
        (transaction_rows.TELL,),
        transaction_rows.ACCEPTED,
    ),
    "products": _Target(
        (product_rows.READ_PRODUCTS, customer_rows.LAST, customer_rows.JUDGE_NEWEST),
        (product_rows.TELL_PRODUCTS,),
        product_rows.ACCEPTED_PRODUCTS,
    ),
    "interactions": _Target(
        (interaction_rows.READ_INTERACTIONS, transaction_rows.LAST, transaction_rows.JUDGE),
        (interaction_rows.TELL_INTERACTIONS,),
        interaction_rows.ACCEPTED_INTERACTIONS,
    ),
    "engagements": _Target(
        (engagement_rows.READ_ENGAGEMENTS,),
        (engagement_rows.TELL_ENGAGEMENTS,),
        engagement_rows.ACCEPTED_ENGAGEMENTS,
    ),
    "outreach_events": _Target(
        (outreach_event_rows.READ_OUTREACH_EVENTS,),
        (outreach_event_rows.TELL_OUTREACH_EVENTS,),
        outreach_event_rows.ACCEPTED_OUTREACH_EVENTS,
    ),
    "consents": _Target(
        (consent_rows.READ_CONSENTS,),
        (consent_rows.TELL_CONSENTS,),
        consent_rows.ACCEPTED_CONSENTS,
    ),
    "suppressions": _Target(
        (consent_rows.READ_SUPPRESSIONS,),
        (consent_rows.TELL_SUPPRESSIONS,),
        consent_rows.ACCEPTED_SUPPRESSIONS,
    ),
    "prospects": _Target(
        (prospect_rows.READ_PROSPECTS, customer_rows.LAST, customer_rows.JUDGE_NEWEST),
        (prospect_rows.TELL_PROSPECTS,),
        prospect_rows.ACCEPTED_PROSPECTS,
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What the reading came to: formats for the user, counts, the final mapping, open questions."""

    detected: dict[str, Any]
    counts: dict[str, int]
    mapping: dict[str, str]
    ask: tuple[str, ...]


def read_rows(store: Store, reading: Reading) -> Found:
    """Type every kept record, tell what is wrong, and stage both as Parquet.

    ``accepted.parquet`` and ``problems.parquet`` of the folder are written anew.
    """
    mapping = load_cells(store, reading)
    used = {field: column for column, field in mapping.items() if field not in {ATTRIBUTE, IGNORE}}
    formats = decide_formats(
        store, reading.target, used, reading.answers, is_typed=reading.is_typed
    )
    parameters = _parameters(reading, used, formats)
    target = _TARGETS[reading.target]
    for statement in (_NO_ROWS, *target.read, *target.tell, _TELL_NO_ROWS, _TELL_FORMULAS):
        store.run(statement, **_named_in(statement, parameters))
    _tell(store, reading, mapping)
    store.write_parquet(
        reading.folder / ACCEPTED,
        target.accepted,
        **_named_in(target.accepted, parameters),
    )
    store.write_parquet(reading.folder / PROBLEMS, _PROBLEMS)
    is_event_open = (
        reading.target == "interactions" and "event" not in used and "event" not in reading.answers
    )
    ask = (*formats.ask, *("event",) * is_event_open)
    return Found(_detected(formats), _counts(store, reading), mapping, ask)


def _parameters(reading: Reading, used: Mapping[str, str], formats: Formats) -> dict[str, Any]:
    """Collect what the statements of every target may ask for, by the names they use."""
    target = reading.target
    key = reading.columns.key or KEYS_OF.get(target, KEYS)[0]
    extras = [n for n in generic_names(reading) if n.startswith("x")]
    numbers = fields_of_kind(target, "number", "money", "integer")
    days = fields_of_kind(target, "date", "moment")
    fields = all_fields()
    return {
        "key": key,
        "floats": formats.floats,
        "decimals": {field: formats.decimals.get(field, ".") for field in numbers},
        "dates": {field: formats.dates.get(field, "YMD") for field in days},
        "currency": formats.currencies[0] if len(formats.currencies) == 1 else None,
        "allowed_currency": reading.answers.get("currency"),
        "latest": reading.latest,
        "key_name": used.get(key, ""),
        "words": sorted(total_words()),
        "texts": only({*fields, *extras} - {"currency"}),
        "used": only({"customer_id", *used, *extras}),
        "extras": only(["line", *extras]),
        "plain": only(
            {*fields_of_kind(target, "name", "text"), *extras} - {"phone", "x_handle"} or {"event"}
        ),
        "event_words": list(engagement_rows.EVENT_WORDS),
        "event_names": list(engagement_rows.EVENT_WORDS.values()),
        "outreach_words": list(outreach_event_rows.OUTREACH_EVENT_WORDS),
        "outreach_names": list(outreach_event_rows.OUTREACH_EVENT_WORDS.values()),
        "outreach_channel_words": list(outreach_event_rows.OUTREACH_CHANNEL_WORDS),
        "outreach_channel_names": list(outreach_event_rows.OUTREACH_CHANNEL_WORDS.values()),
        "interaction_words": list(interaction_rows.INTERACTION_WORDS),
        "interaction_names": list(interaction_rows.INTERACTION_WORDS.values()),
        "all_rows_are": reading.answers.get("event"),
        "country_words": list(prospect_rows.country_words()),
        "country_codes": list(prospect_rows.country_words().values()),
        "language_words": list(prospect_rows.LANGUAGES),
        "language_codes": list(prospect_rows.LANGUAGES.values()),
        "usual_countries": list(prospect_rows.USUAL_LANGUAGES),
        "usual_languages": list(prospect_rows.USUAL_LANGUAGES.values()),
        "basis_words": list(consent_rows.BASIS_WORDS),
        "basis_names": list(consent_rows.BASIS_WORDS.values()),
        "channel_words": list(consent_rows.CHANNEL_WORDS),
        "channel_names": list(consent_rows.CHANNEL_WORDS.values()),
        "has_email": "email" in used,
        "has_event": "event" in used,
        "has_name": "name" in used,
        "has_consent": "consent_email" in used,
        "has_opt_out": "opt_out" in used,
        "has_money": "total_spent" in used,
        "has_quantity": "quantity" in used,
        "has_price": "unit_price" in used,
        "has_marks": formats.has_marks,
    }


def _named_in(statement: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parameters[name] for name in set(re.findall(r"\$(\w+)", statement))}


def _tell(store: Store, reading: Reading, mapping: Mapping[str, str]) -> None:
    """Put what was found in the text itself, and about whole columns, beside the rest.

    Where a column is sensitive, no line is shown as a whole: it could hold what must not be kept.
    """
    names = reading.structure.names
    is_hidden = bool(reading.columns.sensitive)
    told: list[tuple[Problem, str | None]] = []
    for problem in reading.structure.problems:
        column = None if problem.column is None else names[problem.column]
        if column in reading.columns.sensitive or (column is None and is_hidden):
            told.append((problem._replace(value=None), column))
        else:
            told.append((problem, column))
    about = Problem("warning", None, None, None, "sensitive_column")
    told += [(about, name) for name in reading.columns.sensitive]
    filled = set(mapping.values())
    is_mailing_list = reading.target == "customers" and "email" in filled
    if is_mailing_list and not filled & {"consent_email", "opt_out"}:
        told.append((about._replace(reason="no_consent_column"), None))
    store.run(
        _TELL_FOUND,
        outcomes=[problem.outcome for problem, _ in told],
        lines=[problem.line for problem, _ in told],
        columns=[column for _, column in told],
        values=[problem.value for problem, _ in told],
        reasons=[problem.reason for problem, _ in told],
    )


def _counts(store: Store, reading: Reading) -> dict[str, int]:
    rows, told = dict(store.read(_COUNTS)), dict(store.read(_TOLD))
    n_unfit = sum(problem.outcome == "rejected" for problem in reading.structure.problems)
    accepted, merged = rows.get("accepted", 0), rows.get("merged", 0)
    rejected = rows.get("rejected", 0) + n_unfit
    return {
        "rows_total": accepted + rejected + merged,
        "accepted": accepted,
        "rejected": rejected,
        "merged": merged,
        "skipped": told.get("skipped", 0),
        "warnings": told.get("warning", 0),
    }


def _detected(formats: Formats) -> dict[str, Any]:
    marks = set(formats.decimals.values())
    decimal = (
        {"decimal": "," if "," in marks else "." if "." in marks else marks.pop()} if marks else {}
    )
    thousands = {"thousands": formats.groups[0]} if len(formats.groups) == 1 else {}
    dates = {"dates": formats.dates} if formats.dates else {}
    found = formats.currencies
    currency = {"currency": found[0] if len(found) == 1 else list(found)} if found else {}
    return decimal | thousands | dates | currency
