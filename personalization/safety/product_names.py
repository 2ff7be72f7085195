"""What a product's name may not say, though it comes from the catalogue: it is read by customers.

A name is no sentence: it counts ("set of 6"), measures and jokes ("World's best dad").  So it is
held to fewer rules than a writer's words, and to a list of words of harm instead of the screener,
which was trained on sentences.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, Finding
from personalization.providers.local_screener import BANDS, words_in
from personalization.safety.reading import folded, pattern_hits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Policy, Rule
    from personalization.safety.reading import Context, Hit

# Gifts call people the best in the world, and a candle is a number; neither is a claim about goods.
_NO_CLAIM: Final = re.compile(
    r"\b(?:birthday|candles?|balloons?|badges?|numerals?|digits?|"
    r"(?:grand|step|god)?(?:dads?|daddy|mums?|mummy|moms?|mommy|mothers?|fathers?|parents?|sons?"
    r"|daughters?|child(?:ren)?)|papa|pa|grandpa|grandma|gran(?:ny|dad)?|nan(?:a|ny)?|sisters?"
    r"|brothers?|aunt(?:ie|y)?s?|uncles?|cousins?|niece|nephew|husband|wife|hubby|wifey|boyfriend"
    r"|girlfriend|friends?|bestie|teachers?|boss|coach|nurse|doctor|colleague|neighbour|bride|groom"
    r"|baby|babies|cats?|dogs?|pets?|chef|cook|gardener|golfer|farmer|driver|boy|girl|lover)\b",
    re.IGNORECASE,
)


def superlative(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find claims to be first or best, but of a person or a numeral."""
    return iter(()) if _NO_CLAIM.search(text) else pattern_hits(text, rule)


def offer(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find prices, reductions and gifts."""
    return pattern_hits(text, rule)


def harmful_words(field: str, text: str, policy: Policy) -> Iterator[Finding]:
    """Find words that need no context: abuse and filth, in whatever disguise."""
    for category in sorted(words_in(folded(text))):
        rule = policy.rules[f"harm.{category}"]
        yield Finding(
            rule.name, Decision.BLOCK, BANDS[-1], field, 0, len(text), text, rule.message,
            rule.advice,
        )  # fmt: skip
