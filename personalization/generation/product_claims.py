"""What is said of a price that the catalogue states: the catalogue bears out the price, no more.

A tag of a product is filled with the catalogue's own words, which are held to it again before
anything goes out.  Words beside it can still claim what the catalogue does not know: that a price
was cut, that it is the lowest, that it ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.domain import Claim, Decision, product_tags
from personalization.generation.sentences import as_read, sentences, without_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.generation.sentences import Span

_LOADED: Final = re.compile(
    r"(?<!\w)(?:"
    # English
    r"off|sav(?:e|es|ed|ing|ings)|discount\w*|reduc\w+|now|was|were|instead|only|just|from|under"
    r"|below|less|cheap\w*|half|free|sale|deals?|bargain\w*|lowest|best|drop\w*|cut|slashed|special"
    r"|usual\w*|normal\w*|rrp|limited|until|while|worth|value"
    # German
    r"|rabatt\w*|spar\w+|statt|nur|jetzt|reduziert\w*|günstig\w*|ab|unter|gratis|kostenlos|angebot\w*"
    r"|vorher|früher|bisher|solange"
    # French
    r"|remise|économis\w+|au lieu|seulement|dès|réduit\w*|moins|soldes?|offre|gratuit\w*|avant"
    r"|jusqu\w*"
    # Spanish
    r"|descuento|ahorr\w+|en vez|solo|sólo|desde|rebaja\w*|menos|oferta|antes|hasta"
    r")(?!\w)|%",
    re.IGNORECASE,
)


def price_claims(name: str, text: str) -> Iterator[Claim]:
    """Yield a claim that blocks for each sentence that says more of a price than what it is.

    Args:
        name: Field of the message.
        text: Its words, as they stand.
    """
    for unit in sentences(text):
        if not any(tag.field.endswith(".price") for tag in product_tags(unit.text)):
            continue
        if found := _LOADED.search(as_read(without_tags(unit.text))):
            yield _claim(name, unit, found[0])


def _claim(name: str, unit: Span, word: str) -> Claim:
    return Claim(
        name, unit.start, unit.end, unit.text, None, None, None, None, Decision.BLOCK,
        f"The catalogue bears out the price, and not what “{word}” makes of it. Name the price "
        "alone.",
    )  # fmt: skip
