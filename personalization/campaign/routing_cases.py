"""Cases for a routing: prospects written as JSON by a program or for a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.customers.imports import create_dataset
from personalization.customers.prospect_rows import country_words
from personalization.errors import InputError

if TYPE_CHECKING:
    from personalization.store import Store

_ADD_CASES: Final = """
    INSERT INTO prospects (dataset_id, prospect_id, title, company, account, company_type, industry,
        employees, country, owner)
    SELECT $dataset_id, unnest($ids::VARCHAR[]), unnest($titles::VARCHAR[]),
           unnest($companies::VARCHAR[]), unnest($ids::VARCHAR[]), unnest($types::VARCHAR[]),
           unnest($industries::VARCHAR[]), unnest($employees::BIGINT[]),
           unnest($countries::VARCHAR[]), unnest($owners::VARCHAR[])
"""
_ADD_SIGNALS: Final = """
    INSERT INTO prospect_signals (dataset_id, prospect_id, signal, value)
    SELECT $dataset_id, unnest($ids::VARCHAR[]), unnest($signals::VARCHAR[]),
           unnest($values::VARCHAR[])
"""


def import_cases(store: Store, document: str, *, name: str, actor: str) -> str:
    """Import prospects from JSON: ``{"cases": [{id, prospect}]}``, a list, or lines of either.

    What is no title, company, company_type, industry, employees, country, owner or signal is left
    out.  Returns the base's id.

    Raises:
        InputError: It is no such JSON, or two cases have one id.
    """
    rows = [_case(row, place, name) for place, row in enumerate(_cases(document, name))]
    ids = [row["id"] for row in rows]
    if twice := sorted({one for one in ids if ids.count(one) > 1} if len(ids) < 1000 else ()):  # noqa: PLR2004
        raise InputError(f"{name} has the id {twice[0]!r} twice. Give each prospect its own.")
    signals = [(row["id"], key, value) for row in rows for key, value in row["signals"]]
    with store.transaction():
        base = create_dataset(store, name, actor=actor, request_id=f"cases:{name}")
        store.run(
            _ADD_CASES,
            dataset_id=base,
            ids=ids,
            titles=[row["title"] for row in rows],
            companies=[row["company"] for row in rows],
            types=[row["company_type"] for row in rows],
            industries=[row["industry"] for row in rows],
            employees=[row["employees"] for row in rows],
            countries=[row["country"] for row in rows],
            owners=[row["owner"] for row in rows],
        )
        store.run(
            _ADD_SIGNALS,
            dataset_id=base,
            ids=[one for one, _, _ in signals],
            signals=[key for _, key, _ in signals],
            values=[value for _, _, value in signals],
        )
    return base


def _cases(document: str, name: str) -> list[Any]:
    try:
        found = json.loads(document)
    except ValueError:
        try:
            found = [json.loads(line) for line in document.splitlines() if line.strip()]
        except ValueError as error:
            raise InputError(f"{name} is no JSON and no lines of JSON: {error}.") from error
    rows = found.get("cases", [found]) if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise InputError(f"{name} has no list of cases.")
    return rows


def _case(row: Any, place: int, name: str) -> dict[str, Any]:  # noqa: ANN401
    found = row.get("prospect", row) if isinstance(row, dict) else None
    if not isinstance(found, dict):
        raise InputError(f"{name}: case {place + 1} is no prospect. Write {{id, prospect}}.")
    given = row.get("id", found.get("id", found.get("prospect_id")))
    signals = found.get("signals") or {}
    if not isinstance(signals, dict):
        raise InputError(f"{name}: the signals of case {place + 1} are no name and value.")
    texts = ("title", "company", "company_type", "industry", "country", "owner")
    case: dict[str, Any] = {key: _text(found.get(key)) for key in texts}
    country = case["country"] or ""
    case["country"] = country_words().get(country.lower(), country.upper()) or None
    case["id"] = str(place + 1) if given is None else str(given)
    case["employees"] = _whole(found.get("employees"), place, name)
    case["signals"] = [(str(k), _signal(v)) for k, v in signals.items() if v is not None]
    return case


def _text(value: Any) -> str | None:  # noqa: ANN401
    return None if value is None or not str(value).strip() else str(value)


def _whole(value: Any, place: int, name: str) -> int | None:  # noqa: ANN401
    if value is None or value == "":
        return None
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{name}: case {place + 1} has {value!r} employees. Write a whole number or null."
        ) from error


def _signal(value: Any) -> str:  # noqa: ANN401
    return str(value).lower() if isinstance(value, bool) else str(value)
