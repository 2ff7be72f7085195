"""Product texts after they were written: edited, screened again, filled and handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization import generation
from personalization.campaign.messages import screen_words
from personalization.errors import InputError, StateError
from personalization.providers import registry

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.jobs import Progress
    from personalization.settings import Settings
    from personalization.store import Store

write_texts_file = generation.write_texts_file

_SET_OF: Final = """
    SELECT variants.campaign_id FROM variants
    JOIN text_sets ON text_sets.campaign_id = variants.campaign_id
    WHERE variants.variant_id = $variant_id LIMIT 1
"""


def edit_product_text(
    store: Store,
    settings: Settings,
    variant_id: str,
    texts: dict[str, str],
    *,
    seen_version: int,
    actor: str,
) -> int:
    """Keep an edited text as a new version, screen it, and return its number.

    Args:
        store: As for ``write_texts``.
        settings: Likewise.
        variant_id: Which text.
        texts: The fields that are to be different, by name.
        seen_version: The version that the editor started from.
        actor: Who edited it.

    Raises:
        InputError: There is no such text, or what was written cannot be kept.
        StateError: Somebody else changed it in the meantime.
    """
    row = store.read_one(_SET_OF, variant_id=variant_id)
    if row is None:
        raise InputError(f"There is no text {variant_id!r}. The Product texts page lists them.")
    checker = generation.on_account(
        registry.second_opinion(settings.generation), store, settings.generation,
        campaign_id=str(row[0]),
    )  # fmt: skip
    version = generation.edit_text(
        store, variant_id, texts, seen_version=seen_version, brand=settings.brand.name,
        actor=actor, checker=checker,
    )  # fmt: skip
    screen_words(store, settings, str(row[0]), actor=actor, progress=None)
    return version


def screen_texts(
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    actor: str,
    locale: str = "en-GB",
    progress: Progress | None = None,
) -> int:
    """Screen every text of a base that the policy in force has not judged; return how many."""
    found = generation.text_set_of(store, dataset_id, locale)
    if found is None:
        return 0
    return screen_words(store, settings, found["campaign_id"], actor=actor, progress=progress)


def write_filled_texts(
    store: Store,
    dataset_id: str,
    path: Path,
    *,
    form: str = "csv",
    actor: str,
    locale: str = "en-GB",
) -> generation.FilledFile:
    """Write the texts on each reader's own products, filled for every customer.

    Returns:
        How many rows there are, and how many customers have none for which reason.

    Raises:
        InputError: The form is unknown.
        StateError: There is nothing that may be used, or nobody may read it.
    """
    found = generation.text_set_of(store, dataset_id, locale)
    if found is None:
        raise StateError("There are no product texts yet. Write some first.")
    return generation.write_filled_file(
        store, found["campaign_id"], path, form=form, everybody=generation.EVERYBODY, actor=actor
    )


def texts_read_by(
    store: Store, dataset_id: str, customer_id: str = "", *, locale: str = "en-GB", most: int = 20
) -> list[dict[str, Any]]:
    """Return the usable texts on readers' own products as one customer reads them.

    Without a customer, those of the first few who have some.
    """
    found = generation.text_set_of(store, dataset_id, locale)
    if found is None:
        return []
    return generation.filled_for(
        store, found["campaign_id"], everybody=generation.EVERYBODY, customer_id=customer_id,
        most=most,
    )  # fmt: skip


def texts_left_out(
    store: Store, dataset_id: str, customer_id: str = "", *, locale: str = "en-GB"
) -> str:
    """Say how many customers read no text on their own products now, and why; empty for none."""
    found = generation.text_set_of(store, dataset_id, locale)
    if found is None:
        return ""
    return generation.left_out_of(
        store, found["campaign_id"], everybody=generation.EVERYBODY, customer_id=customer_id
    ).sentence
