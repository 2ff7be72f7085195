"""On what basis somebody may be written to first: by country, channel and kind of subscriber.

The table is ``lawful_basis.toml``, each country with its law and source.  What it does not list is
unknown, and unknown holds.  A team's own table is read over it.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from personalization.domain import OUTREACH_CHANNELS
from personalization.errors import InputError

OPT_IN: Final = "opt_in"
OPT_OUT: Final = "opt_out"
UNKNOWN: Final = "unknown"
BASES: Final = (OPT_IN, OPT_OUT, UNKNOWN)
SUBSCRIBERS: Final = ("corporate", "individual")
WAYS: Final = ("email", "sms", "social", "call")

_FILE: Final = Path(__file__).with_name("lawful_basis.toml")
_KNOWN: Final = frozenset((*WAYS, "law", "source", "note"))


@dataclass(frozen=True, slots=True)
class LawfulBasis:
    """What holds for one channel, country and kind of subscriber.

    Attributes:
        channel: One of domain.OUTREACH_CHANNELS.
        country: ISO 3166-1 alpha-2.
        subscriber: corporate or individual.
        basis: opt_in, opt_out or unknown.
        law: What it rests on.
        source: Where that can be read.
    """

    channel: str
    country: str
    subscriber: str
    basis: str
    law: str
    source: str


@dataclass(frozen=True, slots=True)
class BasisTable:
    """All that is known: the rows, and which consents count on a channel.

    Attributes:
        rows: One for each channel, country and kind of subscriber that is listed.
        consents: (channel, name under which the register of consents keeps it).
        digest: Fingerprint of both.
    """

    rows: tuple[LawfulBasis, ...]
    consents: tuple[tuple[str, str], ...]
    digest: str

    def basis_of(self, channel: str, country: str | None, subscriber: str) -> str:
        """Return opt_in, opt_out or unknown; unknown wherever nothing is listed.

        Example:
            >>> lawful_bases().basis_of("cold_email", "DE", "corporate")
            'opt_in'
            >>> lawful_bases().basis_of("cold_email", None, "corporate")
            'unknown'
        """
        for row in self.rows:
            if (row.channel, row.country, row.subscriber) == (channel, country, subscriber):
                return row.basis
        return UNKNOWN


@lru_cache(maxsize=8)
def lawful_bases(own: str = "") -> BasisTable:
    """Read the table, and the team's file ``own`` over it, country by country.

    Raises:
        InputError: A file cannot be read, or a key or a basis in it is unknown, or a country lacks
            the law or source that an officer has to be able to name.
    """
    found = _read(_FILE)
    if own:
        team = _read(Path(own))
        found = {
            "ways": found["ways"] | team.get("ways", {}),
            "country": found["country"] | team.get("country", {}),
        }
    ways = {channel: _way(channel, found["ways"].get(channel)) for channel in OUTREACH_CHANNELS}
    rows = tuple(
        row
        for country, table in sorted(found["country"].items())
        for row in _rows(country, table, {channel: way for channel, (way, _) in ways.items()})
    )
    consents = tuple((channel, name) for channel, (_, names) in ways.items() for name in names)
    whole = json.dumps([[asdict(row) for row in rows], consents], sort_keys=True)
    return BasisTable(rows, consents, hashlib.sha256(whole.encode()).hexdigest()[:16])


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"The table of lawful bases {path} cannot be read: {error}") from error


def _way(channel: str, told: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - of a file
    if not isinstance(told, dict) or told.get("way") not in WAYS or not told.get("consent"):
        raise InputError(
            f"[ways] {channel} = {told!r} says no way and consent. The ways are: {', '.join(WAYS)}."
        )
    return told["way"], tuple(told["consent"])


def _rows(country: str, table: dict[str, Any], ways: dict[str, str]) -> list[LawfulBasis]:
    place = f"[country.{country}] of the lawful bases"
    if unknown := sorted(table.keys() - _KNOWN):
        raise InputError(f"{place} has no {unknown[0]!r}. It knows: {', '.join(sorted(_KNOWN))}.")
    for key in ("law", "source"):
        if not table.get(key):
            raise InputError(f"{place} lacks {key!r}: an officer has to be able to defend it.")
    for way in WAYS:
        for subscriber, basis in table.get(way, {}).items():
            if subscriber not in SUBSCRIBERS or basis not in BASES:
                raise InputError(
                    f"{place}: {way} says {subscriber} = {basis!r}. It knows "
                    f"{' and '.join(SUBSCRIBERS)}, each {', '.join(BASES)}."
                )
    return [
        LawfulBasis(channel, country, subscriber, basis, table["law"], table["source"])
        for channel, way in ways.items()
        for subscriber, basis in sorted(table.get(way, {}).items())
    ]
