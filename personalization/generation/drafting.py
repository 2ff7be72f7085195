"""Having a segment's messages drafted, and each draft held to what it was allowed to say.

Nothing here touches the store, so that several segments can be drafted at the same time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, Variant, clean_message
from personalization.errors import ProviderError
from personalization.generation.grounding import ground
from personalization.generation.judging import worst_of
from personalization.generation.learnt import lessons_used
from personalization.generation.sources import citable
from personalization.providers.composer import Composer
from personalization.providers.metering import SPENT, MeteredWriter, StoppedError, add_up
from personalization.providers.protocols import ShortfallError

if TYPE_CHECKING:
    from personalization.domain import Claim
    from personalization.providers.protocols import Draft, Writer, WritingRequest

_MAX_ROUNDS: Final = 2  # with a hosted model for one variant, repairs included


@dataclass(frozen=True, slots=True)
class Drafted:
    """What came of a segment.

    Attributes:
        written: Variants with their claims, not stored yet and without ids.
        failed: For each arm that could not be written, why.
    """

    written: tuple[tuple[Variant, list[Claim]], ...] = ()
    failed: dict[str, str] = field(default_factory=dict)


def side_by_side(writer: Writer) -> int:
    """Return how many messages a writer may be asked for at the same time."""
    return writer.side_by_side if isinstance(writer, MeteredWriter) else 1


def turn_down(writer: Writer, draft: Draft) -> None:
    """Have the answer behind a draft forgotten that is not used, so that it is asked for anew."""
    if isinstance(writer, MeteredWriter):
        writer.turn_down(draft)


def drafted(writer: Writer, request: WritingRequest | None) -> Drafted:
    """Have the arms of a request written and held to the approved statements.

    Raises:
        StoppedError: The user asked to stop.
    """
    if request is None:
        return Drafted()
    drafts, failed = _drafts(writer, request)
    return Drafted(tuple(checked(writer, request, drafts)), failed)


def _drafts(writer: Writer, request: WritingRequest) -> tuple[list[Draft], dict[str, str]]:
    """Ask the writer; return its drafts, and for each arm without one the reason."""
    try:
        drafts, reason = writer.write(request), "The writer returned nothing for it. Try again."
    except StoppedError:
        raise
    except ShortfallError as error:
        drafts, reason = list(error.drafts), str(error)
    except ProviderError as error:
        drafts, reason = [], str(error)
    there = {draft.arm for draft in drafts}
    return drafts, {arm: reason for arm in request.arms if arm not in there}


def checked(
    writer: Writer, request: WritingRequest, drafts: list[Draft]
) -> list[tuple[Variant, list[Claim]]]:
    """Hold each draft to the approved statements, and have it repaired where it fails."""
    others = {d.arm: tuple(o.message for o in drafts if o is not d) for d in drafts}

    def one(draft: Draft) -> tuple[Draft, list[Claim]]:
        alone = replace(request, arms=(draft.arm,), avoid=(*request.avoid, *others[draft.arm]))
        return _repaired(writer, alone, draft, claims_of(request, draft))

    with ThreadPoolExecutor(side_by_side(writer), thread_name_prefix="repair") as pool:
        found = list(pool.map(one, drafts))
    return [(_as_variant(request, draft), claims) for draft, claims in found]


def claims_of(request: WritingRequest, draft: Draft) -> list[Claim]:
    """Return what a draft asserts, held to what its request allowed it to say."""
    return ground(
        clean_message(draft.message),
        citable(request.passages, locale=request.locale, brand=request.brand_name),
        cited=draft.claims,
        brand=request.brand_name,
        locale=request.locale,
        checker=request.checker,
    )


def _repaired(
    writer: Writer, request: WritingRequest, draft: Draft, claims: list[Claim]
) -> tuple[Draft, list[Claim]]:
    """Return the draft if nothing in it is unsupported, else its repair, else a composed one.

    Where even that is not to be had, the draft comes back with its unsupported claims, which
    keep it from being sent until somebody edits it.
    """
    faults = tuple(f"{c.field}: “{c.text}” – {c.reason}" for c in claims if _is_bad(c))
    if not faults or draft.origin == Composer.name:
        return draft, claims
    attempts: list[tuple[Writer, WritingRequest]] = []
    if int(dict(draft.provenance).get("rounds", "1")) < _MAX_ROUNDS:
        again = replace(request, feedback=faults, rejected=draft.message)
        attempts.append((writer, again))
    attempts.append((Composer(), request))
    facts = draft.provenance
    turn_down(writer, draft)
    for attempt, asked in attempts:
        try:
            second = attempt.write(asked)[0]
        except StoppedError:
            raise
        except ProviderError:
            continue
        found = claims_of(request, second)
        if worst_of(found) is not Decision.BLOCK:
            told = _with_first(facts, second)
            notes = (("first_origin", draft.origin), ("first_fault", faults[0]))
            return replace(second, provenance=(*told, *notes)), found
        turn_down(attempt, second)
        facts = add_up(facts, second.provenance)
    return draft, claims


def _with_first(facts: tuple[tuple[str, str], ...], second: Draft) -> tuple[tuple[str, str], ...]:
    """Return a draft's provenance with what the drafts before it cost.

    Notes of a first fault are left out: those of the very first draft follow.
    """
    told = tuple(n for n in second.provenance if n[0] not in {"first_origin", "first_fault"})
    if second.origin == Composer.name:
        facts = tuple(fact for fact in facts if fact[0] in SPENT)
    return add_up(facts, told)


def _is_bad(claim: Claim) -> bool:
    return claim.decision is Decision.BLOCK


def _as_variant(request: WritingRequest, draft: Draft) -> Variant:
    return Variant(
        variant_id="",
        version=1,
        campaign_id=request.campaign_id,
        segment=request.segment.name,
        arm=draft.arm,
        message=clean_message(draft.message),
        locale=request.locale,
        attributes=draft.attributes,
        origin=draft.origin,
        provenance=(*draft.provenance, *lessons_used(request, draft)),
    )
