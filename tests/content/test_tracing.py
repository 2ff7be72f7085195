from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from personalization.content import explain_missing, import_content, search_library, set_status
from personalization.content.brand_profiles import save_profile
from personalization.content.eligibility import BARS, Audience, describe_passages, judge_passages
from personalization.content.tracing import _barred
from personalization.domain import BrandProfile
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.content import Search
    from personalization.settings import Settings
    from personalization.store import Store
    from tests.content.conftest import WordEncoder

ANYBODY = Audience(date(2026, 12, 1), "en-GB")
RISKY = Audience(date(2026, 12, 1), "en-GB", ("At risk",))


def search(shop: Store, settings: Settings, query: str, **options: Any) -> Search:  # noqa: ANN401
    audience = options.pop("audience", ANYBODY)
    return search_library(shop, settings.content, query, audience, **{"encoder": None, **options})


def why_not(shop: Store, settings: Settings, query: str, document: str, **options: Any) -> str:  # noqa: ANN401
    audience = options.pop("audience", ANYBODY)
    given = {"encoder": None, **options}
    return explain_missing(shop, settings.content, query, audience, document, **given)


def test_a_hit_says_which_words_how_near_and_what_it_had_to_pass(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    best = search(shop, settings, "HEARTH10 code", audience=RISKY, encoder=encoder).hits[0]

    assert best.facts.document_id == "offer-welcome-back"
    assert best.why.startswith("shares ‘hearth10’, ‘code’ · ")
    assert best.why.endswith(
        "far off in meaning (0.17) · written for this segment · offer valid until 31 Dec 2027"
    )
    assert best.passed[1:] == (
        "valid until 31 Dec 2027",
        "for readers of en-GB",
        "written for At risk, Cannot lose, Hibernating, About to sleep, Need attention",
    )
    assert {best.facts.text[start:end] for start, end in best.marks} == {"HEARTH10", "code"}


def test_what_was_left_out_is_told_with_every_reason_against_it(
    shop: Store, settings: Settings
) -> None:
    found = search(shop, settings, "garden watering fifteen per cent")

    out = {one.facts.document_id: one.reasons for one in found.left_out}
    assert out["offer-summer-garden"] == ("it ended on 31 Aug 2026, before 1 Dec 2026",)
    assert out["offer-welcome-back"][0].startswith("it was written for At risk, Cannot lose")
    assert not out.keys() & {hit.facts.document_id for hit in found.hits}


def test_words_that_nothing_holds_are_named(shop: Store, settings: Settings) -> None:
    assert search(shop, settings, "blue teacups zeppelin").unknown_words == ("blue", "zeppelin")


def test_without_an_encoder_the_search_says_so(shop: Store, settings: Settings) -> None:
    assert search(shop, settings, "teacups").trouble == "the language model is not loaded"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        pytest.param("offer-summer-garden", "it ended on 31 Aug 2026", id="ended"),
        pytest.param("offer-spring-preview", "it is a draft that nobody has approved", id="draft"),
        pytest.param("benefit-gift-tin", "it was retired", id="retired"),
        pytest.param("benefit-geschenke-de", "it is written for readers of de-DE", id="language"),
        pytest.param("offer-early-look", "it was written for Champions, Loyal", id="segment"),
        pytest.param("control-message", "it is the control text", id="control"),
        pytest.param("benefit-teacups", "came 1 of", id="it is there"),
        pytest.param("benefit-doormats", "nothing brought it in: it shares none", id="unrelated"),
    ],
)
def test_a_document_that_is_missing_says_why(
    shop: Store, settings: Settings, document: str, told: str
) -> None:
    assert told in why_not(shop, settings, "regency teacups", document)


def test_what_came_too_late_is_held_against_the_last_that_was_shown(
    shop: Store, settings: Settings
) -> None:
    told = why_not(shop, settings, "teacups in roses and pink", "benefit-cake-stands", limit=1)

    assert "and 1 are shown" in told
    assert "lacks ‘pink’" in told
    assert "The last one shown, ‘Regency teacups and the Retrospot tea set’" in told


def test_a_reason_that_was_taken_away_is_not_told_any_more(shop: Store, settings: Settings) -> None:
    set_status(shop, "offer-spring-preview", "approved", actor="anna")

    told = why_not(shop, settings, "spring preview", "offer-spring-preview")

    assert "it holds from 20 Feb 2027 on" in told
    assert "draft" not in told


def test_everything_that_stands_against_a_document_is_listed(
    store: Store, write: Callable[..., Path]
) -> None:
    corpus = write(
        "cake-one", kind="offer", status="draft", valid_until="2026-10-15", locale="fr-FR",
        channel="[sms]", audience="{segments: [New], exclude: [At risk]}",
    )  # fmt: skip
    import_content(store, corpus, actor="anna")

    one = judge_passages(store, RISKY)[0]

    assert one.bars == ("draft", "expired", "language", "channel", "segment", "excluded")
    assert judge_passages(store, Audience(date(2026, 10, 10), "fr-BE", ("New",)))[0].bars == (
        "draft", "country", "channel",
    )  # fmt: skip


def test_every_bar_has_its_words(shop: Store) -> None:
    facts = next(iter(describe_passages(shop, ["offer-summer-garden@1#p1"]).values()))

    assert len(set(_barred(BARS, facts, ANYBODY))) == len(BARS)


def test_an_empty_search_and_an_unknown_document_are_named(shop: Store, settings: Settings) -> None:
    with pytest.raises(InputError, match="Type a few words"):
        search(shop, settings, "  ")
    with pytest.raises(InputError, match="0 documents"):
        search(shop, settings, "cake", limit=0)
    with pytest.raises(InputError, match="'gone' is unknown"):
        why_not(shop, settings, "cake", "gone")


def test_what_neither_shares_a_word_nor_is_near_is_counted_and_not_shown(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    found = search(shop, settings, "regency teacups", encoder=encoder, limit=50)

    assert found.hits
    assert all(hit.ranked.is_bearing for hit in found.hits)
    assert len(found.hits) + found.n_far == found.n_eligible
    assert search(shop, settings, "zeppelin", encoder=encoder).hits == ()


def test_a_word_that_the_brand_replaces_is_looked_for_in_its_own(
    shop: Store, settings: Settings
) -> None:
    """No shipped document says chalice."""
    assert search(shop, settings, "chalice").unknown_words == ("chalice",)
    profile = BrandProfile(vocabulary=(("teacup", "chalice"), ("basket", "shopping cart")))
    save_profile(shop, profile, based_on=0, actor="ann", note="Our words.")
    found = search(shop, settings, "chalice")

    assert found.read_as == (("chalice", "teacup"),)
    assert found.hits
    assert all("teacup" in hit.ranked.words for hit in found.hits)
    assert found.unknown_words == ()
