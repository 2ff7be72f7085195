"""Whether a text can be read: its length, its language, its sentences, its one call to action."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.providers.obfuscation import sentence_spans
from personalization.safety.reading import EMAIL, URL, Hit, blanked, spans_of
from personalization.statistics.readability import prose_of, reading_ease

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_TRAILING: Final = ".,;:!?)]}'\"*"
# The most frequent function words that few other languages of the list share.
_STOP_WORDS: Final[Mapping[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and of to is that it for with you your are this have from our we be at they",
        "de": "der die das und ist nicht mit sie ein eine den auf für wir ihre ihr im zu auch sich",
        "fr": "le la les et est des une dans pour vous nous que qui avec votre nos au ce sur pas",
        "es": "el los las y es una para con su por que nuestro nuestra del se más sus como usted",
        "it": "il gli e è una per con che di della nel sono alla suo vostro i più anche ci nostra",
        "nl": "het een en van is met voor dat uw u wij niet ook zijn op te bij onze je de",
        "pt": "o os uma para com não que do da em seu sua mais por nossa nosso você ao dos das",
        "sv": "och att det som är på för med av inte du din den vi till har ett om vår",
        "da": "og at det som er på for med af ikke du din den vi til har et om vores",
        "pl": "i w na się z do nie jest to że dla od przez po jak ale oraz twój nasz",
    }.items()
}
_ENOUGH_WORDS: Final = 20
_ENOUGH_DIFFERENT: Final = 4  # one small word over and over makes no language
_MARGIN: Final = 2.0  # another language's words are at least twice as frequent
_SAME_PLACE: Final = 40  # characters before a link that say what it is for
_NO_CALL: Final = re.compile(r"unsubscribe|opt-?out|preferences|privacy|imprint|impressum|abmelde")


def length(texts: Mapping[str, str], rule: Rule, context: Context, *, field: str) -> Iterator[Hit]:
    """Find a field that is longer than inboxes show or readers read; of e-mails only."""
    if not context.is_mail:
        return
    n_characters, most = len(texts[field]), int(rule.limits[field])
    if n_characters > most:
        yield Hit(most, n_characters, f"It has {n_characters:,} characters; {most:,} are enough.")


def calls_to_action(texts: Mapping[str, str], rule: Rule, _: Context) -> Iterator[Hit]:
    """Find links that lead elsewhere than the main one: a message asks for one thing."""
    body, main = texts["body"], texts["link"].rstrip(_TRAILING)
    links = {main} - {""}
    for match in URL.finditer(body):
        address = match[0].rstrip(_TRAILING)
        line = body[body.rfind("\n", 0, match.start()) + 1 : match.end()]
        if _NO_CALL.search(line[-_SAME_PLACE - len(address) :].casefold()):
            continue
        links.add(address)
        if len(links) > rule.limit:
            yield Hit(match.start(), match.start() + len(address), f"There are {len(links)} links.")
            return


def language(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find a text whose small words are those of another language than its locale's.

    Says nothing of short texts, and nothing where the locale or its language is not known.
    """
    expected = _STOP_WORDS.get(context.locale[:2].casefold())
    prose = blanked(text, spans_of((URL, EMAIL), text))
    words = [m[0].casefold() for m in _WORD.finditer(prose)]
    if expected is None or len(words) < _ENOUGH_WORDS:
        return
    counts = {
        name: sum(w in known for w in words) * (len(known & set(words)) >= _ENOUGH_DIFFERENT)
        for name, known in _STOP_WORDS.items()
    }
    own = counts[context.locale[:2].casefold()]
    likeliest = max(counts, key=lambda name: counts[name])
    if counts[likeliest] >= max(_MARGIN * own, len(words) / 8):
        yield Hit(0, len(text), f"It reads as '{likeliest}', and is meant for {context.locale}.")


def readability(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find texts that are hard to read: a low reading ease over enough words."""
    blank = blanked(text, spans_of((URL, EMAIL), text))
    prose = prose_of([blank[a:b] for a, b in sentence_spans(blank)], context.locale)
    score = reading_ease(prose, context.locale)
    if score is None or prose.n_words < rule.limits["words"]:
        return
    if score < rule.limits["ease"]:
        least = rule.limits["ease"]
        yield Hit(0, len(text), f"Its reading ease is {score:.0f}; {least:.0f} and more is plain.")
