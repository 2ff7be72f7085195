"""The law on consent, country by country, as the policy states it and as tables that SQL joins."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONSENT_BASES
from personalization.errors import InputError
from personalization.safety.jurisdictions import OTHER, spellings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.safety.policy import Policy
    from personalization.store import Store

_KNOWN: Final = frozenset((
    "accepts", "purchase_months", "enquiry_months", "needs_record", "min_age", "honour_days",
    "honour_in_working_days", "law", "source", "reviewed", "owner", "note",
))  # fmt: skip
_NEEDED: Final = ("accepts", "law", "source", "reviewed", "owner")
_LONGEST_TERM: Final = 600  # months; whoever means for ever says 0


@dataclass(frozen=True, slots=True)
class ConsentLaw:
    """On what basis people of a country may be written to.

    Attributes:
        jurisdiction: Its code, ``EU`` or ``other``.
        name: As an officer reads it.
        accepts: Bases that suffice, out of ``domain.CONSENT_BASES``.
        purchase_months: How long consent implied by a purchase lasts; 0: without a term.
        enquiry_months: Likewise by an enquiry.
        needs_record: Whether a yes in a customer file does not suffice.
        min_age: From which age consent counts.
        honour_days: Until an objection has to have reached every sending tool; 0: the same day.
        is_in_working_days: Whether these are Mondays to Fridays.
        law: What it rests on.
        source: Where that can be read.
        reviewed_on: When somebody last held it against the source.
        owner: Who answers for it.
        note: What an officer should know beside.
    """

    jurisdiction: str
    name: str
    accepts: tuple[str, ...]
    purchase_months: int
    enquiry_months: int
    needs_record: bool
    min_age: int
    honour_days: int
    is_in_working_days: bool
    law: str
    source: str
    reviewed_on: date
    owner: str
    note: str


def read_consent_law(jurisdictions: Mapping[str, Mapping[str, Any]]) -> tuple[ConsentLaw, ...]:
    """Read what a policy says of consent in each of its countries.

    A country whose table says nothing of consent goes by ``other``.

    Raises:
        InputError: A key or a basis is unknown, a number is out of its range, or something that
            an officer has to know (law, source, date of review, owner) is missing.
    """
    return tuple(
        _read_one(code, table.get("name", code), table["consent"])
        for code, table in jurisdictions.items()
        if "consent" in table
    )


def _read_one(code: str, name: str, found: Mapping[str, Any]) -> ConsentLaw:
    place = f"[jurisdictions.{code}.consent] of the policy"
    if unknown := sorted(found.keys() - _KNOWN):
        raise InputError(f"{place} has no {unknown[0]!r}. It knows: {', '.join(sorted(_KNOWN))}.")
    if missing := [key for key in _NEEDED if not found.get(key)]:
        raise InputError(f"{place} lacks {missing[0]!r}: an officer has to be able to defend it.")
    _check_bases(place, found)
    try:
        reviewed_on = date.fromisoformat(str(found["reviewed"]))
    except ValueError as error:
        raise InputError(f"{place}: reviewed is a date such as 2026-11-20.") from error
    return ConsentLaw(
        jurisdiction=code,
        name=name,
        accepts=tuple(found["accepts"]),
        purchase_months=_number(place, found, "purchase_months", most=_LONGEST_TERM),
        enquiry_months=_number(place, found, "enquiry_months", most=_LONGEST_TERM),
        needs_record=_truth(place, found, "needs_record"),
        min_age=_number(place, found, "min_age", most=21),
        honour_days=_number(place, found, "honour_days", most=30),
        is_in_working_days=_truth(place, found, "honour_in_working_days"),
        law=found["law"],
        source=found["source"],
        reviewed_on=reviewed_on,
        owner=found["owner"],
        note=found.get("note", ""),
    )


def _check_bases(place: str, found: Mapping[str, Any]) -> None:
    known = [basis for basis in CONSENT_BASES if basis != "withdrawn"]
    if unknown := sorted(set(found["accepts"]) - set(known)):
        raise InputError(
            f"{place}: there is no basis {unknown[0]!r}. There is: {', '.join(known)}."
        )


def _number(place: str, found: Mapping[str, Any], key: str, *, most: int) -> int:
    value = found.get(key, 0)
    if type(value) is not int or not 0 <= value <= most:
        raise InputError(f"{place}: {key} is a whole number from 0 to {most}.")
    return value


def _truth(place: str, found: Mapping[str, Any], key: str) -> bool:
    value = found.get(key, False)
    if type(value) is not bool:
        raise InputError(f"{place}: {key} is true or false.")
    return value


_KEPT = "SELECT law_sha256 FROM jurisdictions LIMIT 1"
_FORGET: Final = (
    "DELETE FROM jurisdictions",
    "DELETE FROM jurisdiction_names",
    "DELETE FROM jurisdiction_rules",
)
_KEEP_LAW = """
    INSERT INTO jurisdictions VALUES ($jurisdiction, $name, $needs_record, $min_age, $honour_days,
        $is_in_working_days, $law, $source, $reviewed_on, $owner, $note, $law_sha256)
"""
_KEEP_NAMES = """
    INSERT INTO jurisdiction_names
    SELECT unnest($spellings::VARCHAR[]), unnest($codes::VARCHAR[]), unnest($own_codes::VARCHAR[])
"""
_KEEP_RULES = """
    INSERT INTO jurisdiction_rules
    SELECT $jurisdiction, unnest($bases::VARCHAR[]), unnest($months::INTEGER[])
"""


def keep_consent_law(store: Store, policy: Policy) -> None:
    """Put the policy's law on consent into the tables that ``mailability`` reads, if it differs.

    Args:
        store: Writes ``jurisdictions``, ``jurisdiction_names`` and ``jurisdiction_rules``.
        policy: The one in force.

    Raises:
        InputError: The policy's tables cannot be read; what was in force before stays.
    """
    laws = read_consent_law(policy.jurisdictions)
    codes = {law.jurisdiction for law in laws}
    own = spellings_of(policy.jurisdictions)
    names = {spelling: code if code in codes else OTHER for spelling, code in own.items()}
    whole = json.dumps([[asdict(law) for law in laws], names, own], sort_keys=True, default=str)
    digest = hashlib.sha256(whole.encode()).hexdigest()
    if store.read_one(_KEPT) == (digest,):
        return
    with store.transaction():
        for statement in _FORGET:
            store.run(statement)
        store.run(_KEEP_NAMES, spellings=list(names), codes=list(names.values()),
                  own_codes=list(own.values()))  # fmt: skip
        for law in laws:
            _keep_one(store, law, digest)


def _keep_one(store: Store, law: ConsentLaw, digest: str) -> None:
    values = asdict(law)
    accepts = values.pop("accepts")
    months = {
        "implied_purchase": values.pop("purchase_months") or None,
        "implied_enquiry": values.pop("enquiry_months") or None,
    }
    store.run(_KEEP_LAW, **values, law_sha256=digest)
    store.run(
        _KEEP_RULES,
        jurisdiction=law.jurisdiction,
        bases=list(accepts),
        months=[months.get(basis) for basis in accepts],
    )
