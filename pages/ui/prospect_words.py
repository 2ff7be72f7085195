"""The words of routing, as a marketer reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE: Final[Mapping[str, str]] = {
    "c_suite": "Top management",
    "sales": "Sales",
    "marketing": "Marketing",
    "product": "Product",
    "technical": "Technology",
    "finance": "Finance",
    "operations": "Operations",
    "people": "People",
    "customer_success": "Customer success",
    "other": "Other or unknown",
}
SENIORITY: Final[Mapping[str, str]] = {
    "c_level": "Top",
    "vp": "Vice president",
    "director": "Head or director",
    "manager": "Manager",
    "ic": "Specialist",
    "assistant": "Assistant",
    "unknown": "Unknown",
}
MOTION: Final[Mapping[str, str]] = {
    "suppress": "Not written to",
    "partner": "Partner programme",
    "nurture": "Nurture",
    "enterprise": "Enterprise sales",
    "sales_assist": "Sales-assisted",
    "plg": "Self-service",
}
SIZE: Final[Mapping[str, str]] = {
    "micro": "fewer than 10",
    "small": "10 to 49",
    "medium": "50 to 249",
    "large": "250 to 999",
    "enterprise": "1,000 or more",
    "unknown": "unknown",
}
STANDING: Final[Mapping[str, str]] = {
    "current": "in the job now",
    "former": "had it before, not now",
    "retired": "retired",
    "student": "a student",
    "seeking": "looking for work",
    "aspiring": "wants to have it one day",
    "unknown": "unknown",
}


def spoken(word: str) -> str:
    """Write one of our words as a marketer does.

    Example:
        >>> spoken("customer_success")
        'Customer success'
    """
    return word.replace("_", " ").capitalize()
