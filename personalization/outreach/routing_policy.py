"""The routing policy: ``routing.toml`` as values, checked once and known by its fingerprint."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import MOTIONS, ROLES, SENIORITIES
from personalization.errors import InputError
from personalization.outreach.title_words import fold, title_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = Path(__file__).with_name("routing.toml")
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "suppress": frozenset(("signals",)),
    "partner": frozenset(("company_kinds", "unless_signal", "functions", "function_kinds")),
    "nurture": frozenset(("seniorities", "standings", "signals")),
    "enterprise": frozenset(("employees", "product_users", "signals")),
    "sales_assist": frozenset(("employees", "product_users", "trial_signal")),
    "leading": frozenset(("seniorities", "tiny_employees")),
}
_ROWS: Final[Mapping[str, frozenset[str]]] = {
    "campaigns": frozenset(("name", "motions", "roles", "company_kinds", "reason")),
    "queues": frozenset(("name", "motions", "countries", "reason")),
}
_OTHER: Final = frozenset(("version", "motions", "company_kinds", "company_name_words"))


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """How prospects are worked.

    Attributes:
        sha256: Fingerprint of the policy and of the words that titles are read with.
        conditions: What the routing statement takes, by the names it uses.
        campaigns: (name, motions, roles, company kinds, reason), in the order they are asked.
        queues: (name, motions, countries, reason), likewise.
        company_kinds: (word of a file, kind).
        company_name_words: (word of a company's name, kind).
        tiny_employees: Below this a head of something leads nobody.
    """

    sha256: str
    conditions: Mapping[str, Any]
    campaigns: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], str], ...]
    queues: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...]
    company_kinds: tuple[tuple[str, str], ...]
    company_name_words: tuple[tuple[str, str], ...]
    tiny_employees: int


def read_routing_policy(path: Path | None = None) -> RoutingPolicy:
    """Read a routing policy; without a path the one that ships.

    Raises:
        InputError: The file cannot be read, or a key or value in it makes no sense.
    """
    return _shipped() if path is None else _parsed(path)


@cache
def _shipped() -> RoutingPolicy:
    return _parsed(_FILE)


def _parsed(path: Path) -> RoutingPolicy:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is no TOML: {error}.") from error
    shipped = tomllib.loads(_FILE.read_text("utf-8"))
    for key in ("company_kinds", "company_name_words"):
        found.setdefault(key, shipped[key])
    _refuse_if_odd(found, path.name)
    text = json.dumps(found, sort_keys=True, ensure_ascii=False)
    return RoutingPolicy(
        sha256=hashlib.sha256(f"{text}\n{title_digest()}".encode()).hexdigest(),
        conditions=_conditions(found),
        campaigns=tuple(
            (row["name"], tuple(row["motions"]), tuple(row["roles"]),
             tuple(row["company_kinds"]), row["reason"])
            for row in found["campaigns"]
        ),
        queues=tuple(
            (row["name"], tuple(row["motions"]), tuple(row["countries"]), row["reason"])
            for row in found["queues"]
        ),
        company_kinds=_pairs(found["company_kinds"]),
        company_name_words=_pairs(found["company_name_words"]),
        tiny_employees=found["leading"]["tiny_employees"],
    )  # fmt: skip


def _pairs(words: Mapping[str, list[str]]) -> tuple[tuple[str, str], ...]:
    """List each folded word once; the first kind that has it keeps it."""
    kinds: dict[str, str] = {}
    for kind, texts in words.items():
        for text in (kind.replace("_", " "), *texts):
            kinds.setdefault(fold(text).replace("-", " ").replace("_", " "), kind)
    return tuple(kinds.items())


def _conditions(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "motions": found["motions"],
        "suppress_signals": found["suppress"]["signals"],
        "partner_kinds": found["partner"]["company_kinds"],
        "own_use": found["partner"]["unless_signal"],
        "partner_functions": found["partner"]["functions"],
        "vendor_kinds": found["partner"]["function_kinds"],
        "low_seniorities": found["nurture"]["seniorities"],
        "standings": found["nurture"]["standings"],
        "excluded_signals": found["nurture"]["signals"],
        "enterprise_employees": found["enterprise"]["employees"],
        "enterprise_users": found["enterprise"]["product_users"],
        "opportunity_signals": found["enterprise"]["signals"],
        "assist_employees": found["sales_assist"]["employees"],
        "assist_users": found["sales_assist"]["product_users"],
        "trial_signal": found["sales_assist"]["trial_signal"],
        "leading": found["leading"]["seniorities"],
    }


def _refuse_if_odd(found: Mapping[str, Any], name: str) -> None:
    """Raise InputError for what is missing, unknown or no word of ours, with its place."""
    known = {*_KEYS, *_ROWS, *_OTHER}
    if odd := sorted(set(found) - known):
        raise InputError(f"{name} has no {odd[0]!r}. It knows: {', '.join(sorted(known))}.")
    if missing := sorted(known - set(found)):
        raise InputError(f"{name} lacks {missing[0]!r}. Copy it from routing.toml.")
    places = [(key, found[key], keys) for key, keys in _KEYS.items()]
    places += [(key, row, keys) for key, keys in _ROWS.items() for row in found[key]]
    for place, values, keys in places:
        if set(values) != keys:
            odd_keys = ", ".join(sorted(set(values) ^ keys))
            raise InputError(f"{name} [{place}] is wrong about: {odd_keys}.")
    if set(found["motions"]) != set(MOTIONS):
        raise InputError(f"{name} has to name each motion once: {', '.join(MOTIONS)}.")
    _words(found["leading"]["seniorities"], SENIORITIES, name, "leading")
    _words(found["nurture"]["seniorities"], SENIORITIES, name, "nurture")
    for key in ("campaigns", "queues"):
        for row in found[key]:
            _words(row["motions"], MOTIONS, name, key)
            _words(row.get("roles", []), ROLES, name, key)
    _refuse_if_open(found, name)
    _refuse_if_no_number(found, name)


def _words(texts: list[str], known: tuple[str, ...], name: str, place: str) -> None:
    if odd := [text for text in texts if text not in known]:
        raise InputError(f"{name} [{place}] has no {odd[0]!r}. It knows: {', '.join(known)}.")


def _refuse_if_open(found: Mapping[str, Any], name: str) -> None:
    """Every motion needs a campaign and a queue that take whoever no other row takes."""
    for key, wide in (("campaigns", ("roles", "company_kinds")), ("queues", ("countries",))):
        for motion in MOTIONS:
            rows = [row for row in found[key] if motion in row["motions"]]
            if not any(not any(row[field] for field in wide) for row in rows):
                raise InputError(
                    f"{name} has no [[{key}]] for every {motion!r} prospect. Add one whose "
                    f"{' and '.join(wide)} are empty."
                )


def _refuse_if_no_number(found: Mapping[str, Any], name: str) -> None:
    for place, key in (("enterprise", "employees"), ("enterprise", "product_users"),
                       ("sales_assist", "employees"), ("sales_assist", "product_users"),
                       ("leading", "tiny_employees")):  # fmt: skip
        value = found[place][key]
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(f"{name} [{place}] {key} has to be a whole number above 0.")
