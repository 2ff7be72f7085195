"""What reviewers say of findings: right, or a false alarm.

Labels are the only measure of how often a rule stops what it should not.  They change no decision:
a message that is held back stays so until its words or the policy change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

LABELS: Final = ("right", "false_alarm")
"""What a reviewer can say of a finding."""

_LONGEST: Final = 500

_FINDING = """
    SELECT findings.rule, findings.action, screenings.campaign_id
    FROM findings JOIN screenings ON screenings.screening_id = findings.screening_id
    WHERE findings.screening_id = $screening_id AND findings.position = $position
"""
_LAST = """
    SELECT max_by(label, label_id), max_by(note, label_id) FROM finding_labels
    WHERE screening_id = $screening_id AND position = $position AND actor = $actor
"""
_LABEL = """
    INSERT INTO finding_labels (screening_id, position, label, note, actor, labelled_at)
    VALUES ($screening_id, $position, $label, $note, $actor, $now)
"""


def label_finding(
    store: Store, screening_id: int, position: int, label: str, *, actor: str, note: str = ""
) -> bool:
    """Record what a reviewer says of one finding, and return whether that was new.

    The newest label of a reviewer counts.  The same label with the same note again, such as from a
    double click, writes nothing.

    Args:
        store: Writes one row of ``finding_labels`` and one audit row.
        screening_id: The screening that the finding is of.
        position: Its number in that screening.
        label: One of LABELS.
        actor: The reviewer.
        note: Why, if it needs saying; it may be empty.

    Raises:
        InputError: There is no such finding, or no such label.
    """
    if label not in LABELS:
        raise InputError(f"A finding cannot be {label!r}. Use one of: {', '.join(LABELS)}.")
    note = note.strip()
    if len(note) > _LONGEST:
        raise InputError(f"The note has {len(note)} signs. Say it in {_LONGEST} at most.")
    with store.transaction():
        row = store.read_one(_FINDING, screening_id=screening_id, position=position)
        if row is None:
            raise InputError(
                f"There is no finding {position} of screening {screening_id}. Reload the page."
            )
        rule, action, campaign_id = row
        of = {"screening_id": screening_id, "position": position, "actor": actor}
        if store.read_one(_LAST, **of) == (label, note):
            return False
        record(
            store, "finding.labelled", f"{screening_id}/{position}", actor=actor,
            campaign_id=campaign_id, rule=rule, action=action, label=label, has_note=bool(note),
        )  # fmt: skip
        store.run(_LABEL, label=label, note=note, now=store.now(), **of)
    return True
