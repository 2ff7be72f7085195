from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.content import choose_passage, find_for_campaign, set_status
from personalization.content.briefs import segment_query
from personalization.domain import Brief
from personalization.errors import InputError, StateError
from personalization.settings import Content, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store
    from tests.content.conftest import WordEncoder

PROFILES = {
    "Champions": ("Buy often: thank.", {"top_categories": "baking & cakes", "median_orders": 8}),
    "New": ("First order: welcome.", {"top_categories": "bags & storage", "median_orders": 1}),
    "Hibernating": ("Bought long ago: write seldom.", {"median_recency_days": 200}),
}  # fmt: skip


def campaign(store: Store, *, offer: str = "", merges: str = "{}") -> Store:
    store.run(
        "INSERT INTO campaigns (campaign_id, name, dataset_id, brief, send_on, locale, seed,"
        " created_at, created_by)"
        " VALUES ('c', 'Winter', 'd', $brief, DATE '2026-12-01', 'en-GB', 's', now(), 'anna')",
        brief=json.dumps({"offer": offer}),
    )
    for position, (name, (description, profile)) in enumerate(PROFILES.items()):
        store.run(
            "INSERT INTO segments VALUES ('c', $name, $position, 'rule', $text, 100, $profile)",
            name=name, position=position, text=description, profile=json.dumps(profile),
        )  # fmt: skip
    store.run(
        "INSERT INTO segmentations"
        " VALUES ('c', 'rfm', $parameters, '{}', DATE '2026-11-30', now())",
        parameters=json.dumps({"merges": json.loads(merges)}),
    )
    return store


def listed(store: Store, segment: str) -> list[str]:
    rows = store.read(
        "SELECT split_part(passage_id, '@', 1) FROM segment_passages"
        " WHERE segment = $segment ORDER BY rank",
        segment=segment,
    )
    return [name for (name,) in rows]


def kinds(store: Store, segment: str) -> set[str]:
    rows = store.read(
        "SELECT DISTINCT kind FROM documents WHERE list_contains($names, document_id)",
        names=listed(store, segment),
    )
    return {kind for (kind,) in rows}


def test_every_segment_gets_a_full_list_of_all_kinds(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    n_rows = find_for_campaign(campaign(shop), settings, "c", encoder=encoder)

    assert n_rows == len(PROFILES) * settings.content.limit
    for segment in PROFILES:
        assert kinds(shop, segment) >= {"cta", "benefit", "proof", "offer", "story"}
    ranks = shop.read("SELECT rank FROM segment_passages WHERE segment = 'New' ORDER BY rank")
    assert [rank for (rank,) in ranks] == list(range(1, settings.content.limit + 1))


def test_segments_get_what_is_meant_for_them(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    find_for_campaign(campaign(shop), settings, "c", encoder=encoder)

    assert "story-thank-you-regulars" in listed(shop, "Champions")
    assert {"story-first-parcel", "offer-second-order"} <= set(listed(shop, "New"))
    assert {"story-it-has-been-a-while", "offer-welcome-back"} <= set(listed(shop, "Hibernating"))
    assert "benefit-jumbo-bags" in listed(shop, "New")
    assert "benefit-home-baking" in listed(shop, "Champions")


def test_what_is_said_to_a_segment_is_true_of_all_that_were_merged_into_it(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    merged = campaign(shop, merges='{"No purchase": "New"}')

    find_for_campaign(merged, settings, "c", encoder=encoder)

    assert "story-first-parcel" not in listed(shop, "New")


def test_merges_are_inherited_with_the_segments(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    campaign(shop)
    shop.run("UPDATE segmentations SET method = 'inherited', parameters = '{\"parent_id\": \"p\"}'")
    shop.run(
        "INSERT INTO segmentations VALUES"
        " ('p', 'rfm', '{\"merges\": {\"No purchase\": \"New\"}}', '{}', DATE '2026-11-30', now())"
    )

    find_for_campaign(shop, settings, "c", encoder=encoder)

    assert "story-first-parcel" not in listed(shop, "New")


def test_a_second_search_gives_the_same_rows(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    find_for_campaign(campaign(shop), settings, "c", encoder=encoder)
    before = shop.read("SELECT * FROM segment_passages ORDER BY ALL")

    find_for_campaign(shop, settings, "c", encoder=encoder)

    assert shop.read("SELECT * FROM segment_passages ORDER BY ALL") == before


def test_the_offer_of_the_brief_is_in_every_list(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    find_for_campaign(campaign(shop, offer="offer-tea-for-two"), settings, "c", encoder=encoder)

    assert all("offer-tea-for-two" in listed(shop, segment) for segment in PROFILES)
    why = shop.read("SELECT why FROM segment_passages WHERE passage_id LIKE 'offer-tea%'")
    assert all(text.startswith("the offer of this campaign") for (text,) in why)


@pytest.mark.parametrize("offer", ["offer-summer-garden", "offer-spring-preview", "no-such"])
def test_a_campaign_for_an_offer_that_may_not_be_said_is_refused(
    shop: Store, settings: Settings, offer: str
) -> None:
    with pytest.raises(InputError, match=f"{offer}' may not be said"):
        find_for_campaign(campaign(shop, offer=offer), settings, "c", encoder=None)


def test_an_offer_for_some_of_the_segments_is_in_their_lists_only(
    shop: Store, settings: Settings
) -> None:
    find_for_campaign(campaign(shop, offer="offer-second-order"), settings, "c", encoder=None)

    assert "offer-second-order" in listed(shop, "New")
    assert "offer-second-order" not in listed(shop, "Champions")


def test_without_an_encoder_the_lists_are_full_all_the_same(
    shop: Store, settings: Settings
) -> None:
    find_for_campaign(campaign(shop), settings, "c", encoder=None)

    assert len(listed(shop, "Hibernating")) == settings.content.limit
    assert "cta" in kinds(shop, "Hibernating")


def test_a_pin_outlives_a_new_search(shop: Store, settings: Settings, encoder: WordEncoder) -> None:
    find_for_campaign(campaign(shop), settings, "c", encoder=encoder)
    assert "legal-codes" not in listed(shop, "New")

    choose_passage(shop, "c", "New", "legal-codes", "pinned", actor="ben")

    assert listed(shop, "New")[-1] == "legal-codes"
    find_for_campaign(shop, settings, "c", encoder=None)
    assert "legal-codes" in listed(shop, "New")
    assert "legal-codes" not in listed(shop, "Champions")
    why = shop.read("SELECT why FROM segment_passages WHERE passage_id LIKE 'legal-codes%'")
    assert why[0][0].startswith("pinned by ben")


def test_what_was_taken_out_is_gone_at_once_and_stays_out(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    find_for_campaign(campaign(shop), settings, "c", encoder=encoder)

    choose_passage(shop, "c", "New", "offer-second-order", "excluded", actor="ben")

    assert "offer-second-order" not in listed(shop, "New")
    find_for_campaign(shop, settings, "c", encoder=encoder)
    assert "offer-second-order" not in listed(shop, "New")

    choose_passage(shop, "c", "New", "offer-second-order", None, actor="ben")
    find_for_campaign(shop, settings, "c", encoder=encoder)
    assert "offer-second-order" in listed(shop, "New")


def test_pinning_twice_lists_once(shop: Store, settings: Settings) -> None:
    find_for_campaign(campaign(shop), settings, "c", encoder=None)

    for _ in range(2):
        choose_passage(shop, "c", "New", "legal-codes", "pinned", actor="ben")

    assert listed(shop, "New").count("legal-codes") == 1


def test_a_pin_does_not_bring_back_what_may_not_be_said(shop: Store, settings: Settings) -> None:
    choose_passage(campaign(shop), "c", "New", "legal-codes", "pinned", actor="ben")
    set_status(shop, "legal-codes", "retired", actor="anna")

    find_for_campaign(shop, settings, "c", encoder=None)

    assert "legal-codes" not in listed(shop, "New")


@pytest.mark.parametrize(
    ("segment", "document_id", "choice", "words"),
    [
        pytest.param("New", "offer-summer-garden", "pinned", "may not be said", id="it expired"),
        pytest.param("New", "offer-early-look", "pinned", "may not be said", id="another segment"),
        pytest.param("New", "no-such", "pinned", "unknown", id="an unknown document"),
        pytest.param("Old", "legal-codes", "pinned", "Champions, New", id="an unknown segment"),
        pytest.param("New", "legal-codes", "maybe", "pinned, excluded", id="an unknown choice"),
    ],
)
def test_a_choice_that_cannot_be_kept_is_refused_and_leaves_nothing(
    shop: Store, segment: str, document_id: str, choice: str, words: str
) -> None:
    campaign(shop)

    with pytest.raises(InputError, match=words):
        choose_passage(shop, "c", segment, document_id, choice, actor="ben")

    assert shop.read("SELECT * FROM passage_choices") == []


def test_choices_and_searches_are_in_the_audit_trail(shop: Store, settings: Settings) -> None:
    choose_passage(campaign(shop), "c", "New", "legal-codes", "pinned", actor="ben")
    find_for_campaign(shop, settings, "c", encoder=None)

    rows = shop.read("SELECT kind, actor FROM audit_log WHERE campaign_id = 'c' ORDER BY seq")
    assert rows == [("passage.pinned", "ben"), ("content.found", "system")]


def test_a_step_that_comes_too_early_says_what_is_missing(store: Store, settings: Settings) -> None:
    with pytest.raises(StateError, match="no campaign 'c'"):
        find_for_campaign(store, settings, "c", encoder=None)
    campaign(store)
    with pytest.raises(StateError, match="no approved content"):
        find_for_campaign(store, settings, "c", encoder=None)
    store.run("DELETE FROM segments")
    with pytest.raises(StateError, match="no segments"):
        find_for_campaign(store, settings, "c", encoder=None)


def test_a_smaller_limit_gives_shorter_lists(shop: Store, tmp_path: Path) -> None:
    small = Settings(content=Content(index=str(tmp_path), limit=4))

    assert find_for_campaign(campaign(shop), small, "c", encoder=None) == 4 * len(PROFILES)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ({"median_orders": 6.0, "median_recency_days": 10.0}, "order often"),
        ({"median_orders": 1.0, "median_recency_days": 10.0}, "first order"),
        ({"median_orders": 6.0, "median_recency_days": 90.0}, "not ordered for a while"),
        ({"share": 0.1, "spent_share": 0.4}, "large quantities"),
        ({"top_categories": "candles & lights"}, "candles & lights"),
    ],
)
def test_a_segment_is_asked_about_by_its_profile(profile: dict[str, Any], words: str) -> None:
    asked = segment_query("", profile, Brief())

    assert words in asked
    assert words not in segment_query("", {"share": None}, Brief())


def test_the_brief_is_part_of_the_question_and_advice_is_not() -> None:
    brief = Brief(goal="Fill the shop.", key_message="Warm lights.")

    asked = segment_query("Went quiet: write seldom.", {}, brief, "Free delivery")

    assert asked == "Went quiet Warm lights. Free delivery Fill the shop."
