"""What the law of each country wants under an e-mail, and which countries a message goes to.

The policy holds one table for each country; ``other`` stands for all that have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.safety.policy import Rule

    Jurisdictions = Mapping[str, Mapping[str, Any]]

OTHER: Final = "other"
"""Table of the countries that have none of their own."""


def codes_of(countries: Iterable[str], jurisdictions: Jurisdictions) -> tuple[str, ...]:
    """Return the codes of these countries, each once, sorted.

    Args:
        countries: As customer files write them: names in any spelling that the policy lists, or
            ISO 3166 codes.  An empty one counts as ``other``.
        jurisdictions: Of the policy.

    Example:
        >>> codes_of(["Germany", "gb", "Atlantis"], {"DE": {"names": ["Germany"]}, "GB": {}})
        ('DE', 'GB', 'other')
    """
    known = spellings_of(jurisdictions)
    codes = (known.get(country.strip().lower(), OTHER) for country in countries)
    return tuple(sorted(dict.fromkeys(codes)))


def spellings_of(jurisdictions: Jurisdictions) -> dict[str, str]:
    """Return the code of every spelling that the policy lists, in small letters."""
    return {
        spelling.lower(): code
        for code, table in jurisdictions.items()
        for spelling in (code, table.get("name", code), *table.get("names", ()))
    }


def asked_for(rule: Rule, codes: Iterable[str], key: str) -> dict[str, list[str]]:
    """Return what the footers of these countries have to hold, with the countries that ask for it.

    Args:
        rule: Carries the policy's jurisdictions.
        codes: Countries the message goes to.
        key: ``parts``, ``label`` or ``opt_out`` of the footer table.
    """
    found: dict[str, list[str]] = {}
    for code in codes:
        table = rule.jurisdictions.get(code) or rule.jurisdictions.get(OTHER, {})
        for wanted in table.get("footer", {}).get(key, ()):
            found.setdefault(wanted, []).append(table.get("name", code))
    return found
