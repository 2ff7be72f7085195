from __future__ import annotations

import pytest

from personalization.domain import Decision, Message
from personalization.generation import ground
from personalization.generation.judging import worst_of

NAME, PRICE = "{{product_1.name}}", "{{product_1.price}}"


def judged(body: str, locale: str = "en-GB") -> Decision:
    return worst_of(ground(Message("", "", body, "", "", ""), (), locale=locale))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"{NAME}, {PRICE}", id="name and price"),
        pytest.param(f"We picked these for you:\n\n{NAME}, {PRICE}", id="an intro"),
        pytest.param(f"Have a look at {NAME} at {PRICE}.", id="a sentence around"),
        pytest.param(f"{NAME}\n{PRICE}\n{{{{product_1.reason}}}}", id="with its reason"),
    ],
)
def test_what_only_shows_a_product_needs_no_source(body: str) -> None:
    assert judged(body) is Decision.PASS


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"{NAME} for only {PRICE}", id="only"),
        pytest.param(f"{NAME}, now {PRICE}", id="now"),
        pytest.param(f"{NAME} from {PRICE}", id="from"),
        pytest.param(f"{NAME}: {PRICE} off", id="off"),
        pytest.param(f"Our lowest price: {PRICE}", id="lowest"),
        pytest.param(f"{NAME} was £10, {PRICE}", id="a price before"),
        pytest.param(f"{NAME} is handmade in York.", id="a quality"),
        pytest.param(f"{NAME} lasts ten years.", id="a figure"),
        pytest.param(f"The {NAME} everyone loves", id="others' opinion"),
    ],
)
def test_a_claim_about_a_product_or_its_price_blocks(body: str) -> None:
    assert judged(body) is Decision.BLOCK


@pytest.mark.parametrize(
    ("body", "locale"),
    [
        pytest.param(f"{NAME} nur {PRICE}", "de-DE", id="German"),
        pytest.param(f"{NAME} seulement {PRICE}", "fr-FR", id="French"),
        pytest.param(f"{NAME} desde {PRICE}", "es-ES", id="Spanish"),
    ],
)
def test_a_price_made_more_of_blocks_in_other_languages_too(body: str, locale: str) -> None:
    assert judged(body, locale) is Decision.BLOCK
