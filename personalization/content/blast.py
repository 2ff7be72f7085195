"""The blast radius of a source: all that rests on a document, from its sentences to people.

Every version of the document counts: whoever got an older wording got it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from datetime import date

    from personalization.store import Store

_DOCUMENT = """
    SELECT document_id, version, kind, title, status, valid_until
    FROM current_documents WHERE document_id = $document_id
"""
_STATEMENTS = """
    SELECT statements.statement_id, statements.version, statements.text,
           count(DISTINCT quoted.variant_id) AS messages
    FROM statements
    LEFT JOIN quoted_statements AS quoted ON quoted.statement_id = statements.statement_id
    WHERE statements.document_id = $document_id
    GROUP BY statements.statement_id, statements.version, statements.position, statements.text
    ORDER BY statements.version DESC, statements.position, statements.statement_id
"""
_CLAIMS = """
    SELECT variants.campaign_id, campaigns.name AS campaign, variants.segment, variants.arm,
           claims.variant_id, claims.version, claims.field, claims.span_start, claims.span_end,
           claims.text, claims.statement_id
    FROM claims
    JOIN statements ON statements.statement_id = claims.statement_id
    JOIN current_variants AS variants ON variants.variant_id = claims.variant_id
                                     AND variants.version = claims.version
    JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
    WHERE statements.document_id = $document_id
    ORDER BY campaigns.name, variants.campaign_id, variants.segment, variants.arm,
             claims.variant_id, claims.position
"""
_MESSAGES = """
    WITH citing AS (
        SELECT DISTINCT quoted.variant_id, quoted.version
        FROM quoted_statements AS quoted
        JOIN statements ON statements.statement_id = quoted.statement_id
        WHERE statements.document_id = $document_id
    ), sent AS (
        SELECT variant_id, version,
               count(*) FILTER (WHERE NOT is_simulated) AS recipients,
               count(*) FILTER (WHERE is_simulated) AS simulated
        FROM deliveries WHERE variant_id IN (SELECT variant_id FROM citing)
        GROUP BY variant_id, version
    ), planned AS (
        SELECT arms.variant_id, arms.version, count(assignments.customer_id) AS customers
        FROM arms
        LEFT JOIN assignments ON assignments.experiment_id = arms.experiment_id
                             AND assignments.segment = arms.segment AND assignments.arm = arms.arm
        WHERE arms.variant_id IN (SELECT variant_id FROM citing)
        GROUP BY arms.variant_id, arms.version
    )
    SELECT variants.campaign_id, campaigns.name AS campaign, campaigns.send_on, variants.segment,
           variants.arm, variants.variant_id, variants.version,
           newest.variant_id IS NOT NULL AS is_current,
           sendable.variant_id IS NOT NULL AS is_sendable,
           planned.variant_id IS NOT NULL AS is_in_test,
           coalesce(planned.customers, 0) AS planned, coalesce(sent.recipients, 0) AS recipients,
           coalesce(sent.simulated, 0) AS simulated
    FROM citing
    JOIN variants ON variants.variant_id = citing.variant_id AND variants.version = citing.version
    JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
    LEFT JOIN current_variants AS newest ON newest.variant_id = citing.variant_id
                                        AND newest.version = citing.version
    LEFT JOIN sendable_variants AS sendable ON sendable.variant_id = citing.variant_id
                                           AND sendable.version = citing.version
    LEFT JOIN planned ON planned.variant_id = citing.variant_id
                     AND planned.version = citing.version
    LEFT JOIN sent ON sent.variant_id = citing.variant_id AND sent.version = citing.version
    WHERE newest.variant_id IS NOT NULL OR sent.variant_id IS NOT NULL
    ORDER BY campaigns.name, variants.campaign_id, variants.segment, variants.arm,
             variants.variant_id, variants.version
"""


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A statement of the document, and how many messages rest on it."""

    statement_id: str
    version: int
    text: str
    messages: int


@dataclass(frozen=True, slots=True)
class AffectedClaim:
    """A sentence of a current message that cites the document."""

    campaign_id: str
    campaign: str
    segment: str
    arm: str
    variant_id: str
    version: int
    field: str
    span_start: int
    span_end: int
    text: str
    statement_id: str


@dataclass(frozen=True, slots=True)
class AffectedMessage:
    """A version of a message that rests on the document: current, or sent to somebody.

    Attributes:
        is_current: Nobody has edited it since.
        is_sendable: It could go out at this moment.
        is_in_test: It is an arm of a designed test.
        planned: Customers who were given this arm.
        recipients: Customers it was exported for.
        simulated: Customers of a simulation; nobody got anything.
        is_held: It could go out now, and could not any more.
        is_over: Its send date lies after the last day, so that it may never go out.
    """

    campaign_id: str
    campaign: str
    send_on: date
    segment: str
    arm: str
    variant_id: str
    version: int
    is_current: bool
    is_sendable: bool
    is_in_test: bool
    planned: int
    recipients: int
    simulated: int
    is_held: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What rests on a document, and what its end would hold back.

    Attributes:
        version: The newest version, which would be withdrawn or brought to an end.
        ends_on: Its last day, where that is what is asked about; None for a withdrawal.
    """

    document_id: str
    version: int
    title: str
    kind: str
    ends_on: date | None
    statements: tuple[CitedSentence, ...]
    claims: tuple[AffectedClaim, ...]
    messages: tuple[AffectedMessage, ...]

    @property
    def figures(self) -> dict[str, int]:
        """Return the counts that a headline needs."""
        unsent = [m for m in self.messages if m.is_current and not m.recipients]
        return {
            "statements": sum(1 for s in self.statements if s.messages),
            "claims": len(self.claims),
            "messages": len(self.messages),
            "campaigns": len({m.campaign_id for m in self.messages}),
            "arms": sum(1 for m in self.messages if m.is_in_test),
            "recipients": sum(m.recipients for m in self.messages),
            "not_exported": len(unsent),
            "scheduled_campaigns": len({m.campaign_id for m in unsent if m.is_in_test}),
            "held": sum(1 for m in self.messages if m.is_held),
        }


NOTHING: Final = BlastRadius("", 0, "", "", None, (), (), ())
"""The blast radius of an incident that is about no source."""


def blast_radius(store: Store, document_id: str, *, ends_on: date | None = None) -> BlastRadius:
    """Work out what rests on a document, and what would be held back if it went.

    A message that cites a document which ends earlier than it says has to be screened again, and
    is held until then; after the last day it may not go out at all.

    Args:
        store: Reads ``documents``, ``statements``, ``claims``, ``variants``, ``sendable_variants``,
            ``arms``, ``assignments`` and ``deliveries``; writes nothing.
        document_id: Of the source.
        ends_on: Its last day would be this one; None asks what its withdrawal would do.

    Raises:
        InputError: There is no such document.
    """
    found = store.read_one(_DOCUMENT, document_id=document_id)
    if found is None:
        raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
    _, version, kind, title, _, _ = found
    messages = [AffectedMessage(**row) for row in store.records(_MESSAGES, document_id=document_id)]
    return BlastRadius(
        document_id, version, title, kind, ends_on,
        tuple(CitedSentence(**r) for r in store.records(_STATEMENTS, document_id=document_id)),
        tuple(AffectedClaim(**r) for r in store.records(_CLAIMS, document_id=document_id)),
        tuple(
            replace(message, is_held=message.is_sendable,
                    is_over=ends_on is None or message.send_on > ends_on)
            for message in messages
        ),
    )  # fmt: skip


STOP: Final = "stop"
RECIPIENTS: Final = "recipients"
REWRITE: Final = "rewrite"
SCREEN: Final = "screen"


def tasks_of(radius: BlastRadius) -> list[tuple[str, str]]:
    """Return what has to be done about a source, by key."""
    figures, tasks = radius.figures, list[tuple[str, str]]()
    if figures["recipients"]:
        people = f"{figures['recipients']:,} {'person' if figures['recipients'] == 1 else 'people'}"
        tasks += [
            (STOP, f"Stop the files in your e-mail tool: texts for {people} cite it."),
            (RECIPIENTS, f"Decide what {people} are told, if the files were sent already."),
        ]
    unsent = figures["not_exported"]
    if unsent and radius.ends_on is None:
        tasks.append((REWRITE, f"Rewrite {_messages(unsent)} without what it says."))
    if unsent and radius.ends_on is not None:
        tasks.append((SCREEN, f"Screen {_messages(unsent)} again: they may name the old last day."))
    return tasks


def _messages(n: int) -> str:
    return f"{n:,} message" + ("" if n == 1 else "s")
