"""What the house itself asks of a message: its brand profile, and the campaign's brief.

The same words are ruled out here as the writers are told to leave out; see ``house_words``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, Decision
from personalization.providers.house_words import (
    FORBIDDEN,
    MUST_NOT_SAY,
    SAYING,
    VOCABULARY,
    lacking,
    places,
    unsuitable,
)
from personalization.safety.reading import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.domain import BrandProfile, Brief
    from personalization.providers.house_words import Unsuitable
    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context


def forbidden(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find the words that the brand profile forbids."""
    for each in _ruled_out(FORBIDDEN, text, context):
        yield Hit(each.start, each.end, f"The brand profile forbids ‘{each.term}’.")


def vocabulary(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find words in whose place the house says another."""
    for each in _ruled_out(VOCABULARY, text, context):
        yield Hit(each.start, each.end, f"The house says ‘{each.instead}’ for ‘{each.term}’.")


def must_not_say(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find words that the brief rules out."""
    for each in _ruled_out(MUST_NOT_SAY, text, context):
        yield Hit(each.start, each.end, f"The brief says not to say ‘{each.term}’.")


def must_say(texts: Mapping[str, str], _: Rule, context: Context) -> Iterator[Hit]:
    """Name what the brief wants said and the message does not say, word for word.

    The texts are to be without what stands in for a customer's own value, which few readers see.
    The control text is what would be sent without the campaign.  With words of the campaign in it
    there would be nothing to compare with, so there it is told and stops nothing.
    """
    end = len(texts["body"])
    read = [texts[field] for field in SAYING]
    for term in lacking(context.brief.must_say, texts.items()):
        detail = f"It does not say ‘{term}’.{_nearly(term, read, context.locale)}"
        if context.arm == CONTROL:
            yield Hit(end, end, f"{detail} {_CONTROL}", Decision.WARN)
        else:
            yield Hit(end, end, detail)


_CONTROL: Final = (
    "This is the control text, which is compared with and so does without; if the law asks for "
    "the words, write them into it by hand."
)


def _nearly(term: str, texts: list[str], locale: str) -> str:
    """Say where the words stand in another form, as in "gift wrapping" for "gift wrap"."""
    for text in texts:
        for start, end in places(term, text, locale):
            return f" It says ‘{text[start:end]}’, and the brief wants the words as they stand."
    return ""


def _ruled_out(rule: str, text: str, context: Context) -> Iterator[Unsuitable]:
    found = _unsuitable(text, context.profile, context.brief, context.locale)
    return (each for each in found if each.rule == rule)


@lru_cache(maxsize=2_048)  # three rules ask for it, and subjects and footers repeat
def _unsuitable(
    text: str, profile: BrandProfile, brief: Brief, locale: str
) -> tuple[Unsuitable, ...]:
    return tuple(unsuitable(text, profile=profile, brief=brief, locale=locale))
