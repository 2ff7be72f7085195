from __future__ import annotations

from dataclasses import replace
from itertools import cycle, product

import pytest

from personalization.domain import BrandProfile, Decision
from personalization.errors import ProviderError
from personalization.generation.product_texts import drafted_text
from personalization.providers.product_composing import ProductComposer
from personalization.providers.product_facts import TONES
from personalization.providers.product_texts import KINDS, OWN_PRODUCTS, STANDINGS
from personalization.statistics.post_length import hashtags, post_length
from tests.providers.product_facts import BARE, DOILIES, GATED, STAND, request, told

OUTLETS = [(kind, channel) for kind, channels in KINDS.items() for channel in channels]


@pytest.mark.parametrize("tone", TONES)
def test_every_text_is_borne_out_word_for_word(tone: str) -> None:
    entries = cycle((DOILIES, STAND, GATED))
    for (kind, channel), standing in product(OUTLETS, ("", *STANDINGS)):
        entry = next(entries)
        asked = request(entry, kind=kind, channel=channel, tone=tone, standing=standing)

        draft, claims = drafted_text(ProductComposer(), asked)

        assert draft.message.body, (kind, channel, standing, entry.name)
        assert {c.decision for c in claims} <= {Decision.PASS}, (kind, channel, standing)


def test_a_product_of_which_nothing_is_known_gets_no_highlights() -> None:
    with pytest.raises(ProviderError, match="says nothing of this product beside its name"):
        ProductComposer().write(request(BARE, kind="highlights"))


@pytest.mark.parametrize("strategy", ["for_you", "bought_together", "buy_again", "popular"])
def test_a_text_on_readers_own_products_names_none(strategy: str) -> None:
    for kind in OWN_PRODUCTS:
        for tone in TONES:
            asked = request(kind=kind, channel=KINDS[kind][0], tone=tone, strategy=strategy)

            draft, claims = drafted_text(ProductComposer(), asked)

            assert "{{product_1.name}}, {{product_1.price}}" in draft.message.body
            assert "{{product_2.name}}" in draft.message.body
            assert {c.decision for c in claims} <= {Decision.PASS}


def test_a_segment_hears_first_what_matters_to_it() -> None:
    bodies = {
        standing: ProductComposer().write(request(DOILIES, standing=standing)).message.body
        for standing in ("", *STANDINGS)
    }

    assert len(set(bodies.values())) == 4
    assert bodies["returning"].index("£1.45") < bodies["returning"].index("It comes in pink")
    assert bodies["regular"].index("It comes in pink") < bodies["regular"].index("£1.45")


@pytest.mark.parametrize("channel", KINDS["social"])
def test_a_post_fits_its_platform(channel: str) -> None:
    long = replace(STAND, name="Cake stand " + "with roses " * 12, description="It is tall. " * 4)
    asked = request(long, kind="social", channel=channel)

    message = ProductComposer().write(asked).message

    posted = f"{message.body}\n{message.link}" if channel != "instagram" else message.body
    assert post_length(posted, channel) <= asked.limit
    assert len(hashtags(message.body)) <= asked.most_hashtags


def test_a_name_that_is_longer_than_the_platform_takes_is_said() -> None:
    asked = request(STAND, kind="social", channel="x", limit=20)

    with pytest.raises(ProviderError, match="longer than 20 characters, which is all that x takes"):
        ProductComposer().write(asked)


def test_a_letter_has_its_five_parts() -> None:
    asked = request(DOILIES, kind="email", channel="email")

    message = ProductComposer().write(asked).message

    greeting, intro, body, closing, sign_off = message.body.split("\n\n")
    assert greeting == "Hello {{first_name|there}},"
    assert intro
    assert closing
    assert sign_off.endswith("Fern & Fig")
    assert "£1.45" in body
    assert DOILIES.name in message.subject
    assert message.call_to_action


def test_an_upsell_names_one_dearer_product_with_its_price() -> None:
    asked = request(
        DOILIES, kind="email", channel="email", tone="subtle_upsell", step_up=told(STAND)
    )

    body = ProductComposer().write(asked).message.body

    assert "If you fancy something a little more special: Regency cakestand 3 tier." in body
    assert "It costs £12.75." in body


def test_words_that_the_brand_forbids_are_left_out() -> None:
    asked = request(DOILIES, profile=BrandProfile(forbidden=("have a look",)))

    assert "have a look" not in ProductComposer().write(asked).message.body


def test_highlights_are_a_line_each() -> None:
    asked = request(DOILIES, kind="highlights")

    assert ProductComposer().write(asked).message.body.split("\n") == [
        "• Colour: pink", "• Material: paper", "• Motif: heart", "• Set of 72",
        "• From our baking & cakes shelves", "• £1.45",
    ]  # fmt: skip


def test_a_request_gives_the_same_text_each_time() -> None:
    asked = request(STAND, kind="email", channel="email")

    assert ProductComposer().write(asked) == ProductComposer().write(asked)
