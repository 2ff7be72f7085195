from __future__ import annotations

from personalization.domain import Brief
from personalization.providers.leaning import leaning, nearest
from tests.providers.fern_and_fig import content, passage


def test_the_nearest_shares_the_rarest_words_in_whatever_form() -> None:
    near = nearest("Tea towels, drying fast", content(), "en-GB")

    assert near is not None
    assert near.document_id == "towels"


def test_one_word_in_common_is_not_near() -> None:
    assert nearest("Linen and nothing beside", content(), "en-GB") is None
    assert nearest("", content(), "en-GB") is None


def test_the_audience_moves_what_speaks_of_it_up_and_an_empty_brief_nothing() -> None:
    parcels = passage("parcels", "benefit", "Birthday parcels for grandmothers.", rank=9)
    every = (*content(), parcels)

    led = leaning(every, Brief(audience="Grandmothers with a birthday"), "en-GB")

    assert led.index(parcels) < len(every) - 1
    assert leaning(every, Brief(), "en-GB") == list(every)
