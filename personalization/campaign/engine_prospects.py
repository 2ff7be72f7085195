"""A prospect as a program describes one, read by the names that programs use.

Nothing is made up: what is not told is unknown, and stays so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any, Final

from personalization.customers.prospect_rows import country_words
from personalization.customers.prospect_values import (
    handle_of,
    headcount_of,
    locale_of,
    profile_of,
    text_of,
    zone_of,
)
from personalization.domain import CONSENT_BASES, FACT_KINDS
from personalization.errors import InvalidProspect

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "prospect_id": ("prospect_id", "id", "external_id"),
    "email": ("email", "email_address", "work_email"),
    "first_name": ("first_name", "firstname", "given_name"),
    "last_name": ("last_name", "lastname", "surname", "family_name"),
    "full_name": ("full_name", "name"),
    "phone": ("phone", "phone_number", "mobile"),
    "linkedin_url": ("linkedin_url", "linkedin", "linkedin_profile"),
    "x_handle": ("x_handle", "twitter_handle", "twitter", "x"),
    "title": ("title", "job_title", "position", "headline"),
    "company": ("company", "company_name", "organization", "organisation"),
    "website": ("website", "domain", "company_website", "company_domain"),
    "company_type": ("company_type",),
    "industry": ("industry",),
    "employees": ("employees", "company_size", "employee_count"),
    "country": ("country", "country_code"),
    "city": ("city",),
    "locale": ("locale", "language"),
    "time_zone": ("time_zone", "timezone"),
    "owner": ("owner",),
}
"""Fields of a prospect, each with the names under which programs have it."""
_OF_COMPANY: Final = {
    "company": ("name",), "website": ("website", "domain"), "company_type": ("type",),
    "industry": ("industry",), "employees": ("employees", "size"), "country": ("country",),
}  # fmt: skip
_EMAIL: Final = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;]{2,}")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST: Final = 200
_FLAGS: Final = ("opted_out", "unsubscribed", "do_not_contact", "competitor")
_OWN_NAMES: Final = ("first_name", "last_name", "full_name")


@dataclass(frozen=True, slots=True)
class ToldProspect:
    """What a program says of a prospect.

    Attributes:
        values: By field of NAMES; what is not told is None.  A country that was told and is none
            that is known is empty: it is unknown, and not what it was before.
        signals: (signal, value).
        facts: (kind, text, source, day it was seen); a fact without a source is none.
        consents: (channel, basis, moment, wording, evidence).
    """

    values: dict[str, Any]
    signals: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str, str, date | None], ...] = ()
    consents: tuple[tuple[str, str, datetime, str, str], ...] = ()

    @property
    def prospect_id(self) -> str:
        """Return the id."""
        return str(self.values["prospect_id"])


def read_prospect(told: object) -> ToldProspect:
    """Read a prospect: a mapping, an object with attributes, or the id of one in the base.

    Raises:
        InvalidProspect: Nothing says who it is, or a value cannot be one.
    """
    if isinstance(told, str):
        return ToldProspect(dict.fromkeys(NAMES) | {"prospect_id": _known(told)})
    given = _mapping(told)
    values = {name: _first(given, names) for name, names in NAMES.items()}
    if isinstance(values["company"], Mapping):
        of_company = {name: _first(values["company"], n) for name, n in _OF_COMPANY.items()}
        values |= {n: v for n, v in of_company.items() if n == "company" or values[n] is None}
    values = {name: _text(value, is_name=name in _OWN_NAMES) for name, value in values.items()}
    values |= _checked(values)
    values["prospect_id"] = _known(values["prospect_id"] or _made_id(values))
    return ToldProspect(values, _signals(given), _facts(given), _consents(given))


def _mapping(told: object) -> dict[str, Any]:
    if isinstance(told, Mapping):
        given = dict(told)
    elif is_dataclass(told) and not isinstance(told, type):
        given = asdict(told)
    elif hasattr(told, "__dict__"):
        given = {name: value for name, value in vars(told).items() if name[:1] != "_"}
    else:
        raise InvalidProspect(
            f"A prospect is a mapping, an object or an id, and not {type(told).__name__}."
        )
    inner = given.get("profile")
    return {**inner, **given} if isinstance(inner, Mapping) else given


def _first(given: Mapping[str, Any], names: Sequence[str]) -> Any:  # noqa: ANN401 - of a program
    return next((given[name] for name in names if given.get(name) not in (None, "")), None)


def _text(value: Any, *, is_name: bool) -> str | None:  # noqa: ANN401 - of a program
    told = text_of(str(value), is_name=is_name) if isinstance(value, str | int | float) else ""
    return (told or "")[:_LONGEST] or None


def _known(prospect_id: object) -> str:
    told = str(prospect_id or "").strip()
    if not told or len(told) > _LONGEST:
        raise InvalidProspect(
            "Nothing says who the prospect is. Give an id, an e-mail address, or name and company."
        )
    return told


def _made_id(values: Mapping[str, Any]) -> str:
    """Make an id of whatever tells the person from others, as for a file without ids."""
    marks = values["email"] or (values["linkedin_url"] or "").lower()
    if marks:
        return f"p-{md5(marks.encode(), usedforsecurity=False).hexdigest()[:12]}"
    names = [values["first_name"], values["last_name"]]
    name = values["full_name"] or " ".join(part for part in names if part)
    marks = f"{name}\x1f{values['company'] or ''}".casefold() if name else ""
    return f"p{sha256(marks.encode()).hexdigest()[:16]}" if marks else ""


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that have a form of their own; what lacks it is an error or unknown."""
    email = (values["email"] or "").lower() or None
    if email and not _EMAIL.fullmatch(email):
        raise InvalidProspect(f"{email!r} is no e-mail address. Correct it, or leave it out.")
    phone = re.sub(r"[\s()./-]", "", values["phone"] or "")
    phone = f"+{phone[2:]}" if phone.startswith("00") else phone
    spelt = (values["country"] or "").casefold().strip(" .")
    country = country_words().get(spelt, spelt.upper())
    country = country if re.fullmatch(r"[A-Z]{2}", country) else ""
    return {
        "email": email,
        "phone": phone if _PHONE.fullmatch(phone) else None,
        "country": country if values["country"] else None,
        "employees": headcount_of(values["employees"] or ""),
        "linkedin_url": profile_of(values["linkedin_url"] or ""),
        "x_handle": handle_of(values["x_handle"] or ""),
        "locale": locale_of(values["locale"] or "", country),
        "time_zone": zone_of(values["time_zone"] or ""),
    }


def _signals(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    told = given.get("signals")
    found = dict(told) if isinstance(told, Mapping) else {}
    flags = [(str(name).strip().casefold(), str(value)) for name, value in found.items()]
    flags += [(name, str(given[name])) for name in _FLAGS if name in given]
    return tuple(sorted(flags))


def _facts(given: Mapping[str, Any]) -> tuple[tuple[str, str, str, date | None], ...]:
    told = given.get("facts")
    rows = [row for row in told or () if isinstance(row, Mapping)] if _is_list(told) else []
    rows += [
        {"kind": kind, "text": given[kind], "source": given.get(f"{kind}_source"),
         "observed_on": given.get(f"{kind}_date")}
        for kind in FACT_KINDS
        if isinstance(given.get(kind), str)
    ]  # fmt: skip
    return tuple(
        (str(row.get("kind", "news")), str(row["text"]), str(row["source"]),
         _day(row.get("observed_on") or row.get("date")))
        for row in rows
        if row.get("text") and row.get("source") and row.get("kind", "news") in FACT_KINDS
    )  # fmt: skip


def _is_list(told: object) -> bool:
    return isinstance(told, list | tuple)


def _day(told: object) -> date | None:
    if isinstance(told, datetime):
        return told.date()
    if isinstance(told, date):
        return told
    try:
        return date.fromisoformat(str(told)[:10]) if told else None
    except ValueError as error:
        raise InvalidProspect(f"{told!r} is no day of a fact. Write it as 2026-11-21.") from error


def _consents(given: Mapping[str, Any]) -> tuple[tuple[str, str, datetime, str, str], ...]:
    told = given.get("consents") or given.get("consent") or ()
    rows = [told] if isinstance(told, Mapping) else told if _is_list(told) else []
    return tuple(_consent(row) for row in rows if isinstance(row, Mapping))


def _consent(row: Mapping[str, Any]) -> tuple[str, str, datetime, str, str]:
    basis, moment = str(row.get("basis", "")), row.get("recorded_at")
    if basis not in CONSENT_BASES or not isinstance(moment, datetime) or not moment.tzinfo:
        raise InvalidProspect(
            "A consent names its channel, a basis of "
            f"{', '.join(CONSENT_BASES)}, and recorded_at, a moment with its zone."
        )
    told = [str(row.get(name) or "") for name in ("wording", "evidence")]
    return str(row.get("channel", "email")), basis, moment, told[0], told[1]
