"""Which message each prospect gets: the one function behind the campaign and behind the engine.

For one prospect or for a hundred thousand it is the same statements over the same tables, so that
both doors give the same bytes for the same person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.inputs import check_dataset
from personalization.domain import Message
from personalization.outreach.choosable import base_of_plan
from personalization.outreach.explaining import explain, run_summary
from personalization.outreach.gates import GATES
from personalization.outreach.running import choose
from personalization.providers.outreach_texts import posted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Settings
    from personalization.store import Store

OUTREACH_GATES: Final = GATES


def choose_messages(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    prospects: Sequence[str] | None = None,
    step: int = 1,
    strategy: PersonalizationStrategy | None = None,
    posterior: str | None = None,
    approved_only: bool = True,
    as_of: datetime | None = None,
    actor: str,
) -> str:
    """Choose a message for each prospect of an outreach campaign, or say why there is none.

    Running it twice with nothing changed chooses the same messages under the same ids.

    Args:
        store: Reads prospects, routings, skeletons, stops, consents and what was learnt; writes
            ``outreach_runs``, ``outreach_messages``, ``outreach_candidates`` and one audit row.
        settings: Weights, caps and the holdout's share ([outreach]).
        campaign_id: An outreach campaign.
        prospects: Ids to choose for; None is the whole base.
        step: Place in the sequence, from 1.
        strategy: Weights of tones and angles to begin with; None weighs all the same.
        posterior: Version of what was learnt; None is the newest that was learnt of real answers.
            Under one that was learnt of simulated answers only simulated messages count as sent.
        approved_only: Choose among approved texts. Otherwise among those that passed the
            screening, approved or not: drafts, which nothing hands over.  They are drawn up as
            well where an address or the country is missing, and are held for it.
        as_of: The moment by which stops, caps and history are judged; None is now.
        actor: Who wants it.

    Returns:
        The run's id.

    Raises:
        InputError: The campaign writes to no prospects, or an id is not in its base.
    """
    check_dataset(store, settings, base_of_plan(store, campaign_id), actor=actor)
    return choose(
        store, settings, campaign_id, prospects=prospects, step=step, strategy=strategy,
        posterior=posterior, approved_only=approved_only, as_of=as_of, actor=actor,
    )  # fmt: skip


_LINES: Final = """
    SELECT messages.prospect_id AS id, messages.status, messages.code, messages.reason,
           messages.role, messages.channel, messages.tone, messages.angle, messages.length,
           messages.subject, messages.body, messages.call_to_action, messages.link,
           messages.footer, messages.variant_id, messages.fact_ids, messages.score,
           messages.margin, messages.propensity, messages.is_default, messages.message_id,
           messages.content_sha256,
           messages.status = 'ready' AND sendable.variant_id IS NOT NULL AS is_sendable
    FROM outreach_messages AS messages
    LEFT JOIN sendable_skeletons AS sendable ON sendable.campaign_id = messages.campaign_id
                                            AND sendable.variant_id = messages.variant_id
                                            AND sendable.version = messages.version
    WHERE messages.run_id = $run_id ORDER BY messages.prospect_id
"""


def outreach_lines(store: Store, run_id: str) -> list[dict[str, Any]]:
    """Return what a run chose as lines for a program, each with the whole text as it is read."""
    return [{**row, "content": _content(row)} for row in store.records(_LINES, run_id=run_id)]


def _content(row: dict[str, Any]) -> str:
    if row["variant_id"] is None:
        return ""
    told = Message(
        row["subject"], "", row["body"], row["call_to_action"], row["link"], row["footer"]
    )
    return posted(row["channel"], told)


def outreach_result(store: Store, run_id: str) -> dict[str, Any]:
    """Count what came of a run: how many are ready, and by which gate the others are held."""
    return run_summary(store, run_id)


def explain_message(
    store: Store, campaign_id: str, prospect_id: str, *, step: int = 1
) -> dict[str, Any]:
    """Tell why a prospect gets this message: each part of the score, the runner-up, the margin.

    Raises:
        InputError: No message was worked out for the prospect yet.
    """
    return explain(store, campaign_id, prospect_id, step=step)
