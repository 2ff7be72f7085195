"""The quality of a campaign's messages: how they read, what they rest on, how alike they are.

All of it follows from the texts, the claims and the fields on record; nothing is judged by a model,
and nothing here foretells a response.  Formulas and their sources stand in ``statistics`` and in
``generation.citations``, thresholds and reasons in ``quality_words``.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL
from personalization.providers.composing import as_read
from personalization.reports.cells import cell
from personalization.reports.quality_data import SQL, Written, last_change, written_of
from personalization.reports.quality_measures import (
    Neighbour,
    evidence_measures,
    likeness_measures,
    personal_measures,
    reading_measures,
    set_measures,
    subject_measures,
    without,
)
from personalization.reports.quality_words import EXPECTED, NEAR_DUPLICATE, WHY, Measure
from personalization.statistics.variety import overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

__all__ = [
    "EXPECTED",
    "SQL",
    "WHY",
    "CampaignQuality",
    "Measure",
    "MessageQuality",
    "Pair",
    "SetQuality",
    "campaign_quality",
    "last_change",
    "message_rows",
    "quality_csv",
    "set_rows",
]

_IN_PERCENT: Final = frozenset(
    ("coverage", "recall", "precision", "own_share", "nearest_arm", "nearest_segment", "overlap",
     "distinct")
)  # fmt: skip
_OF_MESSAGE: Final = (
    "words", "ease", "subject", "coverage", "recall", "precision", "own_share", "nearest_arm",
    "nearest_segment",
)  # fmt: skip
_OF_SET: Final = ("self_bleu", "overlap", "distinct", "compression", "subjects", "repeat")
_COLUMNS: Final = ("segment", "message", "version", "measure", "value", "expected", "stands_out")


@dataclass(frozen=True, slots=True)
class MessageQuality:
    """One message with its measures, in the order in which they are read."""

    variant_id: str
    version: int
    segment: str
    arm: str
    subject: str
    measures: tuple[Measure, ...]

    @property
    def standing_out(self) -> tuple[Measure, ...]:
        """Return the measures that give a reason to look."""
        return tuple(measure for measure in self.measures if measure.stands_out)

    def value(self, key: str) -> float | None:
        """Return one figure by its key; None where it is not known."""
        return _value(self.measures, key)


@dataclass(frozen=True, slots=True)
class SetQuality:
    """The arms of one segment together; the control text is none of them."""

    segment: str
    n_messages: int
    measures: tuple[Measure, ...]

    @property
    def standing_out(self) -> tuple[Measure, ...]:
        """Return the measures that give a reason to look."""
        return tuple(measure for measure in self.measures if measure.stands_out)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two messages of different segments that are much alike, with their texts side by side."""

    one: Written
    other: Written
    overlap: float


@dataclass(frozen=True, slots=True)
class CampaignQuality:
    """All messages of a campaign, the sets that its segments test, and what is sent twice.

    Attributes:
        near_duplicates: Pairs over segments from NEAR_DUPLICATE on, the most alike first.
    """

    messages: tuple[MessageQuality, ...]
    sets: tuple[SetQuality, ...]
    near_duplicates: tuple[Pair, ...]

    @property
    def near_duplicate_share(self) -> float | None:
        """Return the share of messages with a near-duplicate in another segment; None for none.

        Control texts are left out: they are meant to be the same everywhere.
        """
        arms = [message for message in self.messages if message.arm != CONTROL]
        twice = {w.variant_id for pair in self.near_duplicates for w in (pair.one, pair.other)}
        return len(twice) / len(arms) if arms else None

    def of_message(self, variant_id: str) -> MessageQuality | None:
        """Return the measures of one message, or None where it has none."""
        return next((m for m in self.messages if m.variant_id == variant_id), None)


def campaign_quality(store: Store, campaign_id: str) -> CampaignQuality:
    """Measure the newest version of every message of a campaign.

    Reads ``current_variants``, ``claims``, ``statements``, ``documents`` and, counted by segment,
    ``customers``.
    """
    written = written_of(store, campaign_id)
    arms = [each for each in written if each.arm != CONTROL]
    pairs = [
        (arms[one], arms[other], share)
        for one, other, share in overlaps(
            [without(as_read(each.message.body), each.ordered) for each in arms]
        )
    ]
    near = sorted(
        (
            Pair(one, other, share)
            for one, other, share in pairs
            if one.segment != other.segment and share > NEAR_DUPLICATE
        ),
        key=lambda pair: (-pair.overlap, pair.one.variant_id, pair.other.variant_id),
    )
    segments = dict.fromkeys(each.segment for each in arms)
    return CampaignQuality(
        messages=tuple(_message(each, written, pairs) for each in written),
        sets=tuple(_set(s, [each for each in arms if each.segment == s]) for s in segments),
        near_duplicates=tuple(near),
    )


def _message(
    own: Written, written: Sequence[Written], pairs: Sequence[tuple[Written, Written, float]]
) -> MessageQuality:
    control = next((w for w in written if w.segment == own.segment and w.arm == CONTROL), None)
    others = [
        (other if one is own else one, share) for one, other, share in pairs if own in (one, other)
    ]
    measures = (
        *reading_measures(own),
        *subject_measures(own),
        *personal_measures(own, control),
        *evidence_measures(own),
        *likeness_measures(_nearest(own, others, is_same_segment=True),
                           _nearest(own, others, is_same_segment=False)),
    )  # fmt: skip
    return MessageQuality(
        own.variant_id, own.version, own.segment, own.arm, own.message.subject, measures
    )


def _nearest(
    own: Written, others: Sequence[tuple[Written, float]], *, is_same_segment: bool
) -> Neighbour | None:
    """Return the message most like this one, of its own segment or of the others."""
    among = [
        Neighbour(w.segment, w.arm, share)
        for w, share in others
        if (w.segment == own.segment) is is_same_segment
    ]
    return max(among, key=lambda n: (n.overlap, n.segment, n.arm), default=None)


def _set(segment: str, arms: Sequence[Written]) -> SetQuality:
    measures = set_measures([each.message for each in arms], arms[0].ordered)
    return SetQuality(segment, len(arms), measures)


def _value(measures: Sequence[Measure], key: str) -> float | None:
    return next((m.value for m in measures if m.key == key), None)


def message_rows(quality: CampaignQuality) -> list[dict[str, Any]]:
    """Return a row for each message, those first that stand out; shares are in percent.

    Returns:
        segment, message (its arm), ``noticed`` (what stands out, in words), and the figures.
    """
    return [
        {
            "segment": message.segment,
            "message": message.arm,
            "noticed": [f"{m.name}: {m.said}" for m in message.standing_out],
            **_figures(message.measures, _OF_MESSAGE),
        }
        for message in sorted(quality.messages, key=lambda m: not m.standing_out)
    ]


def set_rows(quality: CampaignQuality) -> list[dict[str, Any]]:
    """Return a row for the arms of each segment: figures, and the longest run that they share."""
    return [
        {
            "segment": group.segment,
            **_figures(group.measures, _OF_SET),
            "run": next((m.said for m in group.measures if m.key == "repeat"), ""),
        }
        for group in quality.sets
    ]


def _figures(measures: Sequence[Measure], keys: Sequence[str]) -> dict[str, float | None]:
    values = {key: _value(measures, key) for key in keys}
    return {
        key: 100 * value if value is not None and key in _IN_PERCENT else value
        for key, value in values.items()
    }


def quality_csv(quality: CampaignQuality) -> bytes:
    """Return every figure as CSV: one row for each message or segment and measure."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    rows = [
        *((m.segment, m.arm, str(m.version), measure) for m in quality.messages
          for measure in m.measures),
        *((s.segment, "all arms", "", measure) for s in quality.sets for measure in s.measures),
    ]  # fmt: skip
    for segment, message, version, measure in rows:
        value = "" if measure.value is None else f"{measure.value:.6g}"
        told = (segment, message, version, measure.key, value, measure.expected)
        writer.writerow([*map(cell, told), "yes" if measure.stands_out else "no"])
    return file.getvalue().encode("utf-8-sig")
