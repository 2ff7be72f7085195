from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization import campaign
from personalization.settings import Settings

if TYPE_CHECKING:
    from personalization.store import Store

EMBEDDED = Settings(generation=replace(Settings().generation, writer="composer"))
HOSTED = Settings(generation=replace(Settings().generation, writer="openai", model="any"))


def add_content(store: Store, locale: str, *, kind: str = "benefit", until: str = "") -> None:
    """Add an approved document that may be said by e-mail to prospects."""
    store.run(
        "INSERT INTO documents VALUES ($id, 1, $kind, 'Gifts', '[]', '{}', $locale, "
        "'[\"cold_email\"]', NULL, NULL, try_cast(nullif($until, '') AS DATE), 'approved', 'ann', "
        "'2026-11-01', NULL, '[]', '[]', 'x', 'h', 'f.md', $now)",
        id=f"{kind}-{locale}", kind=kind, locale=locale, until=until, now=store.now(),
    )  # fmt: skip


def test_a_language_is_offered_where_there_is_content_and_somebody_who_writes_it(
    store: Store,
) -> None:
    for locale in ("en-GB", "fr-FR", "es-ES"):
        add_content(store, locale)

    assert campaign.outreach_languages(store, EMBEDDED) == ("en", "fr")
    assert campaign.outreach_languages(store, HOSTED) == ("en", "es", "fr")


def test_questions_alone_and_content_of_the_past_are_nothing_to_write_from(store: Store) -> None:
    add_content(store, "de-DE", kind="cta")
    add_content(store, "fr-FR", until="2026-01-31")

    assert campaign.outreach_languages(store, HOSTED) == ()
