"""Mending: a draft that its sources do not bear out is written again, at last embedded.

Nothing here touches the store.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from personalization.domain import Decision
from personalization.errors import ProviderError
from personalization.generation.judging import worst_of
from personalization.providers.metering import MeteredWriter, StoppedError, add_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from personalization.domain import Claim
    from personalization.providers.protocols import Draft

Request_contra = TypeVar("Request_contra", contravariant=True)
Asked = TypeVar("Asked")


class OneTextWriter(Protocol[Request_contra]):
    """Writes one text for one request; requests have ``feedback`` and ``rejected``."""

    @property
    def name(self) -> str:
        """Return who it is: composer, openai or azure."""
        ...

    def write(self, request: Request_contra) -> Draft:
        """Return one draft; raise ProviderError where that cannot be done."""
        ...


def mended(
    writer: OneTextWriter[Asked],
    embedded: OneTextWriter[Asked],
    request: Asked,
    claims_of: Callable[[Draft], list[Claim]],
) -> tuple[Draft, list[Claim]]:
    """Have one text written and hold it to its sources; what they do not bear out is repaired.

    A hosted writer gets one more round with its faults, and then the embedded one writes in its
    place, which the provenance says.

    Raises:
        ProviderError: Nobody can write it.
        StoppedError: The user asked to stop.
    """
    draft = writer.write(request)
    claims = claims_of(draft)
    faults = _faults(claims)
    if not faults or draft.origin == embedded.name:
        return draft, claims
    attempts: list[tuple[OneTextWriter[Asked], Any]] = [(embedded, request)]
    if int(dict(draft.provenance).get("rounds", "1")) < 2:  # noqa: PLR2004
        given: Any = request
        again = replace(given, feedback=faults, rejected=draft.message)
        attempts.insert(0, (writer, again))
    facts = draft.provenance
    _turn_down(writer, draft)
    for attempt, asked in attempts:
        try:
            second = attempt.write(asked)
        except StoppedError:
            raise
        except ProviderError:
            continue
        found = claims_of(second)
        if worst_of(found) is Decision.PASS:
            notes = (("first_origin", draft.origin), ("first_fault", faults[0]))
            told = (*add_up(facts, second.provenance), *notes)
            return replace(second, provenance=tuple(dict(told).items())), found
        _turn_down(attempt, second)
        facts = add_up(facts, second.provenance)
    return draft, claims


def _turn_down(writer: object, draft: Draft) -> None:
    if isinstance(writer, MeteredWriter):
        writer.turn_down(draft)


def _faults(claims: Iterable[Claim]) -> tuple[str, ...]:
    return tuple(
        f"{c.field}: “{c.text}” – {c.reason}" for c in claims if c.decision is not Decision.PASS
    )
