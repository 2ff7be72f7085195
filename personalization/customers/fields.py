"""The fields that each kind of file can fill, and their many names."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import FACT_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTRIBUTE: Final = "attribute"
"""Mapped to this, a column is kept as an extra attribute of the customer."""

IGNORE: Final = "ignore"
"""Mapped to this, a column is not stored."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a target.

    Attributes:
        name: What the mapping calls it.
        label: What a marketer reads.
        required: A row without it is rejected.
        kind: id, email, name, text, date, moment, integer, number, money, consent, opt_out,
            currency, event, flag or basis.
    """

    name: str
    label: str
    required: bool
    kind: str


_FACT_LABELS: Final = {
    "news": "News",
    "hiring": "Open positions",
    "event": "Event",
    "product": "New product",
    "technology": "Technology in use",
    "location": "Place",
    "post": "Post",
    "mutual": "Common contact",
}
FACT_FIELDS: Final[tuple[FieldSpec, ...]] = tuple(
    FieldSpec(f"fact_{kind}{end}", f"{_FACT_LABELS[kind]}{label}", required=False, kind=written)
    for kind in FACT_KINDS
    for end, label, written in (("", "", "text"), ("_source", ": source", "text"),
                                ("_date", ": date", "date"))
)  # fmt: skip
"""What a file may say of a prospect or the company: a phrase, where it is from, and when."""

SIGNALS: Final = (
    "opted_out", "do_not_contact", "hard_bounced", "competitor", "own_use", "icp_excluded",
    "trial_active", "open_opportunity", "product_users",
)  # fmt: skip
"""How a prospect stands to us, as the routing policy names it; other signals may come as well."""

TARGET_FIELDS: Final[Mapping[str, tuple[FieldSpec, ...]]] = {
    "customers": (
        FieldSpec("customer_id", "Customer number", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("first_name", "First name", required=False, kind="name"),
        FieldSpec("last_name", "Last name", required=False, kind="name"),
        FieldSpec("full_name", "Full name", required=False, kind="name"),
        FieldSpec("phone", "Phone", required=False, kind="text"),
        FieldSpec("city", "City", required=False, kind="text"),
        FieldSpec("country", "Country", required=False, kind="text"),
        FieldSpec("locale", "Language", required=False, kind="text"),
        FieldSpec("age", "Age", required=False, kind="integer"),
        FieldSpec("tier", "Loyalty tier", required=False, kind="text"),
        FieldSpec("signup_date", "Signed up on", required=False, kind="date"),
        FieldSpec("first_order_date", "First order", required=False, kind="date"),
        FieldSpec("last_order_date", "Last order", required=False, kind="date"),
        FieldSpec("orders", "Number of orders", required=False, kind="integer"),
        FieldSpec("total_spent", "Total spent", required=False, kind="money"),
        FieldSpec("consent_email", "Agreed to e-mail", required=False, kind="consent"),
        FieldSpec("opt_out", "Opted out of e-mail", required=False, kind="opt_out"),
        FieldSpec("tags", "Tags", required=False, kind="text"),
        FieldSpec("currency", "Currency", required=False, kind="currency"),
        FieldSpec("favourite_category", "Favourite category", required=False, kind="text"),
    ),
    "transactions": (
        FieldSpec("order_id", "Order number", required=False, kind="id"),
        FieldSpec("customer_id", "Customer number", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("product_id", "Product number", required=False, kind="id"),
        FieldSpec("product_name", "Product", required=False, kind="text"),
        FieldSpec("category", "Category", required=False, kind="text"),
        FieldSpec("quantity", "Quantity", required=False, kind="number"),
        FieldSpec("unit_price", "Unit price", required=False, kind="money"),
        FieldSpec("amount", "Line amount", required=False, kind="money"),
        FieldSpec("ordered_at", "Order date", required=True, kind="moment"),
        FieldSpec("currency", "Currency", required=False, kind="currency"),
    ),
    "products": (
        FieldSpec("product_id", "Product number", required=True, kind="id"),
        FieldSpec("name", "Product name", required=True, kind="text"),
        FieldSpec("description", "Description", required=False, kind="text"),
        FieldSpec("category", "Category", required=False, kind="text"),
        FieldSpec("category_path", "Category path", required=False, kind="text"),
        FieldSpec("price", "Price", required=False, kind="money"),
        FieldSpec("currency", "Currency", required=False, kind="currency"),
        FieldSpec("margin", "Margin (share of the price)", required=False, kind="number"),
        FieldSpec("cost", "Cost price", required=False, kind="money"),
        FieldSpec("stock", "Stock", required=False, kind="number"),
        FieldSpec("availability", "In stock or not", required=False, kind="flag"),
        FieldSpec("tags", "Tags", required=False, kind="text"),
        FieldSpec("replenishable", "Bought again and again", required=False, kind="flag"),
        FieldSpec("variant_group", "Group of variants", required=False, kind="id"),
        FieldSpec("active", "Still sold", required=False, kind="flag"),
        FieldSpec("gate", "Age limit or other gate", required=False, kind="text"),
        FieldSpec("url", "Link to the product", required=False, kind="text"),
    ),
    "interactions": (
        FieldSpec("customer_id", "Customer number", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("product_id", "Product number", required=True, kind="id"),
        FieldSpec("event", "What was done", required=False, kind="event"),
        FieldSpec("quantity", "Quantity", required=False, kind="number"),
        FieldSpec("price", "Price of one", required=False, kind="money"),
        FieldSpec("order_id", "Order, basket or session", required=False, kind="id"),
        FieldSpec("happened_at", "Time", required=True, kind="moment"),
    ),
    "engagements": (
        FieldSpec("customer_id", "Customer number", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("event", "Event", required=True, kind="event"),
        FieldSpec("happened_at", "Time", required=True, kind="moment"),
        FieldSpec("value", "Value", required=False, kind="money"),
    ),
    "outreach_events": (
        FieldSpec("customer_id", "Prospect", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("event", "Event", required=False, kind="event"),
        FieldSpec("happened_at", "Time", required=True, kind="moment"),
        FieldSpec("reply_text", "What was answered", required=False, kind="text"),
        FieldSpec("reply_subject", "Subject of the answer", required=False, kind="text"),
        FieldSpec("channel", "Channel", required=False, kind="text"),
        FieldSpec("message_id", "Message", required=False, kind="text"),
        FieldSpec("event_id", "Number of the event", required=False, kind="text"),
    ),
    "consents": (
        FieldSpec("customer_id", "Customer number", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("basis", "Basis", required=True, kind="basis"),
        FieldSpec("recorded_at", "Given on", required=True, kind="moment"),
        FieldSpec("confirmed_at", "Confirmed on", required=False, kind="moment"),
        FieldSpec("expires_on", "Ends after", required=False, kind="date"),
        FieldSpec("wording", "Wording", required=False, kind="text"),
        FieldSpec("mechanism", "Given where", required=False, kind="text"),
        FieldSpec("evidence", "Evidence", required=False, kind="text"),
        FieldSpec("channel", "Channel", required=False, kind="text"),
    ),
    "suppressions": (
        FieldSpec("customer_id", "Customer number", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("objected_at", "Objected on", required=False, kind="moment"),
        FieldSpec("objection_reason", "Reason", required=False, kind="text"),
    ),
    "prospects": (
        FieldSpec("prospect_id", "Prospect number", required=True, kind="id"),
        FieldSpec("email", "E-mail address", required=False, kind="email"),
        FieldSpec("first_name", "First name", required=False, kind="name"),
        FieldSpec("last_name", "Last name", required=False, kind="name"),
        FieldSpec("full_name", "Full name", required=False, kind="name"),
        FieldSpec("title", "Job title", required=False, kind="text"),
        FieldSpec("company", "Company", required=False, kind="text"),
        FieldSpec("website", "Company website", required=False, kind="text"),
        FieldSpec("company_type", "Type of company", required=False, kind="text"),
        FieldSpec("industry", "Industry", required=False, kind="text"),
        FieldSpec("employees", "Employees", required=False, kind="text"),
        FieldSpec("country", "Country", required=False, kind="text"),
        FieldSpec("city", "City", required=False, kind="text"),
        FieldSpec("locale", "Language", required=False, kind="text"),
        FieldSpec("time_zone", "Time zone", required=False, kind="text"),
        FieldSpec("phone", "Phone", required=False, kind="text"),
        FieldSpec("linkedin_url", "LinkedIn profile", required=False, kind="text"),
        FieldSpec("x_handle", "X handle", required=False, kind="text"),
        FieldSpec("owner", "Owner of the account", required=False, kind="text"),
        *FACT_FIELDS,
        *(
            FieldSpec(
                f"signal_{name}", f"Signal: {name.replace('_', ' ')}", required=False, kind="text"
            )
            for name in SIGNALS
        ),
    ),
}


def fields_of_kind(target: str, *kinds: str) -> list[str]:
    """Name the fields of ``target`` that are of one of ``kinds``, in their order."""
    return [spec.name for spec in TARGET_FIELDS[target] if spec.kind in kinds]


@cache
def vocabulary() -> dict[str, Any]:
    """Read ``columns.toml``: names by target and field, and the words about columns."""
    text = resources.files(__package__).joinpath("columns.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def synonyms(target: str) -> dict[str, tuple[str, int]]:
    """Return the field of each known squeezed name, with the name's place in the field's list."""
    return {
        squeeze(name): (field, place)
        for field, names in reversed(vocabulary()[target].items())
        for place, name in reversed(list(enumerate([field, *names])))
    }


@cache
def total_words() -> frozenset[str]:
    """Return how a line that sums up begins: ``total``, and what may stand beside it."""
    listed = vocabulary()["words"]
    counted = {f"{total} {what}" for total in listed["totals"] for what in listed["counted"]}
    return frozenset(listed["totals"]) | counted


@cache
def words(kind: str) -> frozenset[str]:
    """Return a word list of ``columns.toml`` as squeezed names."""
    return frozenset(squeeze(word) for word in vocabulary()["words"][kind])


_LETTERS: Final = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "đ": "d",
        "#": " no ",
        "№": " no ",
    }
)
_UNIT: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def tokens(name: str) -> list[str]:
    """Split a column's name into plain lower-case words, units in brackets left out.

    Example:
        >>> tokens("Umsätze (EUR)"), tokens("customerID"), tokens("Cust. No.")
        (['umsatze'], ['customer', 'id'], ['cust', 'no'])
    """
    spaced = _CAMEL.sub(" ", _UNIT.sub(" ", name)).lower().translate(_LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))
    return re.findall(r"\w+", bare.replace("_", " "))


def squeeze(name: str) -> str:
    """Write a name without case, accents, spaces and punctuation, so that spellings agree.

    Example:
        >>> squeeze("E-Mail"), squeeze("Order #")
        ('email', 'orderno')
    """
    return "".join(tokens(name))
