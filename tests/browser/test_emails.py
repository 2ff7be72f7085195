"""An e-mail as a browser draws it: on a wide screen, a phone, in the dark, without pictures."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, ClassVar, Final

import pytest

from pages.ui.email_preview import PHONE, framed
from personalization.delivery.email_parts import Look, email_of
from personalization.domain import EmailDesign, Message
from personalization.email_design import colour_of, contrast_of
from personalization.settings import Brand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

BRAND: Final = Brand()
FOOTER: Final = f"{BRAND.sender_address}\nUnsubscribe: {BRAND.unsubscribe_url}"
LINK: Final = "https://www.hearthandribbon.example/"
MESSAGES: Final = {
    "short": Message("Warm lights", "By hand", "Hello Anna,\n\nNew.", "See them", LINK, FOOTER),
    "long German": Message(
        "Winterlicht für lange Abende: handgegossene Sojawachskerzen sind wieder da", "",
        "Weihnachtsbeleuchtungszubehörteileversandkostenfreiheitsregelung gilt. " * 30,
        "Jetzt die neuen handgegossenen Kerzen für den Winter ansehen", LINK, FOOTER,
    ),
    "one word": Message("A" * 160, "p", "b" * 400, "c" * 90, LINK, FOOTER),
}  # fmt: skip
# Colour and background of every piece of text, as they are drawn.
LOOKS: Final = """() => [...document.querySelectorAll('h1, p, a, td.brand')].map(node => {
    let behind = node;
    while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') {
        behind = behind.parentElement;
    }
    const ink = getComputedStyle(node).color;
    return [node.tagName, ink, getComputedStyle(behind).backgroundColor];
})"""


def html_of(message: Message, locale: str = "en-GB", **design: str) -> str:
    look = Look(
        EmailDesign(**design), 1, BRAND.sender_name, BRAND.contact, BRAND.unsubscribe_url,
        BRAND.allowed_domains,
    )  # fmt: skip
    return email_of(message, look, locale=locale, merge_syntax=None).html


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing that is asked of the network arrives."""
    drawn = browser.new_page(viewport={"width": 375, "height": 700})
    drawn.route("**/*", lambda route: route.abort())
    yield drawn
    drawn.close()


@pytest.mark.parametrize("name", MESSAGES)
def test_nothing_runs_out_of_a_phone_s_screen_or_of_one_enlarged_twice(
    page: Page, name: str
) -> None:
    for width in (375, 320, 900):
        page.set_viewport_size({"width": width, "height": 700})
        page.set_content(html_of(MESSAGES[name]))

        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_the_colours_that_are_drawn(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(html_of(MESSAGES["short"]))

    found = page.evaluate(LOOKS)

    assert {tag for tag, _, _ in found} == {"TD", "H1", "P", "A"}
    for tag, ink, behind in found:
        one, other = colour_of(ink), colour_of(behind)
        assert one, tag
        assert other, tag
        assert contrast_of(one, other) >= 4.5, (tag, ink, behind)
    letters = {colour_of(behind) for tag, _, behind in found if tag == "H1"}
    assert (letters == {(255, 255, 255)}) == (scheme == "light")


def test_without_pictures_the_logo_is_words_and_the_button_a_button(page: Page) -> None:
    logo = {"logo_url": "https://www.hearthandribbon.example/l.png", "logo_alt": "Hearth & Ribbon"}
    page.set_content(html_of(MESSAGES["short"], **logo))

    assert page.get_by_role("img", name="Hearth & Ribbon").is_visible()
    button = page.get_by_role("link", name="See them").bounding_box()
    assert button
    assert button["height"] >= 44


def test_a_text_from_the_right_begins_on_the_right(page: Page) -> None:
    page.set_content(html_of(MESSAGES["short"], "ar-AE"))

    box = page.get_by_role("link", name="See them").locator("xpath=..").bounding_box()

    assert page.get_by_role("heading").evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert box
    assert box["x"] + box["width"] > 330


class Spy(BaseHTTPRequestHandler):
    """Notes what it is asked for: what the browser reports as a request it may yet have blocked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)


@pytest.fixture
def spy() -> Iterator[str]:
    Spy.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Spy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_preview_runs_no_script_and_asks_for_nothing(browser: Browser, spy: str) -> None:
    harm = f'<script>top.document.title = "harmed"</script><img src="{spy}/x.png">'
    html = html_of(MESSAGES["short"]).replace("</h1>", f"</h1>{harm}")

    page = browser.new_page()
    page.set_content(framed(html, is_dark=False, size=PHONE, title="Preview"))
    page.frame_locator("iframe").get_by_role("link", name="See them").click()
    assert page.title() == "Preview"
    page.goto(f"{spy}/seen")  # the spy does hear what is asked for
    page.close()

    assert "/seen" in Spy.asked
    assert "/x.png" not in Spy.asked
