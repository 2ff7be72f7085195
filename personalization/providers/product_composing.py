"""The embedded writer of product texts: catalogue facts and frames, laid out for each channel.

It says nothing that is not word for word in a source, and the same request gives the same text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import MOST_PRODUCTS, Brief, Message
from personalization.errors import ProviderError
from personalization.providers.composing import BUTTON_CHARACTERS, Page
from personalization.providers.house_words import unsuitable
from personalization.providers.plans import Draw, Wording, head_of
from personalization.providers.product_facts import fill, wordings_in
from personalization.providers.product_frames import product_words
from personalization.providers.product_letters import WITHOUT_REASON, product_lines_of
from personalization.providers.protocols import Draft
from personalization.statistics.post_length import hashtags, post_length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from personalization.domain import Passage
    from personalization.providers.product_facts import Told
    from personalization.providers.product_texts import TextRequest

_LINKED: Final = frozenset({"x", "facebook", "linkedin"})
_NO_BRIEF: Final = Brief()
# In what order the facts come, by how readers stand with the shop: a newcomer hears where things
# are, a regular what is particular about them, who was away what they cost.
_ORDERS: Final = {
    "": ("look", "description", "shelf", "price"),
    "newcomer": ("shelf", "look", "description", "price"),
    "regular": ("look", "description", "price"),
    "returning": ("price", "look", "description"),
}
_ASKING: Final = frozenset({"friendly", "promotional"})  # tones in which a post asks its readers
_LABELS: Final = ("label.colour", "label.material", "label.motif", "label.set_of")


@dataclass(frozen=True, slots=True)
class ProductComposer:
    """Writes product texts out of catalogue facts, approved statements and frames."""

    name: str = field(default="composer", init=False)

    def write(self, request: TextRequest, progress: Callable[[str], None] | None = None) -> Draft:
        """Return the text; ``progress`` is told what it is.

        Raises:
            ProviderError: There is nothing to say, the channel takes less, or the language is not
                spoken.
        """
        if progress:
            progress(f"Writing {request.kind.replace('_', ' ')} for {request.channel}")
        sheet = _Sheet(request, wordings_in(request.locale))
        if request.products:
            _KINDS[request.kind](sheet)
        else:
            _own_products(sheet)
        if not sheet.page.texts.get("body", "").strip():
            raise ProviderError(
                "The catalogue says nothing of this product beside its name. Add its price, its "
                "category, attributes or a description."
            )
        texts = {name: text.strip() for name, text in sheet.page.texts.items()}
        message = Message(
            **{name: texts.get(name, "") for name in _FIELDS}, link=request.link,
            footer=request.footer,
        )  # fmt: skip
        return Draft(
            request.tone, message, tuple(sheet.page.claims),
            (("plan", request.kind), ("tone", request.tone), ("channel", request.channel),
             ("standing", request.standing), ("strategy", request.strategy)),
            self.name, (("seed", request.seed),),
        )  # fmt: skip


_FIELDS: Final = ("subject", "preheader", "body", "call_to_action")


@dataclass(slots=True)
class _Sheet:
    """A text in the making, and what it is made of."""

    request: TextRequest
    words: dict[str, Any]
    page: Page = field(default_factory=Page)

    def frame(self, name: str, key: str = "") -> str:
        """Return a frame for the tone that brand and house allow; empty where there is none."""
        options = self.words[name].get(key or self.request.tone, ())
        asked = [fill(text, {"brand": self.request.brand_name}) for text in options]
        fit = [text for text in asked if self.is_fit(text)]
        draw = Draw(self.request.seed, name, key, self.request.channel)
        return draw.one(fit) if fit else ""

    def is_fit(self, text: str) -> bool:
        """Tell whether the brand lets these words stand."""
        request = self.request
        found = unsuitable(text, profile=request.profile, brief=_NO_BRIEF, locale=request.locale)
        return not any(found)

    def lead(self, told: Told) -> Wording | None:
        """Return the sentence that names a product, in the tone and for the readers' standing."""
        tone, standing = self.request.tone, self.request.standing
        return self.line(told, "name", f"{tone}_{standing}" if standing else tone)

    def opener(self) -> str:
        """Return the words that open a text, for how its readers stand with the shop."""
        standing = self.request.standing
        return self.frame(f"opener_{standing}" if standing else "opener")

    def line(self, told: Told | None, name: str, usage: str = "") -> Wording | None:
        """Return a fact in the wording of the tone, or of ``usage``; None where it is not known."""
        found = told.find(name) if told else None
        if found is None:
            return None
        fact, statement = found
        return Wording(statement, fact.said(usage or self.request.tone))

    def say(self, field_name: str, parts: Iterable[str | Wording | None], gap: str = " ") -> None:
        """Add parts to a field with ``gap`` between them; what is None or empty is left out."""
        for part in parts:
            if not part:
                continue
            if self.page.texts.get(field_name):
                self.page.say(field_name, gap)
            _put(self.page, field_name, part)


def _put(page: Page, field_name: str, part: str | Wording) -> None:
    if isinstance(part, Wording):
        page.cite(field_name, part)
    else:
        page.say(field_name, part)


def _told_of(sheet: _Sheet, told: Told, lead: Wording | None) -> list[Wording]:
    """Return the facts of a product as sentences: its name, and what its readers hear first."""
    found = [lead]
    for name in _ORDERS[sheet.request.standing]:
        if name == "shelf" and lead and told.entry.category in lead.text:
            continue
        if name == "description":
            found += _described(sheet, told)
        else:
            found.append(sheet.line(told, name))
    return [line for line in (*found, sheet.line(told, "gate")) if line]


def _described(sheet: _Sheet, told: Told) -> list[Wording | None]:
    names = [fact.name for fact in told.facts if fact.name.startswith("description.")]
    return [sheet.line(told, name, "text") for name in names]


def _approved_about(sheet: _Sheet, told: Told) -> Wording | None:
    """Return the first line of an approved document that is about the product, or None.

    A document names its products by keywords: ``cake-stand`` is about "Cake stand lace white".
    """
    words = set(told.entry.name.casefold().replace("-", " ").split())
    for passage in sheet.request.passages:
        head = head_of(passage)
        is_about = any(set(p.casefold().split("-")) <= words for p in passage.products)
        if passage.kind != "cta" and is_about and head and not head.requires:
            return Wording(head, head.text) if sheet.is_fit(head.text) else None
    return None


def _description(sheet: _Sheet) -> None:
    [told, *_] = sheet.request.products
    approved = _approved_about(sheet, told)
    sheet.say(
        "body", [approved, *_told_of(sheet, told, sheet.lead(told)), sheet.frame("invitation")]
    )


def _summary(sheet: _Sheet) -> None:
    """Say why: by facts alone, each product in a paragraph of its own."""
    n_products = len(sheet.request.products)
    sheet.say("subject", [sheet.frame("why" if n_products == 1 else "why_many")])
    for place, told in enumerate(sheet.request.products):
        lead = sheet.line(told, "name", "informative") if place else sheet.lead(told)
        sheet.page.say("body", "\n\n" if place else "")
        chosen = sheet.line(sheet.request.sales, "buyers", "text") if _is_alone(sheet) else None
        _say_in_a_row(sheet, [_approved_about(sheet, told), *_told_of(sheet, told, lead), chosen])
        _say_reason(sheet, place)
    sheet.page.say("body", "\n\n")
    _say_in_a_row(sheet, [sheet.frame("invitation")])


def _say_reason(sheet: _Sheet, place: int) -> None:
    """Say why this reader gets the product; the engine fills it in from what the reader did."""
    strategy = sheet.request.strategy
    if strategy and strategy not in WITHOUT_REASON and place < MOST_PRODUCTS:
        sheet.page.say("body", f"\n{{{{product_{place + 1}.reason}}}}")


def _is_alone(sheet: _Sheet) -> bool:
    """Tell whether the sales that are known are those of the one product of the text."""
    return sheet.request.sales is not None and len(sheet.request.products) == 1


def _say_in_a_row(sheet: _Sheet, parts: Iterable[str | Wording | None]) -> None:
    """Add sentences to the body with a blank between them, after whatever stands there."""
    for place, part in enumerate(p for p in parts if p):
        sheet.page.say("body", " " if place else "")
        _put(sheet.page, "body", part)


def _highlights(sheet: _Sheet) -> None:
    [told, *_] = sheet.request.products
    other = [f.name for f in told.facts if f.name.startswith("label.") and f.name not in _LABELS]
    lines = [sheet.line(told, name, "label") for name in (*_LABELS, *other, "shelf", "price")]
    sheet.say("subject", [sheet.line(told, "name", "title")])
    for line in [line for line in (*lines, sheet.line(told, "gate")) if line]:
        sheet.page.say("body", "\n• " if sheet.page.texts.get("body") else "• ")
        sheet.page.cite("body", line)


def _email(sheet: _Sheet) -> None:
    """Write subject, preheader, greeting with intro, body, closing and call to action."""
    told, *others = sheet.request.products
    sheet.say("subject", [sheet.line(told, "name", f"subject_{sheet.request.tone}")])
    sheet.say("preheader", [sheet.line(told, "price", "preheader")])
    sheet.say("body", [sheet.frame("greeting")])
    sheet.page.say("body", "\n\n")
    _say_in_a_row(sheet, [sheet.opener()])
    sheet.page.say("body", "\n\n")
    lead = sheet.line(told, "name", "informative")
    _say_in_a_row(sheet, [_approved_about(sheet, told), *_told_of(sheet, told, lead)])
    _say_reason(sheet, 0)
    for place, other in enumerate(others, start=1):
        sheet.page.say("body", "\n\n")
        _say_in_a_row(sheet, _told_of(sheet, other, sheet.line(other, "name", "informative")))
        _say_reason(sheet, place)
    _say_step_up(sheet)
    _end_letter(sheet)
    sheet.say("call_to_action", [_button(sheet, told)])


def _say_step_up(sheet: _Sheet) -> None:
    if step_up := sheet.request.step_up:
        lines = (sheet.line(step_up, "look"), sheet.line(step_up, "price"))
        sheet.page.say("body", "\n\n")
        _say_in_a_row(sheet, [sheet.line(step_up, "name", "step_up"), *lines])


def _end_letter(sheet: _Sheet) -> None:
    for name in ("closing", "sign_off"):
        sheet.page.say("body", "\n\n")
        _say_in_a_row(sheet, [sheet.frame(name)])


def _button(sheet: _Sheet, told: Told) -> str | Wording:
    """Return an approved call to action that is about the product, or a frame."""
    words = set(told.entry.name.casefold().replace("-", " ").split())
    for passage in sheet.request.passages:
        if passage.kind == "cta" and _speaks_of(passage, words):
            text = passage.statements[0].text
            if len(text) <= BUTTON_CHARACTERS and sheet.is_fit(text):
                return Wording(passage.statements[0], text)
    return sheet.frame("button")


def _speaks_of(passage: Passage, words: set[str]) -> bool:
    named = (set(product.casefold().split("-")) for product in passage.products)
    return bool(passage.statements) and any(each <= words for each in named)


def _social(sheet: _Sheet) -> None:
    """Write a post: as much as the platform takes, the name and the price before the rest."""
    [told, *_] = sheet.request.products
    channel, tone = sheet.request.channel, sheet.request.tone
    look = [sheet.line(told, "look"), *_described(sheet, told)]
    is_asked = channel == "instagram" or tone in _ASKING
    close = sheet.frame("social_close", channel) if channel != "x" and is_asked else ""
    gate, tags = sheet.line(told, "gate"), _tags(sheet, told)
    wanted: list[str | Wording | None]
    wanted = [sheet.lead(told), *look, sheet.line(told, "price"), gate, close]
    for n_left_out in range(len(look) + 1):
        kept = [part for part in wanted if part not in look[len(look) - n_left_out :]]
        if _fits(sheet, kept, tags):
            break
    else:
        raise ProviderError(
            f"The product's name alone is longer than {sheet.request.limit} characters, which is "
            f"all that {channel} takes."
        )
    sheet.say("body", kept)
    if tags:
        sheet.page.say("body", "\n\n" if channel != "x" else " ")
        sheet.page.cite("body", tags)


def _fits(sheet: _Sheet, parts: Iterable[str | Wording | None], tags: Wording | None) -> bool:
    texts = [part.text if isinstance(part, Wording) else part for part in (*parts, tags) if part]
    if sheet.request.channel in _LINKED:
        texts.append(sheet.request.link)
    return post_length("  ".join(texts), sheet.request.channel) <= sheet.request.limit


def _tags(sheet: _Sheet, told: Told) -> Wording | None:
    """Return the hashtags, as many as the channel bears."""
    for usage in ("text", "two", "one"):
        line = sheet.line(told, "tags", usage)
        if line and len(hashtags(line.text)) <= sheet.request.most_hashtags:
            return line
    return None


def _team_summary(sheet: _Sheet) -> None:
    """Write what sales and marketing want to know: the product, who buys it, what to say."""
    [told, *_] = sheet.request.products
    sales = sheet.request.sales
    sheet.say("subject", [sheet.line(told, "name", "title")])
    facts = [sheet.line(sales, fact.name, "text") for fact in sales.facts] if sales else []
    sheet.say("body", facts, "\n")
    if say := [
        line
        for line in (sheet.line(told, "look"), *_described(sheet, told), sheet.line(told, "gate"))
        if line
    ]:
        sheet.page.say("body", "\n\n" if facts else "")
        _say_in_a_row(sheet, [sheet.frame("team", "say"), *say])


def _own_products(sheet: _Sheet) -> None:
    """Write around the products of each reader, which the engine fills in."""
    request = sheet.request
    words = product_words(request.locale, request.strategy, request.tone, request.items)
    draw = Draw(request.seed, request.strategy, request.tone)
    subject, preheader = draw.one(words.subjects)
    products = product_lines_of(request.items, request.strategy, is_linked=False)
    block = "\n\n".join([draw.one(words.intros), *products])
    is_letter = request.kind == "email"
    if is_letter:
        sheet.say("preheader", [preheader])
        sheet.say("body", [sheet.frame("greeting")])
        sheet.page.say("body", "\n\n")
    sheet.say("subject", [subject])
    sheet.page.say("body", block)
    if is_letter:
        _end_letter(sheet)
        sheet.say("call_to_action", [draw.one(words.buttons)])


_KINDS: Final[dict[str, Callable[[_Sheet], None]]] = {
    "description": _description,
    "summary": _summary,
    "highlights": _highlights,
    "email": _email,
    "social": _social,
    "team_summary": _team_summary,
}
