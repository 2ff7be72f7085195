"""The records that the trail speaks of, held against what it says: one by one, in both directions.

A row of ``screenings``, ``approvals``, ``exports`` or ``policies`` that the trail does not know is
as wrong as one that it knows and that is gone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from personalization.store import attest
from personalization.store.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.store.database import Store

SCREENED: Final = "variant.screened"
DECIDED: Final = tuple(
    f"variant.{decision}" for decision in ("approved", "changes_asked", "rejected", "reopened")
)
EXPORTED: Final = "campaign.exported"
SIGNED_OFF: Final = "campaign.signed_off"
ACTIVATED: Final = "policy.activated"
BRANDED: Final = "brand.saved"
HELD: Final = ("campaign.held", "campaign.released")
EXPIRED: Final = "document.expired"
BLANKED: Final = "campaign.texts_blanked"
_KINDS: Final = [
    SCREENED, *DECIDED, SIGNED_OFF, EXPORTED, ACTIVATED, BRANDED, BLANKED, *HELD, EXPIRED,
]  # fmt: skip
_MOST: Final = 50  # problems that are told of one kind of record

_SAID = """
    SELECT seq, kind, ref, campaign_id,
           TRY(json_extract_string(payload, '$.screening_id')) AS screening_id,
           TRY(json_extract_string(payload, '$.approval_id')) AS approval_id,
           TRY(json_extract_string(payload, '$.row_sha256')) AS row_sha256,
           TRY(json_extract_string(payload, '$.words_sha256')) AS words_sha256,
           TRY(json_extract_string(payload, '$.decision')) AS decision,
           TRY(json_extract_string(payload, '$.content_sha256')) AS content_sha256,
           TRY(json_extract_string(payload, '$.manifest_sha256')) AS manifest_sha256,
           TRY(json_extract_string(payload, '$.document_sha256')) AS document_sha256,
           TRY(json_extract_string(payload, '$.valid_until')) AS valid_until,
           TRY(json_extract_string(payload, '$.last_screening_id')) AS last_screening_id,
           TRY(json_extract_string(payload, '$.overlay_sha256')) AS overlay_sha256, actor,
           TRY(json_extract_string(payload, '$.profile_sha256')) AS profile_sha256,
           TRY(json_extract_string(payload, '$.seal_id')) AS seal_id,
           TRY(concat_ws(' ', payload ->> '$.content', payload ->> '$.audience',
                         payload ->> '$.arms', payload ->> '$.policy', payload ->> '$.sources'))
               AS seal
    FROM audit_log
    WHERE list_contains($kinds::VARCHAR[], kind)
    ORDER BY seq
"""
_EXPORTS = """
    SELECT export_id, manifest_sha256, sha256(CAST(manifest AS VARCHAR)) FROM exports
    ORDER BY export_id
"""
_POLICIES = """
    SELECT policy_version, sha256(CAST(policy AS VARCHAR)), sha256(coalesce(overlay, '')),
           activated_by
    FROM policies ORDER BY number, activated_at
"""
_PROFILES = """
    SELECT concat('version ', version), sha256(CAST(profile AS VARCHAR)), saved_by
    FROM brand_profiles ORDER BY version, saved_at
"""
_HOLDS = """
    SELECT incident_id, CASE WHEN is_held THEN 'campaign.held' ELSE 'campaign.released' END,
           campaign_id, actor
    FROM holds ORDER BY number, decided_at
"""
_EXPIRIES = """
    SELECT concat(document_id, '@', version), CAST(valid_until AS VARCHAR), set_by,
           CAST(last_screening_id AS VARCHAR)
    FROM document_expiries ORDER BY set_at, document_id, version, valid_until
"""
_TEXTS = """
    SELECT variant_id, version, campaign_id, content_sha256,
           sha256(concat_ws(chr(31), 'v1', subject, preheader, body, call_to_action, link, footer))
               = content_sha256 AS is_as_written,
           concat(subject, preheader, body, call_to_action, footer) = '' AS is_blank
    FROM variants ORDER BY variant_id, version
"""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the trail says of one record."""

    seq: int
    row_sha256: str | None
    words_sha256: str | None
    decision: str | None
    content_sha256: str | None


def changed_records(store: Store, put_away: Mapping[str, Any]) -> list[Problem]:
    """Name the records that are not as the trail says.

    Args:
        store: Reads the trail and the tables that it speaks of.
        put_away: The note of the head that closed the part of the trail before; see ``kept``.
    """
    said = store.records(_SAID, kinds=_KINDS)
    closed = put_away.get("kept", {})
    blanked = {row["campaign_id"] for row in said if row["kind"] == BLANKED}
    blanked |= set(closed.get("blanked", ()))
    screenings = store.read(attest.SCREENINGS, ids=None)
    approvals = store.read(attest.APPROVALS, ids=None)
    return [
        *_compared(
            "screenings", _by_id(said, "screening_id", (SCREENED,)), screenings,
            closed.get("screenings", {}), blanked,
        ),
        *_compared(
            "approvals", _by_id(said, "approval_id", DECIDED), approvals,
            closed.get("approvals", {}), blanked,
        ),
        *_texts(store, [row for row in said if row["kind"] == SCREENED], blanked),
        *_seals(store, said, closed.get("seals", {})),
        *_exports(store, said, closed.get("exports", {})),
        *_in_order(
            "policies", store.read(_POLICIES), [*closed.get("policies", ()), *_activated(said)]
        ),
        *_in_order(
            "brand profiles", store.read(_PROFILES), [*closed.get("profiles", ()), *_branded(said)]
        ),
        *_in_order("holds", store.read(_HOLDS), [*closed.get("holds", ()), *_held(said)]),
        *_in_order(
            "expiries", store.read(_EXPIRIES), [*closed.get("expiries", ()), *_expired(said)]
        ),
    ]  # fmt: skip


def kept(store: Store, seq: int, before: Mapping[str, Any]) -> dict[str, Any]:
    """Say what is on record of the rows up to ``seq``, for the head that closes them.

    Args:
        store: Reads the trail and the tables that it speaks of.
        seq: The last row that is put away.
        before: The same of the part that was closed before, if any.
    """
    said = [row for row in store.records(_SAID, kinds=_KINDS) if row["seq"] <= seq]
    screened, decided = (
        _by_id(said, "screening_id", (SCREENED,)),
        _by_id(said, "approval_id", DECIDED),
    )
    last_screening = max(screened, default=int(before.get("screenings", {}).get("last", 0)))
    last_approval = max(decided, default=int(before.get("approvals", {}).get("last", 0)))
    exports = {row["ref"]: row["manifest_sha256"] for row in said if row["kind"] == EXPORTED}
    seals = {row["seal_id"]: [row["seal"], row["row_sha256"]] for row in said if row["seal_id"]}
    blanked = {row["campaign_id"] for row in said if row["kind"] == BLANKED}
    return {
        "screenings": _together(store.read(attest.SCREENINGS, ids=None), last_screening),
        "approvals": _together(store.read(attest.APPROVALS, ids=None), last_approval),
        "exports": before.get("exports", {}) | exports,
        "policies": [*before.get("policies", ()), *_activated(said)],
        "profiles": [*before.get("profiles", ()), *_branded(said)],
        "holds": [*before.get("holds", ()), *_held(said)],
        "expiries": [*before.get("expiries", ()), *_expired(said)],
        "seals": before.get("seals", {}) | seals,
        "blanked": sorted(blanked | set(before.get("blanked", ()))),
    }


def _together(rows: Iterable[Sequence[Any]], last: int) -> dict[str, Any]:
    """Fold the fingerprints of the records up to number ``last`` into one."""
    known = sorted((int(row[0]), str(row[1])) for row in rows if int(row[0]) <= last)
    form = "\n".join(f"{key} {sha256}" for key, sha256 in known)
    return {"last": last, "sha256": hashlib.sha256(form.encode()).hexdigest()}


def _by_id(
    said: Iterable[Mapping[str, Any]], key: str, kinds: Sequence[str]
) -> dict[int, list[_Said]]:
    found: dict[int, list[_Said]] = {}
    for row in said:
        if row["kind"] in kinds and str(row[key] or "").isdigit():
            entry = _Said(row["seq"], row["row_sha256"], row["words_sha256"],
                          row["decision"], row["content_sha256"])  # fmt: skip
            found.setdefault(int(row[key]), []).append(entry)
    return found


def _compared(
    where: str,
    said: Mapping[int, Sequence[_Said]],
    rows: Sequence[Sequence[Any]],
    put_away: Mapping[str, Any],
    blanked: set[str],
) -> list[Problem]:
    """Hold the rows of one table against what the trail says of each."""
    last, problems = int(put_away.get("last", 0)), []
    if put_away and _together(rows, last)["sha256"] != put_away.get("sha256"):
        text = f"Some {where} up to number {last} are not as they were when the trail was closed."
        problems.append(Problem(where, f"to {last}", text))
    found: dict[int, list[Sequence[Any]]] = {}
    for row in rows:
        found.setdefault(int(row[0]), []).append(row)
    problems += [
        Problem(where, str(key), f"{where[:-1].capitalize()} {key} {wrong}")
        for key in sorted(found.keys() | said.keys())
        if key > last and (wrong := _difference(said.get(key, []), found.get(key, []), blanked))
    ]
    return problems[:_MOST]


def _difference(said: Sequence[_Said], rows: Sequence[Sequence[Any]], blanked: set[str]) -> str:
    """Say what is wrong with one record, or nothing."""
    if not said:
        return "is not in the trail: it was put in from outside."
    if not rows:
        return f"is in the trail (entry {said[0].seq}) and gone from the records."
    if len(rows) > 1 or len(said) > 1:
        return "is there more than once."
    _, row_sha256, words_sha256, has_words, campaign_id, content_sha256, decision = rows[0]
    entry = said[0]
    if entry.row_sha256 is None:  # of a version that did not attest the whole row
        is_as_said = content_sha256 == entry.content_sha256
        is_as_said &= entry.decision in (None, decision)
    else:
        is_as_said = row_sha256 == entry.row_sha256
    if not is_as_said:
        return f"was changed after entry {entry.seq} recorded it."
    is_blank = campaign_id in blanked and not has_words
    if entry.words_sha256 not in (None, words_sha256) and not is_blank:
        return f"has other words than entry {entry.seq} recorded."
    return ""


def _texts(store: Store, said: Iterable[Mapping[str, Any]], blanked: set[str]) -> list[Problem]:
    """Hold the texts of messages against their fingerprints, and those against the trail."""
    rows = store.read(_TEXTS)
    written = {(row[0], row[3]) for row in rows}
    changed = [
        Problem("messages", f"{variant_id}, version {version}", f"The text of message {variant_id}"
                f", version {version}, is not the one that its fingerprint was taken of.")
        for variant_id, version, campaign_id, _, is_as_written, is_blank in rows
        if not (is_as_written or (is_blank and campaign_id in blanked))
    ]  # fmt: skip
    gone = [
        Problem("messages", row["ref"], f"The text of message {row['ref']} that entry "
                f"{row['seq']} says was screened is gone.")
        for row in said
        if (row["ref"], row["content_sha256"]) not in written
    ]  # fmt: skip
    return [*changed, *gone][:_MOST]


def _seals(
    store: Store, said: Iterable[Mapping[str, Any]], put_away: Mapping[str, Sequence[Any]]
) -> list[Problem]:
    """Hold sign-offs, what they list included, against the trail."""
    known = {**put_away} | {
        row["seal_id"]: [row["seal"], row["row_sha256"]] for row in said if row["seal_id"]
    }
    found: dict[str, list[Any]] = {}
    for seal_id, row_sha256, seal, is_as_listed in store.read(attest.SEALS, seal_id=None):
        is_good = seal_id not in found and is_as_listed
        found[seal_id] = [seal, row_sha256] if is_good else []
    return [
        Problem("seals", seal_id, f"Sign-off {seal_id} is not as the trail says.")
        for seal_id in sorted(found.keys() | known.keys())
        if not _is_same(found.get(seal_id), known.get(seal_id))
    ][:_MOST]


def _is_same(found: Sequence[Any] | None, known: Sequence[Any] | None) -> bool:
    """Compare what is there with what was said; what an earlier version did not say is no fault."""
    return (
        found is not None
        and known is not None
        and len(found) == len(known)
        and all(said in (None, there) for there, said in zip(found, known, strict=True))
    )


def _exports(
    store: Store, said: Iterable[Mapping[str, Any]], put_away: Mapping[str, str]
) -> list[Problem]:
    """Hold the manifests of exports against the trail."""
    known: dict[str, str | None] = {**put_away} | {
        row["ref"]: row["manifest_sha256"] for row in said if row["kind"] == EXPORTED
    }
    found = {export_id: shas for export_id, *shas in store.read(_EXPORTS)}
    return [
        Problem("exports", export_id, f"Export {export_id} is not as the trail says.")
        for export_id in sorted(found.keys() | known.keys())
        if found.get(export_id) != [known.get(export_id)] * 2
    ][:_MOST]


def _activated(said: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """List what the trail says was put in force, in its order."""
    names = ("ref", "document_sha256", "overlay_sha256", "actor")
    return [[row[name] for name in names] for row in said if row["kind"] == ACTIVATED]


def _branded(said: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    names = ("ref", "profile_sha256", "actor")
    return [[row[name] for name in names] for row in said if row["kind"] == BRANDED]


def _held(said: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    names = ("ref", "kind", "campaign_id", "actor")
    return [[row[name] for name in names] for row in said if row["kind"] in HELD]


def _expired(said: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    names = ("ref", "valid_until", "actor", "last_screening_id")
    return [[row[name] for name in names] for row in said if row["kind"] == EXPIRED]


def _in_order(
    where: str, found: Sequence[Sequence[Any]], known: Sequence[Sequence[Any]]
) -> list[Problem]:
    """Hold the rows of a table against the trail, in their order: the last one of each counts."""
    return [
        Problem(where, str((there or told)[0]), f"Row {number} of the {where} "
                f"({(there or told)[0]}) is not as the trail says.")
        for number, (there, told) in enumerate(zip_longest(found, known, fillvalue=()), start=1)
        if not _is_same(there, told)
    ][:_MOST]  # fmt: skip
