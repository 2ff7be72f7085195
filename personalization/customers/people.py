"""Who is meant by a number or an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.customers.scratch import scratch_store
from personalization.errors import InputError

if TYPE_CHECKING:
    from personalization.store import Store

_BY_ADDRESS: Final = """
    SELECT dataset_id, customer_id, email FROM customers WHERE email = $email
    UNION SELECT dataset_id, prospect_id, email FROM prospects WHERE email = $email
    ORDER BY dataset_id, customer_id
"""
_BY_NUMBER: Final = """
    WITH people AS (
        SELECT dataset_id, customer_id, email FROM customers WHERE customer_id = $customer_id
        UNION SELECT dataset_id, prospect_id, email FROM prospects WHERE prospect_id = $customer_id
    )
    SELECT people.dataset_id, customer_id, email, datasets.name
    FROM people LEFT JOIN datasets ON datasets.dataset_id = people.dataset_id
    WHERE $dataset_id = '' OR people.dataset_id = $dataset_id
    ORDER BY people.dataset_id
"""
_ON_LISTS: Final = """
    SELECT count(*) FROM (
        SELECT 1 FROM suppressions WHERE email = $email OR customer_id = $email
        UNION ALL SELECT 1 FROM objections WHERE customer_id = $email
        UNION ALL SELECT 1 FROM consents WHERE customer_id = $email
        UNION ALL SELECT 1 FROM transactions WHERE customer_id = $email
        UNION ALL SELECT 1 FROM interactions WHERE customer_id = $email)
"""
_CLEAN: Final = "SELECT bare_email($text), is_email(bare_email($text))"

Person = tuple[str, str, str | None]
"""A customer base, a number in it, and the address, if there is one."""


def named_people(
    store: Store, *, email: str = "", customer_id: str = "", dataset_id: str = ""
) -> list[Person]:
    """Return the rows of ``customers`` and ``prospects`` that a number or an address means.

    An address that nobody has stands for itself, under no customer base.

    Raises:
        InputError: Neither is given, the address is none, nobody has the number, or people of
            several addresses have it.
    """
    if email.strip():
        address = address_in(email)
        found = store.read(_BY_ADDRESS, email=address)
        return [(base, number, at) for base, number, at in found] or [("", address, address)]
    if not customer_id.strip():
        raise InputError("Name the person: a customer number or an e-mail address.")
    rows = store.read(_BY_NUMBER, customer_id=customer_id.strip(), dataset_id=dataset_id)
    if not rows:
        raise InputError(
            f"No customer has the number {customer_id!r}. Try the e-mail address instead."
        )
    if len(rows) > 1 and len({at or base for base, _, at, _ in rows}) > 1:
        bases = ", ".join(f"{name or base} ({base})" for base, _, _, name in rows)
        raise InputError(
            f"Several people have the number {customer_id!r}: in {bases}. Name the customer "
            "base too, or use the e-mail address."
        )
    return [(base, number, at) for base, number, at, _ in rows]


def people_named(store: Store, who: str, *, dataset_id: str = "") -> list[Person]:
    """Return the same of whatever was typed: what holds an @ is an address.

    Raises:
        InputError: As ``named_people``, and for an address that neither a customer has nor a
            list holds.
    """
    if "@" not in who:
        return named_people(store, customer_id=who, dataset_id=dataset_id)
    people = named_people(store, email=who)
    address = people[0][2]
    if people[0][0] == "" and not store.read(_ON_LISTS, email=address)[0][0]:
        raise InputError(f"Nobody here has the address {address!r}, and no list holds it.")
    return people


def address_in(typed: str) -> str:
    """Return the address in what was typed or pasted, cleaned as those of files are.

    Raises:
        InputError: There is none.
    """
    with scratch_store() as scratch:
        [(address, is_one)] = scratch.read(_CLEAN, text=typed.strip().rstrip(";,. "))
    if not is_one:
        raise InputError(
            f"{typed.strip()!r} is no e-mail address. Type it alone, as in anna@example.com."
        )
    return str(address)
