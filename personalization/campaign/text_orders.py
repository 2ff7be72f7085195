"""Orders for product texts, and putting together what their writer is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from personalization import generation, safety
from personalization.campaign.inputs import with_engine
from personalization.campaign.products import plan_products, product_plan, refresh_products
from personalization.domain import STRATEGIES
from personalization.errors import InputError, StateError
from personalization.providers import registry
from personalization.providers.brand_profile import profile_in_force
from personalization.providers.product_facts import TONES
from personalization.providers.product_texts import KINDS, OWN_PRODUCTS, TextRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from personalization.domain import Segment
    from personalization.providers.product_facts import Told
    from personalization.providers.product_texts import TextWriter
    from personalization.settings import Settings
    from personalization.store import Store

ALL_READERS: Final = generation.EVERYBODY
"""The segment of a text that is for nobody in particular."""
_MOST_FAMILIES: Final = 8


@dataclass(frozen=True, slots=True)
class TextOrder:
    """What texts somebody wants.

    Attributes:
        kinds: Of ``KINDS``.
        tone: One of ``TONES``.
        channels: Only these; all channels of the kinds where it is empty.
        product_ids: Products to write about; empty: the products of each reader.
        segments: For whom; empty: for everybody.
        strategy: How the products of each reader, or of the one customer, are chosen.
        items: How many products of a reader a text names, from 1 to 4.
        by_family: Whether each of the largest families of a reader's first product has a text of
            its own, beside the general one.
        customer_id: One customer, whose recommendations are written about by name.
    """

    kinds: tuple[str, ...]
    tone: str = "friendly"
    channels: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    strategy: str = ""
    items: int = 2
    by_family: bool = False
    customer_id: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be written.

        Raises:
            InputError: A kind, tone or strategy is unknown, or there is nothing to write about.
        """
        _refuse_unknown("kind", self.kinds, KINDS)
        _refuse_unknown("tone", (self.tone,), TONES)
        _refuse_unknown("strategy", (self.strategy,) if self.strategy else (), STRATEGIES)
        if not self.kinds:
            raise InputError(f"Choose at least one kind of text: {', '.join(KINDS)}.")
        if self.customer_id and not self.strategy:
            raise InputError("Choose how the products of the customer are chosen.")
        if not self.product_ids and not self.strategy:
            raise InputError("Choose a product, or how the products of each reader are chosen.")
        if not self.product_ids and (wrong := [k for k in self.kinds if k not in OWN_PRODUCTS]):
            raise InputError(
                f"A text of the kind {wrong[0]!r} is about products that you name. For the "
                f"products of each reader there are: {', '.join(OWN_PRODUCTS)}."
            )

    def outlets(self) -> list[tuple[str, str]]:
        """Return each kind with each channel that is asked for."""
        return [
            (kind, channel)
            for kind in self.kinds
            for channel in KINDS[kind]
            if not self.channels or channel in self.channels
        ]


def _refuse_unknown(what: str, given: Sequence[str], known: Collection[str]) -> None:
    if unknown := [name for name in given if name not in known]:
        raise InputError(f"There is no {what} {unknown[0]!r}. Use one of: {', '.join(known)}.")


@dataclass(slots=True)
class TextDesk:
    """Puts the requests of an order together."""

    store: Store
    settings: Settings
    dataset_id: str
    text_set: str
    locale: str
    actor: str
    limits: dict[str, dict[str, float]] = field(default_factory=dict)

    def wanted(self, order: TextOrder) -> Iterator[tuple[generation.Place, TextRequest]]:
        """Yield what is to be written: which text it is, and what its writer is told."""
        if order.customer_id:
            yield from self._for_customer(order)
        elif order.product_ids:
            segments = self._segments(order.segments)
            for told in self._products(order.product_ids):
                for name, segment in segments:
                    yield from self._about(order, (told,), name, segment)
        else:
            families = self._own_products(order)
            for name, segment in self._segments(order.segments):
                for kind, channel in order.outlets():
                    for family in families:
                        place = generation.Place(name, order.strategy, kind, channel, family=family)
                        yield place, self._request(order, place, segment)

    def _segments(self, names: Sequence[str]) -> list[tuple[str, Segment | None]]:
        if not names or tuple(names) == (ALL_READERS,):
            return [(ALL_READERS, None)]
        known = {s.name: s for s in generation.segments_of(self.store, self.text_set)}
        _refuse_unknown("segment", [n for n in names if n != ALL_READERS], tuple(known))
        return [(name, known.get(name)) for name in names]

    def _products(self, product_ids: Sequence[str]) -> list[Told]:
        policy = safety.policy_of(self.store, with_engine(self.settings))

        def unsafe(lines: Sequence[str]) -> list[str]:
            return [line for line, _ in safety.unsafe_lines(lines, policy)]

        with self.store.transaction():
            return generation.products_for(
                self.store, self.settings.brand, self.dataset_id, product_ids,
                locale=self.locale, unsafe=unsafe, actor=self.actor,
            )  # fmt: skip

    def _about(
        self, order: TextOrder, told: tuple[Told, ...], name: str, segment: Segment | None
    ) -> Iterator[tuple[generation.Place, TextRequest]]:
        for kind, channel in order.outlets():
            place = generation.Place(
                name, order.tone, kind, channel, product_id=told[0].entry.product_id,
                customer_id=order.customer_id or None,
            )  # fmt: skip
            request = self._request(order, place, segment)
            first = told[0]
            yield (
                place,
                replace(
                    request,
                    products=told,
                    step_up=self._step_up(first) if order.tone == "subtle_upsell" else None,
                    sales=self._sales(first, kind),
                    strategy="",
                    link=first.entry.link or request.link,
                    passages=generation.passages_about(
                        request.passages, told, first.entry.category if kind == "email" else ""
                    ),
                ),
            )

    def _step_up(self, told: Told) -> Told | None:
        found = generation.step_up_of(self.store, self.dataset_id, told.entry.product_id)
        return self._products([found])[0] if found else None

    def _sales(self, told: Told, kind: str) -> Told | None:
        readers = {"team_summary": "sales", "summary": "buyers"}.get(kind)
        if readers is None:
            return None
        with self.store.transaction():
            return generation.sales_of(
                self.store, self.dataset_id, self.text_set, told, readers=readers,
                locale=self.locale, actor=self.actor,
            )  # fmt: skip

    def _for_customer(self, order: TextOrder) -> Iterator[tuple[generation.Place, TextRequest]]:
        """Yield the texts for one customer, about what is recommended to that customer."""
        frozen = generation.products_of(
            self.store, self.text_set, order.customer_id, order.strategy
        )
        if not frozen:
            self._own_products(order)
            frozen = generation.products_of(
                self.store, self.text_set, order.customer_id, order.strategy
            )
        if not frozen:
            raise StateError(
                f"Customer {order.customer_id!r} has no {order.items} products by this strategy. "
                "Choose another one, or look on the Recommendations page which rules left too few."
            )
        told = tuple(self._products(frozen))
        name = generation.segment_of_customer(self.store, self.text_set, order.customer_id)
        [(name, segment)] = self._segments([name] if name else [])
        for place, request in self._about(order, told, name, segment):
            own = replace(place, arm=order.strategy, product_id=None)
            yield own, replace(request, strategy=order.strategy)

    def _own_products(self, order: TextOrder) -> list[str]:
        """Work out the products of every reader, and return the families that get a text."""
        plan = product_plan(self.store, self.text_set)
        arms = dict(plan.arms) if plan and plan.items == order.items else {}
        plan_products(
            self.store, self.text_set, arms={**arms, order.strategy: order.strategy},
            items=order.items, actor=self.actor,
        )  # fmt: skip
        refresh_products(self.store, self.settings, self.text_set, actor=self.actor)
        families = generation.families_of(
            self.store, self.text_set, order.strategy, most=_MOST_FAMILIES
        )
        return ["", *families] if order.by_family else [""]

    def _request(
        self, order: TextOrder, place: generation.Place, segment: Segment | None
    ) -> TextRequest:
        kind, channel, family = place.kind, place.channel, place.family
        limits = self.limits or self._read_limits()
        brand = self.settings.brand
        passages = generation.approved_passages(
            self.store, locale=self.locale, channel=channel,
            segment=segment.name if segment else "", day=self.store.now().date(),
        )  # fmt: skip
        return TextRequest(
            text_set=self.text_set, kind=kind, channel=channel, tone=order.tone, segment=segment,
            standing=generation.standing_of(segment), products=(), step_up=None, sales=None,
            strategy=order.strategy, items=order.items,
            passages=generation.passages_about(passages, (), family) if family else passages,
            brand_name=brand.name, link=brand.shop_url,
            footer=generation.footer_of(brand, self.locale) if channel == "email" else "",
            locale=self.locale, limit=int(limits["length"].get(channel, 4000)),
            most_hashtags=int(limits["hashtags"].get(channel, 0)),
            seed=f"{self.text_set}|{place.segment}|{kind}|{channel}|{order.tone}|{family}",
            profile=profile_in_force(self.store),
        )  # fmt: skip

    def _read_limits(self) -> dict[str, dict[str, float]]:
        rules = safety.policy_of(self.store, with_engine(self.settings)).rules
        self.limits = {
            name: dict(rules[f"channel.{name}"].limits) for name in ("length", "hashtags")
        }
        return self.limits

    def write(self, writer: TextWriter, place: generation.Place, request: TextRequest) -> str:
        """Have one text written, and keep it; return its id."""
        checker = generation.on_account(
            registry.second_opinion(self.settings.generation), self.store,
            self.settings.generation, campaign_id=self.text_set,
        )  # fmt: skip
        written = generation.drafted_text(writer, request, checker=checker)
        with self.store.transaction():
            return generation.keep_text(
                self.store, self.text_set, place, written, locale=self.locale,
                sources=request.sources, actor=self.actor,
            )  # fmt: skip
