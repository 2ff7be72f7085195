"""Behind the engine's door: prospects are kept, texts seen to, and a campaign's choice is made.

Calls that come at the same time are served together, by one run over all of their prospects.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.engine_base import keep_prospects, open_base
from personalization.campaign.engine_campaigns import campaign_of_template, refuse_blocked_words
from personalization.campaign.engine_templates import MessageTemplate, read_template
from personalization.campaign.outreach import choose_messages
from personalization.errors import InvalidProspect
from personalization.outreach.context import contexts_of
from personalization.outreach.sequences import sequence_of
from personalization.outreach.variations import messages_of, profiles_of, variations_of
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.campaign.engine_prospects import ToldProspect
    from personalization.outreach.context import ProspectContext
    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Settings
    from personalization.store import Store

ACTOR: Final = "engine"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn up for one prospect.

    Attributes:
        campaign_id: The campaign whose texts it was chosen from.
        profile: What is on record of the prospect.
        context: What is known of the prospect's past.
        message: The row of ``outreach_messages``, with ``is_approved``.
        variations: What else might have been said, best first.
    """

    campaign_id: str
    profile: dict[str, Any]
    context: ProspectContext
    message: dict[str, Any]
    variations: list[dict[str, Any]]


@dataclass(slots=True)
class Call:
    """One call that waits to be served.

    Attributes:
        dataset_id: The caller's base.
        prospect: Who is written to.
        template: What is wanted.
        strategy: The caller's weights.
        approved_only: As the caller asked; None: approved texts wherever there is one.
        outcome: What came of it.
    """

    dataset_id: str
    prospect: ToldProspect
    template: MessageTemplate
    strategy: PersonalizationStrategy
    approved_only: bool | None = None
    outcome: Drawn | BaseException | None = None

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what calls have in common that one run can serve."""
        return (self.dataset_id, self.template, self.strategy.strategy_id, self.approved_only)


@dataclass(slots=True)
class Desk:
    """Serves calls on one database, all that wait at a time together."""

    store: Store
    settings: Settings
    waiting: list[Call] = field(default_factory=list)
    door: threading.Lock = field(default_factory=threading.Lock)
    work: threading.Lock = field(default_factory=threading.Lock)

    def put(self, call: Call) -> Call:
        """Let a call wait; it is served by whoever asks for an outcome next."""
        with self.door:
            self.waiting.append(call)
        return call

    def outcome(self, call: Call) -> Drawn:
        """Return what came of a call, or raise it; serves all that wait, where nobody does."""
        with self.work:
            if call.outcome is None:
                with self.door:
                    calls, self.waiting = self.waiting, []
                self._serve(calls)
        if isinstance(call.outcome, Drawn):
            return call.outcome
        raise call.outcome or RuntimeError("The call was never put.")

    def _serve(self, calls: Sequence[Call]) -> None:
        kinds: dict[tuple[object, ...], list[Call]] = {}
        for call in calls:
            kinds.setdefault(call.kind, []).append(call)
        for alike in kinds.values():
            try:
                found = self._serve_alike(alike)
                for call in alike:
                    call.outcome = found[call.prospect.prospect_id]
            except Exception as error:  # noqa: BLE001 - each caller is told, nobody waits for ever
                for call in alike:
                    call.outcome = error

    def _serve_alike(self, calls: Sequence[Call]) -> dict[str, Drawn | BaseException]:
        first = calls[0]
        store, settings, base = self.store, self.settings, first.dataset_id
        told = _merged([call.prospect for call in calls])
        open_base(store, base, name=f"Prospects of {base.removeprefix('engine-')}", actor=ACTOR)
        missing = keep_prospects(store, settings, base, told, actor=ACTOR)
        ids = sorted({one.prospect_id for one in told} - set(missing))
        found: dict[str, Drawn | BaseException] = {
            one: InvalidProspect(
                f"Nothing is known of prospect {one!r}. Say at least a name, a job or an address.",
                prospect_id=one,
            )
            for one in missing
        }
        if not ids:
            return found
        profiles = profiles_of(store, base, ids)
        audiences = sorted({(row["role"], row["locale"] or "") for row in profiles.values()})
        campaign_id = campaign_of_template(
            store,
            settings,
            base,
            template=first.template,
            strategy=first.strategy,
            audiences=audiences,
            prospects=ids,
            actor=ACTOR,
        )
        refuse_blocked_words(store, campaign_id, first.template)
        with store.transaction():
            run_id = choose_messages(
                store, settings, campaign_id, prospects=ids, strategy=first.strategy,
                step=_step_of(store, campaign_id, first.template), actor=ACTOR,
                approved_only=_approved_only(store, campaign_id, first),
            )  # fmt: skip
            variations = variations_of(store)
        messages, contexts = messages_of(store, run_id), contexts_of(store, base, ids)
        for one in ids:
            found[one] = Drawn(
                campaign_id, profiles[one], contexts[one], messages[one], variations.get(one, []),
            )  # fmt: skip
        return found


def _merged(told: Sequence[ToldProspect]) -> list[ToldProspect]:
    """Put together what several calls say of one prospect; the last word counts."""
    found: dict[str, ToldProspect] = {}
    for one in told:
        if before := found.get(one.prospect_id):
            values = {name: value for name, value in one.values.items() if value is not None}
            one = replace(  # noqa: PLW2901 - the same prospect
                one, values=before.values | values, signals=before.signals + one.signals,
                facts=before.facts + one.facts, consents=before.consents + one.consents,
            )  # fmt: skip
        found[one.prospect_id] = one
    return list(found.values())


_APPROVED: Final = "SELECT count(*) FROM sendable_skeletons WHERE campaign_id = $campaign_id"


def _approved_only(store: Store, campaign_id: str, call: Call) -> bool:
    """Tell whether only approved texts are chosen from: where there are some, no others are."""
    if call.approved_only is not None:
        return call.approved_only
    return store.read(_APPROVED, campaign_id=campaign_id) != [(0,)]


def _step_of(store: Store, campaign_id: str, template: MessageTemplate) -> int:
    """Return the step of the campaign's sequence that a template's kind stands at."""
    kinds = [step.kind for step in sequence_of(store, campaign_id).steps]
    return kinds.index(template.kind) + 1 if template.kind in kinds else 1


_AUDIENCES: Final = """
    SELECT DISTINCT routings.role, coalesce(prospects.locale, '') AS locale
    FROM prospects JOIN routings USING (dataset_id, prospect_id)
    WHERE dataset_id = $dataset_id ORDER BY role, locale
"""


def draft_for_base(
    store: Store,
    settings: Settings,
    dataset_id: str,
    template: object,
    strategy: PersonalizationStrategy,
    *,
    actor: str,
) -> str:
    """Draw up a message for everybody in a routed base, and return the run's id.

    The texts are written and screened for it where they are not there; nobody has approved them, so
    that what comes of it are drafts.

    Raises:
        PersonalizationError: The template is none, or cannot be used as it stands.
    """
    asked = read_template(template)
    wanted = strategy.with_own_words() if asked.body and not asked.is_open else strategy
    audiences = [tuple(row) for row in store.read(_AUDIENCES, dataset_id=dataset_id)]
    campaign_id = campaign_of_template(
        store,
        settings,
        dataset_id,
        template=asked,
        strategy=wanted,
        audiences=audiences,
        prospects=None,
        actor=actor,
    )
    refuse_blocked_words(store, campaign_id, asked)
    return choose_messages(
        store, settings, campaign_id, strategy=wanted, approved_only=False, actor=actor,
        step=_step_of(store, campaign_id, asked),
    )  # fmt: skip


_SENT: Final = """
    INSERT INTO outreach_sends BY NAME
    SELECT 'engine' AS handover_id, messages.message_id, messages.campaign_id,
           messages.dataset_id, messages.prospect_id, people.account, messages.step,
           messages.channel, coalesce(messages.role, 'other') AS role,
           coalesce(messages.tone, '') AS tone, coalesce(messages.angle, '') AS angle,
           coalesce(messages.length, '') AS length, messages.variant_id, messages.version,
           messages.content_sha256, messages.propensity, messages.is_default,
           false AS is_simulated, $sent_at::TIMESTAMPTZ AS sent_at
    FROM outreach_messages AS messages
    JOIN prospects AS people ON people.dataset_id = messages.dataset_id
                            AND people.prospect_id = messages.prospect_id
    WHERE messages.message_id = $message_id AND messages.variant_id IS NOT NULL
      AND messages.message_id NOT IN (SELECT message_id FROM outreach_sends)
"""


def note_sent(store: Store, message_id: str, *, sent_at: datetime, actor: str) -> bool:
    """Note that a program of the caller sent a message; once, however often it is said.

    Returns:
        Whether it is news.
    """
    with store.transaction():
        if not store.run(_SENT, message_id=message_id, sent_at=sent_at):
            return False
        record(store, "outreach.sent_elsewhere", message_id, actor=actor)
    return True
