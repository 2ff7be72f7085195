"""Messages as a reviewer meets them, and decisions on them written down with their audit rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.approval.people import is_alone
from personalization.domain import is_program, is_same_person
from personalization.errors import StateError
from personalization.store import approvals_digests, record_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

APPROVED: Final = "approved"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The current version of a variant, with what is on record for its exact bytes.

    Attributes:
        is_by_hand: Whether a person worded it, not a writer or the control document.
        screening: pass, warn, review, block or error; None where nobody screened these bytes.
        is_policy_in_force: Whether that screening was made under the policy in force.
        decided: The last decision on this version, or None.
        decided_by: Who took it.
        last_id: Its id.
        last_note: Its note.
        last_screening_id: The screening it was taken on.
    """

    variant_id: str
    version: int
    campaign_id: str
    content_sha256: str
    written_by: str
    is_by_hand: bool
    screening_id: int | None
    screening: str | None
    is_policy_in_force: bool
    last_id: int | None
    decided: str | None
    decided_by: str | None
    last_note: str | None
    last_screening_id: int | None


_REVIEWED = """
    SELECT variants.variant_id, variants.version, variants.campaign_id, variants.content_sha256,
           variants.written_by,
           variants.origin = 'human'
               AND json_extract_string(variants.provenance, '$.edited_from') IS NOT NULL,
           screened.screening_id, screened.decision,
           coalesce(screened.screening_id IN (SELECT screening_id FROM screenings_in_force), false),
           approved.approval_id, approved.decision, approved.actor, approved.note,
           approved.screening_id
    FROM current_variants AS variants
    LEFT JOIN latest_screenings AS screened
        ON screened.variant_id = variants.variant_id AND screened.version = variants.version
       AND screened.content_sha256 = variants.content_sha256
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = variants.variant_id AND approved.version = variants.version
       AND approved.content_sha256 = variants.content_sha256
    JOIN (SELECT unnest(range(len($variant_ids::VARCHAR[]))) AS number,
                 unnest($variant_ids::VARCHAR[]) AS variant_id) AS asked
        ON asked.variant_id = variants.variant_id
    ORDER BY asked.number
"""


def reviewed(store: Store, variant_id: str) -> Reviewed:
    """Return the current version of one variant.

    Raises:
        StateError: There is none.
    """
    found = reviewed_of(store, [variant_id])
    if not found:
        raise gone(variant_id)
    return found[0]


def gone(variant_id: str) -> StateError:
    """Return the error of a message that somebody took out."""
    return StateError(f"Message {variant_id!r} does not exist any more. Reload the Review page.")


def reviewed_of(store: Store, variant_ids: Sequence[str]) -> list[Reviewed]:
    """Return those of the variants that there are, in their order."""
    return [Reviewed(*row) for row in store.read(_REVIEWED, variant_ids=list(variant_ids))]


_NEXT = "SELECT nextval('approval_ids') AS id FROM range($n::BIGINT) ORDER BY id"
_APPEND = """
    INSERT INTO approvals (approval_id, variant_id, version, campaign_id, content_sha256, decision,
        note, actor, is_self_approved, screening_id, decided_at, request_id)
    SELECT unnest($approval_ids::BIGINT[]), unnest($variant_ids::VARCHAR[]),
           unnest($versions::INTEGER[]), $campaign_id, unnest($digests::VARCHAR[]), $decision,
           $note, $actor, unnest($is_self_approved::BOOLEAN[]), unnest($screening_ids::BIGINT[]),
           unnest($decided_at::TIMESTAMPTZ[]), $request_id
"""


def append(
    store: Store,
    seen: Reviewed,
    decision: str,
    *,
    note: str,
    actor: str,
    request_id: str | None = None,
) -> int:
    """Write the decision and its audit row, and return its id."""
    [approval_id] = append_each(
        store, [seen], decision, note=note, actor=actor, request_id=request_id
    )
    return approval_id


def append_each(
    store: Store,
    messages: Sequence[Reviewed],
    decision: str,
    *,
    note: str,
    actor: str,
    request_id: str | None = None,
) -> list[int]:
    """Write a decision on messages of one campaign; the note itself stays out of the trail."""
    if not messages:
        return []
    campaign_id = messages[0].campaign_id
    stands_alone = is_program(actor) or is_alone(store, actor)
    is_self_approved = [
        decision == APPROVED and (is_same_person(seen.written_by, actor) or stands_alone)
        for seen in messages
    ]
    ids = [int(row[0]) for row in store.read(_NEXT, n=len(messages))]
    store.run(
        _APPEND, approval_ids=ids, variant_ids=[seen.variant_id for seen in messages],
        versions=[seen.version for seen in messages], campaign_id=campaign_id,
        digests=[seen.content_sha256 for seen in messages], decision=decision, note=note,
        actor=actor, is_self_approved=is_self_approved,
        screening_ids=[seen.screening_id for seen in messages],
        decided_at=[store.now() for _ in messages], request_id=request_id,
    )  # fmt: skip
    digests = approvals_digests(store, ids)
    told = [
        (seen.variant_id, {
            "approval_id": approval_id, "version": seen.version,
            "content_sha256": seen.content_sha256, "screening_id": seen.screening_id,
            "is_self_approved": is_own, "has_note": bool(note), **digests[approval_id],
        })
        for seen, approval_id, is_own in zip(messages, ids, is_self_approved, strict=True)
    ]  # fmt: skip
    record_each(store, f"variant.{decision}", told, actor=actor, campaign_id=campaign_id)
    return ids
