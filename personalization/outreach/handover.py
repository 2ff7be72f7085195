"""Handing over what is due: one file for each channel, each message once for ever.

Everything is looked at once more in the transaction that keeps the record, so that nobody who
objected or answered a moment ago is in a file.  A file has its name only once the record is kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization.errors import StateError
from personalization.outreach import handover_check
from personalization.outreach.due import fill_due, mailboxes_of
from personalization.outreach.handover_files import OutreachFile, pack, put_in_place
from personalization.outreach.states import base_of, is_simulated, move_on
from personalization.outreach.tasks import Sender, fill_lines, sender_of, write_channel
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from personalization.outreach.sequences import OutreachSequence
    from personalization.settings import Settings
    from personalization.store import Store

_DUE_CHANNELS: Final = """
    SELECT DISTINCT channel FROM sequence_due WHERE standing = 'due' ORDER BY channel
"""
_SENT: Final = """
    INSERT INTO outreach_sends (handover_id, message_id, campaign_id, dataset_id, prospect_id,
                                account, step, channel, role, tone, angle, length, variant_id,
                                version, content_sha256, mailbox, propensity, is_default,
                                is_simulated, sent_at)
    SELECT $handover_id, lines.message_id, $campaign_id, $dataset_id, lines.prospect_id,
           lines.account, lines.step, lines.channel, lines.role, lines.tone, lines.angle,
           lines.length, lines.variant_id, lines.version, lines.content_sha256, lines.mailbox,
           lines.propensity, lines.is_default, $is_simulated, $now
    FROM handover_lines AS lines
    WHERE lines.message_id NOT IN (SELECT message_id FROM outreach_sends)
"""
_MOVED: Final = """
    INSERT INTO sequence_changes (campaign_id, dataset_id, prospect_id, state, step, reason, until,
                                  changed_at, changed_by)
    SELECT $campaign_id, $dataset_id, prospect_id, 'active', step, 'handed over', NULL, $made_at,
           $actor
    FROM handover_lines ORDER BY prospect_id
"""
_MADE: Final = """
    INSERT INTO outreach_handovers
    VALUES ($handover_id, $campaign_id, $channel, $file_name, $sha256, $messages, $now,
            $is_simulated, $made_at, $actor)
"""
# Every line's text with the screening and the approval by which it may go, and how often it goes.
_SKELETONS: Final = """
    SELECT lines.variant_id, lines.version, lines.skeleton_sha256 AS content_sha256,
           screened.screening_id, screened.decision, screened.policy_version,
           approved.approval_id, approved.decision AS approval,
           strftime(timezone('UTC', approved.decided_at), '%Y-%m-%dT%H:%M:%SZ') AS approved_at,
           count(*) AS messages
    FROM handover_lines AS lines
    JOIN screenings AS screened ON screened.screening_id = lines.screening_id
    JOIN approvals AS approved ON approved.approval_id = lines.approval_id
    GROUP BY ALL ORDER BY lines.variant_id, lines.version
"""


def hand_over(
    store: Store,
    settings: Settings,
    sequence: OutreachSequence,
    folder: Path,
    *,
    now: datetime,
    actor: str,
    channels: Sequence[str] | None = None,
) -> tuple[OutreachFile, ...]:
    """Write what is due to files, one a channel, and keep that it was.

    Args:
        store: Reads what ``fill_due`` reads; writes ``outreach_sends``, ``outreach_handovers``,
            ``sequence_changes`` and one audit row for each file.
        settings: Who sends, and where one click ends the e-mails.
        sequence: Of the campaign.
        folder: Receives the files; it is made where it is not there.
        now: With its time zone.
        actor: Who takes them.
        channels: Only these; None is every channel on which something is due.

    Returns:
        The files; empty where nothing was due.

    Raises:
        StateError: The campaign was played through with made-up answers.
        InputError: Cold e-mails have no address at which one click ends them.
    """
    _refuse_simulated(store, sequence.campaign_id)
    folder.mkdir(parents=True, exist_ok=True)
    made: list[tuple[OutreachFile, Path]] = []
    try:
        with store.transaction():
            desk = _Desk(store, settings, sequence, now, actor, is_simulated=False)
            for channel in desk.prepare(channels):
                handover_id = f"o{uuid4().hex[:8]}"
                path = folder.resolve() / f"outreach-{channel.replace('_', '-')}-{handover_id}.zip"
                partial = path.with_name(f".{path.name}.partial")
                made.append((OutreachFile(handover_id, channel, 0, path, ""), partial))
                made[-1] = (desk.write(channel, handover_id, path, partial), partial)
    except BaseException:
        for _, partial in made:
            partial.unlink(missing_ok=True)
        raise
    put_in_place(store, sequence.campaign_id)
    return tuple(file for file, _ in made)


def play(
    store: Store, settings: Settings, sequence: OutreachSequence, *, now: datetime, actor: str
) -> tuple[OutreachFile, ...]:
    """Keep what is due as handed over in a play-through: marked as made up, and without files.

    Raises:
        StateError: Messages of the campaign were handed over for real.
    """
    if store.read(_REAL, campaign_id=sequence.campaign_id) != [(0,)]:
        raise StateError(
            "Messages of this campaign were handed over, so it cannot be played through: made-up "
            "answers would stand beside real ones. Play through a campaign of its own."
        )
    with store.transaction():
        desk = _Desk(store, settings, sequence, now, actor, is_simulated=True)
        return tuple(
            desk.keep(OutreachFile(f"o{uuid4().hex[:8]}", channel, lines, None, ""))
            for channel in desk.prepare(None)
            if (lines := desk.fill(channel))
        )


_REAL: Final = """
    SELECT count(*) FROM outreach_sends
    WHERE campaign_id = $campaign_id AND NOT is_simulated
"""


def _refuse_simulated(store: Store, campaign_id: str) -> None:
    if is_simulated(store, campaign_id):
        raise StateError(
            "This campaign was played through with made-up answers, so nothing of it is handed "
            "over. Make a campaign of the same plan for real."
        )


@dataclass(frozen=True, slots=True)
class _Desk:
    """One hand-over, in its transaction."""

    store: Store
    settings: Settings
    sequence: OutreachSequence
    now: datetime
    actor: str
    is_simulated: bool

    @property
    def _whose(self) -> dict[str, str]:
        campaign_id = self.sequence.campaign_id
        return {"campaign_id": campaign_id, "dataset_id": base_of(self.store, campaign_id)}

    def prepare(self, channels: Sequence[str] | None) -> list[str]:
        """Move people on, work out who is due, and return the channels on which somebody is."""
        move_on(self.store, self.sequence, now=self.now, actor=self.actor)
        fill_due(
            self.store, self.settings, self.sequence, now=self.now, is_simulated=self.is_simulated
        )
        due = [str(channel) for (channel,) in self.store.read(_DUE_CHANNELS)]
        return [channel for channel in due if channels is None or channel in channels]

    def fill(self, channel: str) -> int:
        """Lay out the lines of a channel, and return how many there are."""
        return fill_lines(self.store, channel=channel, **self._whose)

    def write(self, channel: str, handover_id: str, path: Path, partial: Path) -> OutreachFile:
        """Write the file of a channel under its partial name, and keep the record of it."""
        lines = self.fill(channel)
        folder = partial.with_name(f".{handover_id}.folder")
        folder.mkdir()
        try:
            files = write_channel(
                self.store, channel, folder, sender=self._sender(channel), now=self.now
            )
            proof = self._proof(handover_id, channel, lines, files)
            (folder / handover_check.MANIFEST).write_text(
                json.dumps(proof, indent=2, sort_keys=True, ensure_ascii=False), "utf-8"
            )
            pack(partial, (*files, folder / handover_check.MANIFEST))
        finally:
            shutil.rmtree(folder)
        if faults := handover_check.check_file(partial):
            raise StateError(f"The file for {channel} does not hold: {faults[0]}")
        sha256 = hashlib.sha256(partial.read_bytes()).hexdigest()
        return self.keep(OutreachFile(handover_id, channel, lines, path, sha256))

    def _sender(self, channel: str) -> Sender | None:
        if channel != "cold_email":
            return None
        return sender_of(self.settings, mailboxes_of(self.settings, self.sequence))

    def _proof(
        self, handover_id: str, channel: str, lines: int, files: Sequence[Path]
    ) -> dict[str, Any]:
        """Say what is in the files, and by which screenings and approvals it may go."""
        skeletons = self.store.records(_SKELETONS)
        if sum(int(one["messages"]) for one in skeletons) != lines:
            raise StateError(
                f"A text for {channel} has no screening or approval on record. Nothing was handed "
                "over; screen the texts on the Outreach page."
            )
        return {
            "format": handover_check.FORMAT, "handover_id": handover_id, "channel": channel,
            "campaign_id": self.sequence.campaign_id, "as_of": self.now.isoformat(),
            "sequence_version": self.sequence.version, "messages": lines,
            "skeletons": skeletons,
            "files": [handover_check.described(path) for path in files],
        }  # fmt: skip

    def keep(self, file: OutreachFile) -> OutreachFile:
        """Keep that the lines went over, each once, and where their people stand now."""
        whose, made_at = self._whose, self.store.now()
        kept = self.store.run(
            _SENT, **whose, handover_id=file.handover_id, is_simulated=self.is_simulated,
            now=self.now,
        )  # fmt: skip
        if kept != file.messages:
            raise StateError("A message was handed over before. Look at the sequence again.")
        self.store.run(_MOVED, **whose, made_at=made_at, actor=self.actor)
        self.store.run(
            _MADE, handover_id=file.handover_id, campaign_id=whose["campaign_id"],
            channel=file.channel, file_name=str(file.path or ""), sha256=file.sha256,
            messages=file.messages, now=self.now, is_simulated=self.is_simulated,
            made_at=made_at, actor=self.actor,
        )  # fmt: skip
        record(
            self.store, "outreach.handed_over", file.handover_id, actor=self.actor, **whose,
            channel=file.channel, messages=file.messages, file_sha256=file.sha256,
            as_of=self.now, is_simulated=self.is_simulated, sequence=self.sequence.version,
        )  # fmt: skip
        return file
