"""Where skeletons are put together: what their writer is told, and the templates of people."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Final

from personalization import generation, outreach
from personalization.campaign.outreach_progress import in_words
from personalization.domain import Message, clean_message
from personalization.errors import InputError, ProviderError
from personalization.providers import registry
from personalization.providers.brand_profile import profile_in_force
from personalization.providers.outreach_composing import SkeletonComposer, attributes_of
from personalization.providers.outreach_frames import sms_footer
from personalization.providers.outreach_texts import SkeletonRequest, as_filled
from personalization.providers.protocols import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.domain import BrandProfile, Claim, OutreachPlan, Passage
    from personalization.jobs import Progress
    from personalization.providers.outreach_texts import SkeletonWriter
    from personalization.providers.protocols import GroundednessChecker
    from personalization.settings import Settings
    from personalization.store import Store


_AT_ONCE: Final = 24
"""Texts that are kept in one transaction.  Those of a writer who costs money are kept one by one,
so that none that was paid for is lost if the program is ended."""


@dataclass(frozen=True, slots=True)
class OutreachTemplate:
    """A text for prospects that somebody worded by hand.

    Attributes:
        channel: One of OUTREACH_CHANNELS.
        body: With fields such as ``{{prospect.first_name|there}}``.
        subject: Of e-mails and InMails.
        role: For whom; ``other`` is for all roles without a text of their own.
        kind: opening, follow_up or closing.
        tone: One of OUTREACH_TONES; under it the text is chosen and learnt of.
        angle: One of OUTREACH_ANGLES, likewise.
        length: One of LENGTHS, likewise.
        link: Where it leads, of the sender's own pages; usually empty.
        locale: Language and country; empty: the first one of the plan.
    """

    channel: str
    body: str
    subject: str = ""
    role: str = "other"
    kind: str = "opening"
    tone: str = "professional"
    angle: str = "outcome"
    length: str = "standard"
    link: str = ""
    locale: str = ""


_HAND_MADE: Final = """
    SELECT told.channel, told.kind, variants.segment, variants.arm, variants.locale
    FROM current_variants AS variants
    JOIN variant_channels AS told ON told.variant_id = variants.variant_id
    WHERE variants.campaign_id = $campaign_id AND variants.origin = 'human'
"""


def checker_of(store: Store, settings: Settings, campaign_id: str) -> GroundednessChecker | None:
    """Return who is asked for a second opinion on what the rules let pass, on account."""
    return generation.on_account(
        registry.second_opinion(settings.generation), store, settings.generation,
        campaign_id=campaign_id,
    )  # fmt: skip


@dataclass(slots=True)
class SkeletonDesk:
    """Writes the skeletons of one campaign."""

    store: Store
    settings: Settings
    campaign_id: str
    plan: OutreachPlan
    actor: str
    passages: dict[tuple[str, str, str], tuple[Passage, ...]] = field(default_factory=dict)
    profile: BrandProfile | None = None
    pending: list[generation.WrittenText] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    said: set[tuple[str, ...]] = field(default_factory=set)

    def write_all(
        self, progress: Progress | None
    ) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Write all that the plan asks for; return the ids, and (which text, why not).

        However it ends, what was written until then is kept.
        """
        writer = generation.on_account(
            registry.skeleton_writer(self.settings.generation), self.store,
            self.settings.generation, progress.is_cancelled if progress else None,
            campaign_id=self.campaign_id,
        )  # fmt: skip
        checker = checker_of(self.store, self.settings, self.campaign_id)
        at_once = _AT_ONCE if isinstance(writer, SkeletonComposer) and checker is None else 1
        places = list(self.requests())
        try:
            for number, request in enumerate(places):
                if progress and progress.is_cancelled():
                    break
                if progress and not self.pending:
                    told = in_words(request.channel, request.role)
                    progress.report(number, len(places), f"now the {told}")
                self._write(writer, request, checker)
                if len(self.pending) >= at_once:
                    self._keep()
        finally:
            self._keep()
        return tuple(self.ids), tuple(self.failed)

    def _write(
        self,
        writer: SkeletonWriter,
        request: SkeletonRequest,
        checker: GroundednessChecker | None,
    ) -> None:
        """Have one skeleton written, to be kept; not where the same words are there already."""
        try:
            draft, claims = generation.drafted_skeleton(writer, request, checker=checker)
        except ProviderError as error:
            self._keep()
            self._fail(request, str(error))
            return
        message = clean_message(draft.message)
        same = (request.role, request.channel, request.kind, request.locale, *message.fields())
        words = tuple(str(part) for part in same)
        if words not in self.said:
            self.said.add(words)
            self.pending.append(_as_written(request, draft, claims))

    def _keep(self) -> None:
        """Keep what was written since the last time, all of it in one transaction."""
        written, self.pending = self.pending, []
        with self.store.transaction():
            self.ids += generation.keep_texts(
                self.store, self.campaign_id, written, actor=self.actor
            )

    def _fail(self, request: SkeletonRequest, reason: str) -> None:
        self.failed.append((_named(request), reason))
        with self.store.transaction():
            generation.keep_text_failure(
                self.store, self.campaign_id, generation.place_of(request), reason,
                actor=self.actor,
            )  # fmt: skip

    def requests(self) -> Iterator[SkeletonRequest]:
        """Yield what is asked of the writer, but for texts that somebody worded by hand."""
        rows = self.store.read(_HAND_MADE, campaign_id=self.campaign_id)
        by_hand = {tuple(row) for row in rows}
        for locale, channel, role, kind in product(
            self.plan.locales, self.plan.channels, self.plan.roles, self.plan.kinds
        ):
            for arm in self.plan.arms:
                if (channel, kind, role, arm, locale) not in by_hand:
                    tone, angle, length = arm.split("/")
                    yield self.request(
                        locale=locale, channel=channel, role=role, kind=kind, tone=tone,
                        angle=angle, length=length,
                    )  # fmt: skip

    def request(
        self, *, locale: str, channel: str, role: str, kind: str, tone: str, angle: str, length: str
    ) -> SkeletonRequest:
        """Return all that a writer is told of one skeleton."""
        rule, brand = outreach.channel_rule(channel), self.settings.brand
        return SkeletonRequest(
            campaign_id=self.campaign_id, role=role, channel=channel, kind=kind, tone=tone,
            angle=angle, length=length, passages=self._passages(locale, channel, role),
            brand_name=brand.name, sender=self.plan.sign_off, footer=self.footer(channel, locale),
            locale=locale, limit=rule.limit(), words=rule.words[length], seed=self.campaign_id,
            profile=self._profile(),
        )  # fmt: skip

    def _profile(self) -> BrandProfile:
        if self.profile is None:
            self.profile = profile_in_force(self.store)
        return self.profile

    def footer(self, channel: str, locale: str) -> str:
        """Return what stands below every text of a channel; empty where nothing does."""
        match outreach.channel_rule(channel).footer:
            case "cold_email":
                return generation.footer_of(self.settings.brand, locale, kind="cold_email")
            case "sms":
                return sms_footer(locale, self.settings.brand.name)
        return ""

    def _passages(self, locale: str, channel: str, role: str) -> tuple[Passage, ...]:
        key = (locale, channel, role)
        if key not in self.passages:
            self.passages[key] = generation.outreach_passages(
                self.store, locale=locale, channel=channel, role=role, day=self.store.now().date()
            )
        return self.passages[key]

    def keep_template(self, template: OutreachTemplate) -> str:
        """Keep a text that somebody worded by hand; return its id."""
        locale = template.locale or self.plan.locales[0]
        request = self.request(
            locale=locale, channel=template.channel, role=template.role, kind=template.kind,
            tone=template.tone, angle=template.angle, length=template.length,
        )  # fmt: skip
        message = clean_message(
            Message(template.subject, "", template.body, "", template.link, request.footer)
        )
        if not message.body:
            raise InputError("The template is empty. Write what prospects are to read.")
        generation.refuse_unfillable(message, is_for_prospects=True)
        _refuse_unfit(template.channel, message)
        claims = generation.grounded(
            request, message, checker=checker_of(self.store, self.settings, self.campaign_id)
        )
        attributes = attributes_of(request, message)
        draft = Draft(request.arm, message, (), attributes, "human", (("made_by", "hand"),))
        self.pending.append(_as_written(request, draft, claims))
        self._keep()
        return self.ids[-1]


def _as_written(
    request: SkeletonRequest, draft: Draft, claims: list[Claim]
) -> generation.WrittenText:
    offered = frozenset(s.statement_id for p in request.passages for s in p.statements)
    place = generation.place_of(request)
    return generation.WrittenText(place, draft, tuple(claims), request.locale, offered)


def _refuse_unfit(channel: str, message: Message) -> None:
    """Refuse what the channel does not take, whoever reads it."""
    filled = Message(*(as_filled(text) for _, text in message.fields()))
    if faults := outreach.check_message(channel, filled):
        raise InputError(f"This cannot go out as {channel.replace('_', ' ')}: {faults[0].reason}")


def _named(request: SkeletonRequest) -> str:
    return f"{request.role}, {request.channel}, {request.kind}, {request.arm}".replace("_", " ")
