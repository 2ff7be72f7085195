"""The engine's door: one prospect and one template in, one explained message out.

It stands on the campaign's own core: prospects are rows of a base, a template is an outreach
campaign, and the choice is ``campaign.choose_messages``.  So both doors give the same bytes for
the same person. Where PERSONALIZATION_DB names a database the engine works on that one, else on
one in memory, of which all engines of the process share one, with the approved content that ships.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.engine import ACTOR, Call, Desk
from personalization.campaign.engine_base import keep_prospects, open_base
from personalization.campaign.engine_feedback import take_feedback
from personalization.campaign.engine_prospects import read_prospect
from personalization.campaign.engine_results import (
    context_data,
    error_of,
    fallback_result,
    result_of,
)
from personalization.campaign.engine_templates import MessageTemplate, plan_of, read_template
from personalization.campaign.outreach_feedback import context_of
from personalization.errors import InputError, InvalidProspect, PersonalizationError
from personalization.outreach.strategy import PersonalizationStrategy
from personalization.settings import database_path, settings_in_force
from personalization.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from personalization.campaign.engine_prospects import ToldProspect
    from personalization.settings import Settings
    from personalization.store import Store

__all__ = [
    "ContextEngine",
    "FeedbackLoop",
    "IntelligentPersonalizationEngine",
    "MessageTemplate",
    "MessageVariation",
    "PersonalizationStrategy",
]
_DESKS: Final[dict[Path | None, Desk]] = {}
_LOCK: Final = threading.Lock()


def _shared_desk(settings: Settings | None = None) -> Desk:
    """Return the desk of the database that this process works on; opened by the first who asks."""
    path = database_path() if os.environ.get("PERSONALIZATION_DB") else None
    with _LOCK:
        if path not in _DESKS:
            told = settings or settings_in_force()
            _DESKS[path] = Desk(open_store(path, heads=told.audit.heads), told)
        return _DESKS[path]


def _base_of(user_id: int | str) -> str:
    return f"engine-{user_id}"


def _read(prospect: object) -> ToldProspect:
    """Read a prospect, in signs that a database and a file can hold.

    Raises:
        InvalidProspect: Nothing says who it is, or a text holds half of a sign, as broken JSON has.
    """
    try:
        told = read_prospect(prospect)
        json.dumps(asdict(told), ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise InvalidProspect(
            f"A text of the prospect holds {error.object[error.start]!r}, which is half of a sign. "
            "Read the file in the encoding that it was written in."
        ) from error
    return told


class IntelligentPersonalizationEngine:
    """Gives a prospect the message that suits best, with the reasons, or says why there is none.

    Attributes:
        user_id: Whose prospects: each user has a base of their own.
        dataset_id: The base; ``engine-<user_id>`` unless another one is named.
    """

    def __init__(
        self,
        user_id: int | str,
        *,
        store: Store | None = None,
        settings: Settings | None = None,
        dataset_id: str | None = None,
        approved_only: bool | None = None,
    ) -> None:
        """Open the engine of a user.

        Args:
            user_id: Any number or name.
            store: An open database; None is the one of the process.
            settings: Weights, caps and who the sender is; None is what the app reads.
            dataset_id: A base of prospects of the app, in the place of the user's own.
            approved_only: Choose among approved texts only.  None does so as soon as the template's
                campaign has one; until then drafts are drawn up, whose ``is_sendable`` is false.
        """
        self.user_id = user_id
        self.dataset_id = dataset_id or _base_of(user_id)
        self._desk = (
            _shared_desk(settings)
            if store is None
            else Desk(store, settings or settings_in_force())
        )
        self._approved_only = approved_only

    async def personalize_message(
        self,
        prospect: object,
        template: object,
        context: Mapping[str, Any] | None = None,
        strategy: PersonalizationStrategy | None = None,
        on_error: str = "raise",
    ) -> dict[str, Any]:
        """Choose and fill a prospect's message.

        Args:
            prospect: A mapping, an object with attributes, or the id of one in the base.
            template: A MessageTemplate, a mapping, a channel, or the id of an outreach campaign.
            context: What the caller knows beside; told back under ``context_data`` and used for
                nothing else, because only facts with a source may be cited.
            strategy: Weights of tones and angles; None weighs all the same.
            on_error: raise, or fallback: then the result has ``errors`` and no message that may
                be sent.

        Returns:
            ``profile_info``, ``context_data``, ``strategy``, ``variations``, ``final_message``,
            ``errors``, ``why``, ``score``, ``margin``, ``propensity`` and ``is_sendable``.

        Raises:
            PersonalizationError: With ``code``, ``prospect_id`` and ``retryable``: Suppressed,
                NotPermitted, InvalidProspect, TemplateError or NoCompliantVariation.
        """
        if on_error not in ("raise", "fallback"):
            raise InputError(f"on_error = {on_error!r} is neither raise nor fallback.")
        try:
            call = self._desk.put(self._call(prospect, template, strategy))
            return await asyncio.to_thread(self._finish, call, context)
        except PersonalizationError as error:
            if on_error == "raise":
                raise
            return await asyncio.to_thread(
                fallback_result, error, template, strategy or PersonalizationStrategy(), context
            )

    async def personalize_many(
        self,
        prospects: Iterable[object],
        template: object,
        strategy: PersonalizationStrategy | None = None,
    ) -> list[dict[str, Any]]:
        """Do the same for many, in one run over all; who gets none has the reason in ``errors``."""
        return list(
            await asyncio.gather(
                *(
                    self.personalize_message(one, template, None, strategy, on_error="fallback")
                    for one in prospects
                )
            )
        )

    def _call(
        self, prospect: object, template: object, strategy: PersonalizationStrategy | None
    ) -> Call:
        told, asked = _read(prospect), read_template(template)
        wanted = strategy or PersonalizationStrategy()
        if asked.body and not asked.is_open:
            wanted = wanted.with_own_words()
        return Call(self.dataset_id, told, asked, wanted, self._approved_only)

    def _finish(self, call: Call, context: Mapping[str, Any] | None) -> dict[str, Any]:
        drawn = self._desk.outcome(call)
        if error := error_of(drawn):
            raise error
        return result_of(drawn, call, context)


@dataclass(frozen=True, slots=True)
class MessageVariation:
    """The variations that a template and a strategy ask for.

    Attributes:
        template: As the engine takes it.
        strategy: The weights.
        variation_type: In what they differ: tone, angle (or content) or length.
    """

    template: object
    strategy: PersonalizationStrategy
    variation_type: str = "tone"

    def __post_init__(self) -> None:
        """Refuse what variations cannot differ in.

        Raises:
            InputError: It is none of tone, angle, content and length.
        """
        self.narrowed()

    def narrowed(self) -> PersonalizationStrategy:
        """Return the strategy whose variations differ in nothing but ``variation_type``."""
        return self.strategy.varied_by(self.variation_type)

    @property
    def arms(self) -> tuple[tuple[str, str, str], ...]:
        """Return (tone, angle, length) of each variation, the likeliest by the weights first."""
        plan, strategy = plan_of(read_template(self.template), self.strategy), self.strategy
        arms = [tuple(arm.split("/")) for arm in plan.arms]
        arms.sort(key=lambda arm: -strategy.tones[arm[0]] * strategy.angles[arm[1]])
        fixed = {"tone": (1, 2), "length": (0, 1)}.get(self.variation_type, (0, 2))
        alike = [arm for arm in arms if all(arm[place] == arms[0][place] for place in fixed)]
        return tuple((tone, angle, length) for tone, angle, length in alike)[
            : strategy.variation_count
        ]

    async def generate(
        self, engine: IntelligentPersonalizationEngine, prospect: object
    ) -> list[dict[str, Any]]:
        """Return the variations as the prospect would read them, best first."""
        found = await engine.personalize_message(prospect, self.template, None, self.narrowed())
        variations: list[dict[str, Any]] = found["variations"]
        return variations


class ContextEngine:
    """Tells what is known of a prospect before anything is written."""

    def __init__(self, user_id: int | str = 0, *, store: Store | None = None) -> None:
        """Look at a user's base, in an open database or in that of the process."""
        self._desk = _shared_desk() if store is None else Desk(store, settings_in_force())
        self.dataset_id = _base_of(user_id)

    async def get_context_data(self, prospect: object, template: object) -> dict[str, Any]:
        """Return platform, history, preferences, account and season, as they are known now.

        The prospect is kept in the base, as ``personalize_message`` does.

        Raises:
            InvalidProspect: Nothing says who it is.
            TemplateError: There is no such channel.
        """
        return await asyncio.to_thread(self._look, prospect, template)

    def _look(self, prospect: object, template: object) -> dict[str, Any]:
        told, asked, store = _read(prospect), read_template(template), self._desk.store
        open_base(store, self.dataset_id, name="Prospects", actor=ACTOR)
        keep_prospects(store, self._desk.settings, self.dataset_id, [told], actor=ACTOR)
        return context_data(context_of(store, self.dataset_id, told.prospect_id), asked, None)


class FeedbackLoop:
    """Takes in what came back from a message, and learns from it at once."""

    def __init__(self, *, store: Store | None = None) -> None:
        """Work on an open database, or on that of the process."""
        self._desk = _shared_desk() if store is None else Desk(store, settings_in_force())

    async def update_model(self, message: object, engagement_data: object) -> dict[str, Any]:
        """Note what happened with a message; the same event twice counts once.

        Args:
            message: A result of ``personalize_message``, its ``final_message``, or a message's id.
            engagement_data: A mapping or a list of them: ``event`` (delivered, open, click, reply,
                meeting, unsubscribe, complaint, bounce, in any case and in the words that sending
                tools have for them; ``sent`` notes no more than that it went out), ``text`` of a
                reply, ``event_id`` and ``happened_at`` where they are known: a moment or its ISO
                text, in UTC where it names no zone.

        Returns:
            How many events were new, what replies were read as, who was suppressed, and the
            version of what is now believed.

        Raises:
            InputError: There is no such message, or an event is none, and nothing is written; or
                the message was held or not approved, of which only opt-outs are heeded.
        """
        return await asyncio.to_thread(
            take_feedback, self._desk.store, self._desk.settings, message, engagement_data
        )
