"""The seal: a sign-off of messages, audience, arms, policy and sources, as they stand together.

A seal is not voided by anybody.  It holds what was signed, ``campaign_parts`` says what is there
now, and where the two differ the seal is void and ``seal_changes`` says by what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from personalization.approval.people import others
from personalization.domain import is_program, is_same_person, person_key
from personalization.errors import InputError, StateError
from personalization.store import record, seal_digests

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

PARTS: Final = ("content", "audience", "arms", "policy", "sources")
"""What a seal covers; each has a digest of its own."""

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was signed off.

    Attributes:
        part: One of PARTS, or ``decision`` where somebody sent it back.
        item: The message, arm, source or group of people.
        before: What was signed, in words; None where it is new.
        after: What is there now, in words; None where it is gone.
        told: Both in one clause.
    """

    part: str
    item: str
    before: str | None
    after: str | None
    told: str

    @property
    def is_uncovered(self) -> bool:
        """Tell whether it did not change, and only was no part of a sign-off that is older."""
        return self.part == "policy" and self.told.startswith("the sign-off did not cover")


@dataclass(frozen=True, slots=True)
class SealState:
    """Where the sign-off of a campaign stands.

    Attributes:
        state: ``sealed`` while everything is as it was signed, ``void`` since something changed,
            ``none`` where nobody ever signed.
        seal_id: Of the last sign-off; None where there is none, likewise the next three.
        is_self_approved: Whether the one who signed had designed or worded it, alone, or is a
            program.
        changes: What changed since, by part and item; empty while it is whole.
    """

    state: Literal["sealed", "void", "none"]
    seal_id: int | None = None
    sealed_by: str | None = None
    sealed_at: datetime | None = None
    note: str = ""
    is_self_approved: bool = False
    changes: tuple[Change, ...] = ()


_SEAL = """
    SELECT seal_id, sealed_by, sealed_at, note, is_self_approved FROM current_seals
    WHERE campaign_id = $campaign_id
"""
_CHANGES = """
    SELECT part, item, before, after, told FROM seal_changes WHERE campaign_id = $campaign_id
    ORDER BY list_position(['decision', 'content', 'sources', 'policy', 'audience', 'arms'], part),
             item
"""


def seal_state(store: Store, campaign_id: str) -> SealState:
    """Hold the campaign's last sign-off against how everything stands now."""
    row = store.read_one(_SEAL, campaign_id=campaign_id)
    if row is None:
        return SealState("none")
    changes = tuple(Change(*change) for change in store.read(_CHANGES, campaign_id=campaign_id))
    seal_id, sealed_by, sealed_at, note, is_self_approved = row
    return SealState(
        "void" if changes else "sealed",
        seal_id,
        sealed_by,
        sealed_at,
        note,
        is_self_approved,
        changes,
    )


def seal(
    store: Store, campaign_id: str, *, actor: str, note: str = "", request_id: str | None = None
) -> int:
    """Sign the campaign off as it stands, and return the seal's id.

    Signing again what is whole changes nothing, except that somebody else may still sign what
    its author had to sign alone.

    Args:
        store: Reads ``campaign_parts``; writes one row of ``seals`` and one of ``audit_log``.
        campaign_id: Its design has to be approved, and every message sendable as designed.
        actor: Who signs.
        note: What the one who signs wants to have on record.
        request_id: Of the click; a second one with the same id signs nothing more.

    Raises:
        InputError: Nobody is named.
        StateError: Something is not there to be signed yet, or the actor designed or worded it
            and there is somebody else to ask.
    """
    if not actor.strip():
        raise InputError("Say who signs off; a sign-off without a name is none.")
    with store.transaction():
        if known := _of_request(store, campaign_id, request_id):
            return known
        found = seal_state(store, campaign_id)
        is_settled = is_same_person(found.sealed_by, actor) or not found.is_self_approved
        if found.state == "sealed" and is_settled and found.seal_id is not None:
            return found.seal_id
        _refuse_unfinished(store, campaign_id)
        own = refuse_own_work(store, campaign_id, actor)
        return _append(
            store, campaign_id, actor=actor, note=note.strip(), request_id=request_id,
            is_self_approved=own,
        )  # fmt: skip


_DECISIONS: Final = ("changes_asked", "rejected")
_SENT_BACK = """
    SELECT number FROM send_backs WHERE campaign_id = $campaign_id AND request_id = $request_id
"""
_SEND_BACK = """
    INSERT INTO send_backs (campaign_id, decision, note, actor, decided_at, request_id)
    VALUES ($campaign_id, $decision, $note, $actor, $now, $request_id)
"""


def send_back(
    store: Store,
    campaign_id: str,
    *,
    decision: str,
    note: str,
    actor: str,
    request_id: str | None = None,
) -> None:
    """Do not sign the campaign off: ask for changes, or reject it; nothing goes out until it is.

    Args:
        store: Writes one row of ``send_backs`` and one of ``audit_log``.
        campaign_id: Which campaign.
        decision: ``changes_asked`` or ``rejected``.
        note: What should change, or why it is rejected.
        actor: Who decides.
        request_id: Of the click; a second one with the same id decides nothing more.

    Raises:
        InputError: The decision is unknown, or nothing is said.
    """
    if decision not in _DECISIONS:
        raise InputError(f"Decision {decision!r} is unknown. Use one of: {', '.join(_DECISIONS)}.")
    if not note.strip():
        raise InputError("Say what should change: the one who designed it needs a note to go by.")
    with store.transaction():
        keys = {"campaign_id": campaign_id, "request_id": request_id}
        if request_id and store.read_one(_SENT_BACK, **keys):
            return
        store.run(_SEND_BACK, **keys, decision=decision, note=note.strip(), actor=actor,
                  now=store.now())  # fmt: skip
        record(
            store, "campaign.sent_back", campaign_id, actor=actor, campaign_id=campaign_id,
            decision=decision, has_note=True,
        )  # fmt: skip


_OF_REQUEST = """
    SELECT seal_id FROM seals WHERE campaign_id = $campaign_id AND request_id = $request_id
"""


def _of_request(store: Store, campaign_id: str, request_id: str | None) -> int | None:
    if not request_id:
        return None
    row = store.read_one(_OF_REQUEST, campaign_id=campaign_id, request_id=request_id)
    return int(row[0]) if row else None


_UNFINISHED = """
    SELECT arms.segment, arms.arm
    FROM arms
    JOIN experiments ON experiments.experiment_id = arms.experiment_id
    LEFT JOIN sendable_variants AS sendable
        ON sendable.variant_id = arms.variant_id AND sendable.version = arms.version
       AND sendable.content_sha256 = arms.content_sha256
    WHERE experiments.campaign_id = $campaign_id AND arms.variant_id IS NOT NULL
      AND sendable.variant_id IS NULL
    ORDER BY arms.segment, arms.arm
"""
_DESIGN = """
    SELECT approved_at, (SELECT count(*) FROM assignments
                         WHERE assignments.experiment_id = experiments.experiment_id)
    FROM experiments WHERE campaign_id = $campaign_id
    ORDER BY designed_at DESC, experiment_id LIMIT 1
"""


def _refuse_unfinished(store: Store, campaign_id: str) -> None:
    """Raise StateError unless there is an approved design whose messages may all go out."""
    row = store.read_one(_DESIGN, campaign_id=campaign_id)
    if row is None or row[0] is None:
        raise StateError(
            "There is nothing to sign off yet: the design is not approved. Approve it on the "
            "Experiment page; that is the first sign-off."
        )
    if not row[1]:
        raise StateError(
            "There is nobody to sign off for: no customer has an arm. Withdraw the design on the "
            "Experiment page, and approve it again."
        )
    waiting = store.read(_UNFINISHED, campaign_id=campaign_id)
    if waiting:
        named = "; ".join(f"{segment}, arm {arm}" for segment, arm in waiting[:_SHOWN])
        raise StateError(
            f"{len(waiting):,} messages are not screened and approved as they were designed "
            f"({named}). Decide on them on the Review page; where a text was edited, withdraw the "
            "design and design the test with the new text. Then sign off."
        )


# What somebody did since a second person last signed: from then on it is the other's word too.
_AUTHORS = """
    WITH since AS (
        SELECT coalesce(max(sealed_at), TIMESTAMPTZ '1970-01-01') AS signed_at
        FROM seals WHERE campaign_id = $campaign_id AND NOT is_self_approved
    )
    SELECT designed_by AS actor, 'designed the test' AS did, true AS is_design
    FROM experiments, since
    WHERE campaign_id = $campaign_id AND designed_at >= signed_at
    UNION ALL
    SELECT variants.written_by, concat('worded ', count(*), CASE count(*) WHEN 1 THEN ' message'
               ELSE ' messages' END), false
    FROM arms
    JOIN experiments ON experiments.experiment_id = arms.experiment_id
    JOIN current_variants AS variants ON variants.variant_id = arms.variant_id
    CROSS JOIN since
    WHERE experiments.campaign_id = $campaign_id AND variants.origin = 'human'
      AND json_extract_string(variants.provenance, '$.edited_from') IS NOT NULL
      AND variants.written_at >= signed_at
    GROUP BY variants.written_by
    ORDER BY ALL
"""


def authors(store: Store, campaign_id: str) -> dict[str, list[str]]:
    """Say who designed or worded what nobody else has signed yet, and what each of them did."""
    did: dict[str, list[str]] = {}
    for actor, what, _ in store.read(_AUTHORS, campaign_id=campaign_id):
        did.setdefault(actor, []).append(what)
    return did


def own_work(store: Store, campaign_id: str, actor: str) -> str:
    """Say why the actor may not sign the campaign off, or return '' where that is no obstacle.

    Who designed or worded it may not, where somebody else is on record.  Where everybody on record
    had a hand in it, those who only worded may: each message was approved by another.  A program
    signs for nobody: its sign-off is always marked, and an export by it needs a person's.
    """
    if is_program(actor):
        return ""
    rows = store.read(_AUTHORS, campaign_id=campaign_id)
    own = [(what, is_design) for name, what, is_design in rows if is_same_person(name, actor)]
    if not own:
        return ""
    did = [what for what, _ in own]
    colleagues = others(store, actor)
    is_designer = any(is_design for _, is_design in own)
    hands = {person_key(name) for name, _, _ in rows}
    outsiders = [name for name in colleagues if person_key(name) not in hands]
    if not colleagues or (not outsiders and not is_designer):
        return ""
    asked = outsiders or colleagues
    named = " or ".join(asked[:_SHOWN])
    return (
        f"You {' and '.join(did)}, and four eyes have to see a campaign before it goes out. Ask "
        f"somebody else to sign it off on the Queue page, {named} for one."
    )


def refuse_own_work(store: Store, campaign_id: str, actor: str) -> bool:
    """Raise StateError where the actor may not sign; tell whether they sign their own work."""
    if reason := own_work(store, campaign_id, actor):
        raise StateError(reason)
    if is_program(actor):
        return True
    has_a_hand = any(is_same_person(name, actor) for name in authors(store, campaign_id))
    return has_a_hand and not others(store, actor)


_NEXT = "SELECT nextval('seal_ids')"
_APPEND = """
    INSERT INTO seals
    WITH parts AS MATERIALIZED (
        SELECT part, item, said, value FROM campaign_parts WHERE campaign_id = $campaign_id
    ), digests AS (
        SELECT names.part, sha256(coalesce(string_agg(
                   concat_ws(chr(31), parts.item, parts.said, parts.value), chr(30)
                   ORDER BY parts.item), '')) AS digest
        FROM (SELECT unnest(['content', 'audience', 'arms', 'policy', 'sources']) AS part) AS names
        LEFT JOIN parts ON parts.part = names.part
        GROUP BY names.part
    ), listed AS (
        SELECT to_json(list(struct_pack(part := part, item := item, said := said, value := value)
                            ORDER BY part, item)) AS parts
        FROM parts
    )
    SELECT $seal_id, $campaign_id,
           max(digest) FILTER (part = 'content'), max(digest) FILTER (part = 'audience'),
           max(digest) FILTER (part = 'arms'), max(digest) FILTER (part = 'policy'),
           max(digest) FILTER (part = 'sources'), max(listed.parts), $now, $actor, $note,
           $is_self_approved, $request_id
    FROM digests CROSS JOIN listed
"""
_DIGESTS = """
    SELECT content, audience, arms, policy, sources FROM seals WHERE seal_id = $seal_id
"""


def _append(
    store: Store,
    campaign_id: str,
    *,
    actor: str,
    note: str,
    request_id: str | None,
    is_self_approved: bool,
) -> int:
    """Write the seal and its audit row; the note itself stays out of the trail."""
    row = store.read_one(_NEXT)
    seal_id = int(row[0]) if row else 0
    store.run(
        _APPEND, seal_id=seal_id, campaign_id=campaign_id, now=store.now(), actor=actor, note=note,
        is_self_approved=is_self_approved, request_id=request_id,
    )  # fmt: skip
    [digests] = store.records(_DIGESTS, seal_id=seal_id)
    record(
        store, "campaign.signed_off", campaign_id, actor=actor, campaign_id=campaign_id,
        seal_id=seal_id, is_self_approved=is_self_approved, has_note=bool(note), **digests,
        **seal_digests(store, seal_id),
    )  # fmt: skip
    return seal_id
