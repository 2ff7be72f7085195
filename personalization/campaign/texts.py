"""Product texts: written on demand, screened and decided on like messages, and handed over.

The texts of a base live in one set, which is a campaign that is mailed to nobody.  They are written
once for each segment and product, or once for each segment and strategy with blanks that the engine
fills, so that a hundred thousand customers need dozens of texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization import generation
from personalization.campaign.audience import create_campaign, fit_segments, keep_segments
from personalization.campaign.inputs import check_inputs
from personalization.campaign.journal import journal
from personalization.campaign.messages import screen_words
from personalization.campaign.text_orders import TextDesk, TextOrder
from personalization.domain import Brief
from personalization.errors import InputError, ProviderError, StateError
from personalization.providers import registry
from personalization.store import record

if TYPE_CHECKING:
    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

MOST_TEXTS: Final = 200
"""Texts that one order may ask for: they are read by people."""


@dataclass(frozen=True, slots=True)
class WrittenTexts:
    """What came of an order.

    Attributes:
        text_set: The id of the set that holds them.
        variant_ids: The texts, in the order in which they were written.
        failed: (which text, why not).
        screened: How many were screened.
    """

    text_set: str
    variant_ids: tuple[str, ...]
    failed: tuple[tuple[str, str], ...] = ()
    screened: int = 0

    @property
    def sentence(self) -> str:
        """Say it in a sentence or two."""
        told = f"{len(self.variant_ids)} texts written, {self.screened} screened."
        if self.failed:
            told += f" {len(self.failed)} could not be written: {self.failed[0][1]}"
        return told


_NAME: Final = "SELECT name FROM datasets WHERE dataset_id = $dataset_id"
_ADD_SET: Final = """
    INSERT INTO text_sets (campaign_id, dataset_id, made_at, made_by)
    VALUES ($campaign_id, $dataset_id, $made_at, $made_by)
"""
_TODAY: Final = "UPDATE campaigns SET send_on = $day WHERE campaign_id = $campaign_id"


def open_text_set(
    store: Store, settings: Settings, dataset_id: str, *, actor: str, locale: str = "en-GB"
) -> str:
    """Return the set that holds the texts of a base in a language; made where there is none.

    A set judges its sources by the day on which somebody last wrote in it.  Its segments are those
    of recency, frequency and spend; a base without purchases has none, and so only texts for
    everybody.

    Raises:
        InputError: There is no such base.
    """
    today = store.now().date()
    found = generation.text_set_of(store, dataset_id, locale)
    if found is not None:
        if found["send_on"] < today:
            with store.transaction():
                store.run(_TODAY, day=today, campaign_id=found["campaign_id"])
                record(
                    store, "texts.dated", found["campaign_id"], actor=actor,
                    campaign_id=found["campaign_id"], day=today,
                )  # fmt: skip
        return str(found["campaign_id"])
    [(name,)] = store.read(_NAME, dataset_id=dataset_id) or [(dataset_id,)]
    with store.transaction():
        text_set = create_campaign(
            store, name=f"Product texts: {name}", dataset_id=dataset_id, brief=Brief(),
            send_on=today, actor=actor, locale=locale,
            request_id=f"texts:{dataset_id}:{locale}",
        )  # fmt: skip
        store.run(
            _ADD_SET, campaign_id=text_set, dataset_id=dataset_id, made_at=store.now(),
            made_by=actor,
        )  # fmt: skip
    renew_text_segments(store, settings, text_set, actor=actor)
    return text_set


def renew_text_segments(store: Store, settings: Settings, text_set: str, *, actor: str) -> int:
    """Put the customers of a text set into segments anew; none where nobody has bought anything."""
    try:
        proposal = fit_segments(store, settings, text_set, method="rfm")
    except (InputError, StateError):
        return 0
    return keep_segments(store, text_set, proposal, actor=actor)


def write_texts(
    store: Store,
    settings: Settings,
    dataset_id: str,
    order: TextOrder,
    *,
    actor: str,
    locale: str = "en-GB",
    progress: Progress | None = None,
) -> WrittenTexts:
    """Write what an order asks for, and screen it; nothing is usable before somebody approves it.

    A text that is there already and would read the same is left alone, with its approval.

    Args:
        store: Writes ``documents`` of the catalogue, ``variants`` and what belongs to them,
            ``screenings`` and audit rows.
        settings: Say who writes, and who the sender is.
        dataset_id: Whose products and customers.
        order: What is wanted.
        actor: Who wants it.
        locale: Language and country of the texts.
        progress: Is told how far it is, and asked whether to stop.

    Raises:
        InputError: There is no such base, product, segment or customer, or the order is too large.
        StateError: The customer has no recommendations.
    """
    text_set = open_text_set(store, settings, dataset_id, actor=actor, locale=locale)
    check_inputs(store, settings, text_set, actor=actor)
    desk = TextDesk(store, settings, dataset_id, text_set, locale, actor)
    wanted = list(desk.wanted(order))
    if len(wanted) > MOST_TEXTS:
        raise InputError(
            f"That makes {len(wanted)} texts, and {MOST_TEXTS} can be asked for at a time. Choose "
            "fewer products, segments or kinds."
        )
    writer = generation.on_account(
        registry.text_writer(settings.generation), store, settings.generation,
        progress.is_cancelled if progress else None, campaign_id=text_set,
    )  # fmt: skip
    ids, failed = list[str](), list[tuple[str, str]]()
    for number, (place, request) in enumerate(wanted):
        if progress:
            if progress.is_cancelled():
                break
            progress.report(number, len(wanted), f"{place.kind.replace('_', ' ')}, {place.channel}")
        try:
            ids.append(desk.write(writer, place, request))
        except ProviderError as error:
            failed.append((f"{place.kind}, {place.channel}, {place.segment}", str(error)))
            with store.transaction():
                generation.keep_text_failure(store, text_set, place, str(error), actor=actor)
    journal(store, text_set, "write", len(ids), actor)
    screened = screen_words(store, settings, text_set, actor=actor, progress=progress)
    return WrittenTexts(text_set, tuple(dict.fromkeys(ids)), tuple(failed), screened)


def start_writing_texts(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    dataset_id: str,
    order: TextOrder,
    *,
    actor: str,
    locale: str = "en-GB",
) -> str:
    """Start ``write_texts`` as a job of the base, and return the job's id."""

    def work(progress: Progress) -> str:
        found = write_texts(
            store, settings, dataset_id, order, actor=actor, locale=locale, progress=progress
        )
        return found.sentence

    return jobs.submit(dataset_id, "product texts", work)
