"""Who is meant by a number or an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from personalization.store import Store

_BY_ADDRESS: Final = """
    SELECT dataset_id, customer_id, email FROM customers WHERE email = $email
    ORDER BY dataset_id, customer_id
"""
_BY_NUMBER: Final = """
    SELECT customers.dataset_id, customers.customer_id, customers.email, datasets.name
    FROM customers LEFT JOIN datasets ON datasets.dataset_id = customers.dataset_id
    WHERE customers.customer_id = $customer_id
      AND ($dataset_id = '' OR customers.dataset_id = $dataset_id)
    ORDER BY customers.dataset_id
"""

Person = tuple[str, str, str | None]
"""A customer base, a number in it, and the address, if there is one."""


def named_people(
    store: Store, *, email: str = "", customer_id: str = "", dataset_id: str = ""
) -> list[Person]:
    """Return the rows of ``customers`` that a number or an address means.

    An address that nobody has stands for itself, under no customer base.

    Raises:
        InputError: Neither is given, the address is none, nobody has the number, or people of
            several addresses have it.
    """
    if email.strip():
        address = email.strip().lower()
        if "@" not in address.strip("@"):
            raise InputError(f"{email!r} is no e-mail address.")
        found = store.read(_BY_ADDRESS, email=address)
        return [(base, number, at) for base, number, at in found] or [("", address, address)]
    if not customer_id.strip():
        raise InputError("Name the person: a customer number or an e-mail address.")
    rows = store.read(_BY_NUMBER, customer_id=customer_id.strip(), dataset_id=dataset_id)
    if not rows:
        raise InputError(
            f"No customer has the number {customer_id!r}. Try the e-mail address instead."
        )
    if len({at for _, _, at, _ in rows}) > 1:
        bases = ", ".join(f"{name or base} ({base})" for base, _, _, name in rows)
        raise InputError(
            f"Several people have the number {customer_id!r}: in {bases}. Name the customer "
            "base too, or use the e-mail address."
        )
    return [(base, number, at) for base, number, at, _ in rows]


def people_named(store: Store, who: str, *, dataset_id: str = "") -> list[Person]:
    """Return the same of whatever was typed: what holds an @ is an address.

    Raises:
        InputError: As ``named_people``, and for an address that nobody has.
    """
    if "@" not in who:
        return named_people(store, customer_id=who, dataset_id=dataset_id)
    people = named_people(store, email=who)
    if people[0][0] == "":
        raise InputError(f"Nobody here has the address {who.strip()!r}.")
    return people
