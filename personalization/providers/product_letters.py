"""Composed messages that name each reader's own products: an intro, the products, a word of ours.

Which products they are stands in no text: names, prices and reasons are tags, which the engine
fills for each reader.  So what surrounds them asserts nothing of any product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.domain import Message
from personalization.providers.composing import (
    Frames,
    Page,
    bare,
    buttons_asked_for,
    farewells,
    last_courtesy,
    preheaders_of,
    say_paragraph,
    signed,
    subjects_of,
)
from personalization.providers.gates import flaws_of
from personalization.providers.heeding import is_fit
from personalization.providers.plans import Draw, choose_passages, paragraph_of
from personalization.providers.product_frames import ProductWords, product_words
from personalization.providers.protocols import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Passage
    from personalization.providers.composing_bench import Bench
    from personalization.providers.frames import Frame, Voice
    from personalization.providers.plans import Paragraph
    from personalization.providers.protocols import WritingRequest

PRODUCT_PLANS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "products_first": (("offer", "faq", "proof", "story", "benefit"),),
    "content_first": (("story", "offer", "proof", "benefit"),),
    "products_only": (),
}
"""For each plan, which kinds of document may fill the paragraph beside the products."""

WITHOUT_REASON: Final = frozenset({"buy_again", "abandoned", "popular"})
"""Strategies whose intro says of all products what each one's reason would say again."""

_OWN_SUBJECT: Final = 0.75  # of the candidates speak of the products in the subject
_OPENED: Final = 0.5  # of those that begin with our own words have an opener


def products_block(words: ProductWords, items: int, strategy: str, draw: Draw) -> str:
    """Return intro and products: for each a line with name and price, and one with the reason.

    ``strategy`` is empty where popular products fill up, so that each one needs its reason.
    """
    return "\n\n".join([draw.one(words.intros), *product_lines_of(items, strategy)])


def product_lines_of(items: int, strategy: str, *, is_linked: bool = True) -> list[str]:
    """Return what is said of each product, as tags; its link lets the name lead there in an e-mail.

    Example:
        >>> product_lines_of(1, "popular", is_linked=False)
        ['{{product_1.name}}, {{product_1.price}}']
    """
    is_reasoned = strategy not in WITHOUT_REASON
    return [
        f"{{{{product_{rank}.name}}}}, {{{{product_{rank}.price}}}}"
        + (f"\n{{{{product_{rank}.reason}}}}" if is_reasoned else "")
        + (f"\n{{{{product_{rank}.link}}}}" if is_linked else "")
        for rank in range(1, items + 1)
    ]


def suitable(passages: Sequence[Passage], family: str, wanted: frozenset[str]) -> list[Passage]:
    """Return the documents that may stand beside products.

    Where the segment is of one family its documents may be about goods; else each reader has other
    products, and only what is about the whole shop goes with all of them.

    Args:
        passages: The content that bears on the segment.
        family: Of the first product; empty where it differs from reader to reader.
        wanted: Ids of documents that have to be in.
    """
    return [p for p in passages if family or not p.products or p.document_id in wanted]


def fitting(words: ProductWords, request: WritingRequest) -> ProductWords | None:
    """Return the words that neither brief nor brand rules out; None where too few are left."""
    left = ProductWords(
        tuple(intro for intro in words.intros if is_fit(intro, request)),
        tuple(pair for pair in words.subjects if all(is_fit(line, request) for line in pair)),
        tuple(button for button in words.buttons if is_fit(button, request)),
    )
    return left if left.intros and left.subjects and left.buttons else None


def product_draft(bench: Bench, strategy: str, number: int, seed: str) -> Draft | None:
    """Compose one message with products; None where its plan finds no content or a gate refuses it.

    Args:
        bench: What it is made of.
        strategy: How the products of the arm are chosen.
        number: Of the candidate: turns through plans and tones.
        seed: Of every draw.
    """
    request, asked, draw = bench.request, bench.asked, Draw(seed)
    n_items = request.products.items if request.products else 0
    plan = list(PRODUCT_PLANS)[number % len(PRODUCT_PLANS)]
    voice = bench.spoken[(number // len(PRODUCT_PLANS)) % len(bench.spoken)]
    usable = suitable(bench.usable, request.family, asked.documents)
    passages = choose_passages(PRODUCT_PLANS[plan], usable, asked.documents, draw)
    about = passages[0].title if passages else ""
    written = (
        paragraph_of(p, 1, about, bench.known, draw, wanted=asked.wordings) for p in passages
    )
    paragraphs = [paragraph for paragraph in written if paragraph]
    if len(paragraphs) < len(passages) or (PRODUCT_PLANS[plan] and not passages):
        return None
    told = "" if request.products and request.products.fills_up else strategy
    words = fitting(product_words(request.locale, told, voice.tone, n_items), request)
    if words is None:
        return None
    frames = _frames(bench, plan, voice, paragraphs, draw)
    page = Page()
    _write_heads(page, words, paragraphs, draw, is_content=plan == "content_first")
    block = products_block(words, n_items, told, draw)
    page.say("body", _greeting(frames, request.locale))
    _write_rest(page, paragraphs, frames, block, is_first=plan != "content_first")
    _write_button(page, bench, words, draw, close=frames.close.text)
    message = Message(**page.texts, link=request.link, footer=request.footer)
    if flaws_of(message, page.claims, bench.known) or asked.lacks(message):
        return None
    attributes = (
        ("plan", plan), ("tone", voice.tone), ("length", "medium" if paragraphs else "short"),
        ("opener", plan), ("topic", passages[0].document_id if passages else "products"),
        ("strategy", strategy),
    )  # fmt: skip
    return Draft("", message, tuple(page.claims), attributes, "", ())


def _greeting(frames: Frames, locale: str) -> str:
    opener = f"\n\n{frames.opener.text}" if frames.opener else ""
    return f"{frames.greeting_in(locale)}{opener}"


def _write_rest(
    page: Page, paragraphs: Sequence[Paragraph], frames: Frames, block: str, *, is_first: bool
) -> None:
    """Write products, paragraphs, close and sign-off; the products come first or last."""
    if is_first:
        page.say("body", f"\n\n{block}")
    for bridge, paragraph in zip(frames.bridges, paragraphs, strict=True):
        page.say("body", "\n\n" + (f"{bridge.text} " if bridge else ""))
        say_paragraph(page, paragraph)
    if not is_first:
        page.say("body", f"\n\n{block}")
    page.say("body", f"\n\n{frames.close.text}\n\n{signed(frames.sign_off.text)}")


def _write_button(
    page: Page, bench: Bench, words: ProductWords, draw: Draw, *, close: str
) -> None:  # fmt: skip
    """Choose a call to action: what the brief asks for, else one that the close has not said."""
    if options := buttons_asked_for(bench.request):
        chosen = draw.one(options)
        page.cite("call_to_action", chosen, bare(chosen.text))
        return
    fresh = [text for text in words.buttons if text.casefold() not in close.casefold()]
    page.say("call_to_action", draw.one(fresh or words.buttons))


def _write_heads(
    page: Page,
    words: ProductWords,
    paragraphs: Sequence[Paragraph],
    draw: Draw,
    *,
    is_content: bool,
) -> None:
    """Write subject and preheader, about the products or about what is said first."""
    subjects = [w for p in paragraphs for w in subjects_of(p.passage)] if is_content else []
    subject, preheader = draw.one(words.subjects)
    if subjects and not draw.chance(_OWN_SUBJECT):
        cited = draw.one(subjects)
        page.cite("subject", cited, bare(cited.text))
        if preheaders := preheaders_of(paragraphs, cited):
            page.cite("preheader", draw.one_of_best(preheaders))
        else:
            page.say("preheader", preheader)
    else:
        page.say("subject", subject)
        page.say("preheader", preheader)


def _frames(
    bench: Bench, plan: str, voice: Voice, paragraphs: Sequence[Paragraph], draw: Draw
) -> Frames:
    """Draw the courtesies: an opener only before our own words, a bridge only to an answer."""
    asked = bench.asked
    first = paragraphs[0].passage.kind if paragraphs else ""
    openers = asked.of_frames(voice.leading_to("opener", first))
    is_opened = plan == "content_first" and first != "story" and draw.chance(_OPENED)
    opener = draw.one(openers) if is_opened else None
    bridges = tuple(
        draw.one(leading)
        if (leading := _leading(voice, p)) and not (place == 0 and plan == "content_first")
        else None
        for place, p in enumerate(paragraphs)
    )
    close = last_courtesy(voice, (), [opener, *bridges], draw, asked)
    return Frames(
        draw.one(asked.of_frames(voice.of("greeting"))), opener, bridges, close,
        draw.one(farewells(asked.of_frames(voice.of("sign_off")), close)),
    )  # fmt: skip


def _leading(voice: Voice, paragraph: Paragraph) -> list[Frame]:
    """Return the bridges to an answer or a proof that were written for that kind."""
    has_colon = ":" in paragraph.lines[0].text
    return [
        frame
        for frame in voice.leading_to("bridge", paragraph.passage.kind)
        if frame.before and not (has_colon and frame.text.endswith(":"))
    ]
