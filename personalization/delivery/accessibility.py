"""Whether everybody can read an e-mail: what the markup has to say beside its words.

Colours, alternative texts, size and what links are called are rules of the safety policy; here
stands what a screen reader needs of the structure (WCAG 2.2; Directive (EU) 2019/882).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery.html_email import is_right_to_left
from personalization.delivery.verify_emails import Shown, flat
from personalization.domain import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalization.delivery.email_parts import Email

_FEWEST_WORDS: Final = 5
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why an e-mail cannot be sent as it is drawn.

    Attributes:
        rule: Its name, such as ``access.headings``.
        action: What it asks for.
        message: What was found, in one sentence.
        advice: What to do about it.
    """

    rule: str
    action: Decision
    message: str
    advice: str

    def as_json(self) -> dict[str, str]:
        """Return it as it is kept."""
        return {"rule": self.rule, "action": self.action.value, "message": self.message,
                "advice": self.advice}  # fmt: skip


@dataclass
class _Outline(HTMLParser):
    """The tags of a part, with the words of its headings and its title."""

    html: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside = ""
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in (*_HEADINGS, "title"):
            self.inside = tag
            self.words.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.words[self.inside][-1] += data

    def attributes_of(self, tag: str) -> dict[str, str | None]:
        """Return the attributes of the first such tag."""
        return next((found for name, found in self.tags if name == tag), {})


def accessibility_faults(email: Email, locale: str) -> tuple[Fault, ...]:
    """List what keeps somebody from reading the e-mail; a check that crashes is an error.

    Args:
        email: As it was rendered.
        locale: The language that its message is in.
    """
    found: list[Fault] = []
    for check in CHECKS:
        try:
            found += (
                Fault(f"access.{check.__name__}", Decision.BLOCK, *said)
                for said in check(email, _Outline(email.html), locale)
            )
        except Exception as error:  # noqa: BLE001
            found.append(crashed(f"access.{check.__name__}", error))
    return tuple(found)


def crashed(rule: str, error: Exception) -> Fault:
    """Return the fault that stands for a check that could not be made."""
    told = f"This check failed ({type(error).__name__}), so the e-mail may not go out."
    return Fault(rule, Decision.ERROR, told, "Check it again on the Review page.")


def language(email: Email, outline: _Outline, locale: str) -> Iterator[tuple[str, str]]:
    """The document says its language and which way it runs (3.1.1)."""
    found = outline.attributes_of("html")
    if found.get("lang") != locale:
        yield "The HTML does not declare the language of its text.", "Render the e-mail again."
    way = "rtl" if is_right_to_left(locale) else "ltr"
    if found.get("dir") != way or email.is_right_to_left != (way == "rtl"):
        yield "The HTML does not say which way its text runs.", "Render the e-mail again."


def headings(_: Email, outline: _Outline, __: str) -> Iterator[tuple[str, str]]:
    """One headline, and no level is left out below it (1.3.1, 2.4.2, 2.4.6)."""
    levels = [int(tag[1]) for tag, _ in outline.tags if tag in _HEADINGS]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield "The e-mail needs one headline, above everything else.", "Render the e-mail again."
    if any(below - above > 1 for above, below in pairwise(levels)):
        yield "A level of headings is left out.", "Render the e-mail again."
    words = [words for tag in ("title", "h1") for words in outline.words.get(tag, [""])]
    if not all(map(flat, words)):
        yield "The headline has no words.", "Give the message a subject."


def tables(_: Email, outline: _Outline, __: str) -> Iterator[tuple[str, str]]:
    """Tables that only place things are not read aloud as tables (1.3.1)."""
    if any(tag == "table" and found.get("role") != "presentation" for tag, found in outline.tags):
        yield "A table for the layout would be read aloud as data.", "Render the e-mail again."


def links(email: Email, _: _Outline, __: str) -> Iterator[tuple[str, str]]:
    """Every link has words, and the same words lead to one place (2.4.4)."""
    places: dict[str, str] = {}
    for words, address in Shown(email.html).links:
        said = flat(words).casefold()
        if not said or not address:
            yield "A link has no words, or leads nowhere.", "Name what the button opens."
        elif places.setdefault(said, address) != address:
            yield f"Two links are called {said!r} and lead to different pages.", "Name each one."


def way_out(email: Email, _: _Outline, __: str) -> Iterator[tuple[str, str]]:
    """The way to unsubscribe is a link that can be pressed."""
    if all(address != email.look.unsubscribe_url for _, address in Shown(email.html).links):
        yield "There is no link to unsubscribe.", "Put the unsubscribe link into the footer."


def words(email: Email, outline: _Outline, _: str) -> Iterator[tuple[str, str]]:
    """The message is in words, not in a picture (1.4.5)."""
    pictures = [found for tag, found in outline.tags if tag == "img"]
    aside = " ".join(str(found.get("alt") or "") for found in pictures)
    n_words = len(Shown(email.html).text.split()) - len(aside.split())
    if n_words < _FEWEST_WORDS or len(pictures) > 1:
        yield "The message is not in words.", "Write its text, and leave pictures to the logo."


CHECKS: Final[
    tuple[Callable[[Email, Any, str], Iterator[tuple[str, str]]], ...]
] = (language, headings, tables, links, way_out, words)  # fmt: skip
