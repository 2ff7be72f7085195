"""Both parts of an e-mail say the fields of the message, whatever these hold, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from html import escape
from html.parser import HTMLParser
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from personalization.delivery.accessibility import accessibility_faults
from personalization.delivery.email_parts import Email, Look, email_of, eml_of
from personalization.delivery.verify_emails import (
    PRODUCTS,
    SYNTAXES,
    TAG,
    Shown,
    footer_links,
    html_problems,
    in_own,
    parts_of,
    plain_part,
    tag_in,
)
from personalization.domain import MERGE_FIELDS, EmailDesign, Message
from personalization.errors import InputError
from personalization.settings import MERGE_SYNTAXES, Brand

BRAND: Final = Brand()
LINK: Final = "https://www.hearthandribbon.example/candles?a=1&b=2"
MESSAGE: Final = Message(
    subject="Warm lights, {{first_name|there}}",
    preheader="Poured by hand",
    body="Hello {{first_name|there}},\n\nNew in {{city|Tom & Anna's town}}.\nIt burns long.\n\nBye",
    call_to_action="See the candles",
    link=LINK,
    footer=f"{BRAND.sender_name}\n{BRAND.sender_address}\nUnsubscribe: {BRAND.unsubscribe_url}",
)
LOGO: Final = {"logo_url": "https://www.hearthandribbon.example/l.png", "logo_alt": "H & R, York"}


def look(**design: str) -> Look:
    return Look(
        EmailDesign(**design), 1, BRAND.sender_name, BRAND.contact, BRAND.unsubscribe_url,
        BRAND.allowed_domains,
    )  # fmt: skip


def drawn(message: Message, locale: str = "en-GB", syntax: str | None = "own") -> Email:
    return email_of(message, look(), locale=locale, merge_syntax=syntax)


class Tags(HTMLParser):
    """Every tag and attribute of a part, by name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[tuple[str, ...]] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add((tag, *(name for name, _ in attrs)))


FULL: Final = Tags(drawn(MESSAGE).html).names
NASTY: Final = st.sampled_from((
    "<script>alert(1)</script>", "</title><b>", '"><img src=x onerror=x()>', "<!-- ", "-->",
    "]]>", "&lt;b&gt;", "&amp;", "&#x27;", "{{first_name|there}}", "{{", "}}", "$accent", "{words}",
    "%s", "https://evil.example/x", "Unsubscribe: https://evil.example/", "\n\n", "\n", " - ",
    "\u202e", "\u2028", "مرحبا", "O'Neil", "\\", "<![endif]-->", "<style>p{display:none}", "€",
))  # fmt: skip
WORDS: Final = st.lists(
    NASTY | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12), max_size=6
).map("".join)
MESSAGES: Final = st.builds(Message, WORDS, WORDS, WORDS, WORDS, st.sampled_from((LINK, "")), WORDS)


@given(message=MESSAGES)
@example(Message("<title>", "</div>", "<p>&nbsp;</p>", "&", LINK, "A - https://a.example/b."))
def test_the_html_shows_the_fields_and_nothing_else(message: Message) -> None:
    email = drawn(message, syntax=None)

    assert list(html_problems(email.html, dict(message.fields()), BRAND.sender_name)) == []


@given(message=MESSAGES)
def test_no_text_ever_becomes_markup(message: Message) -> None:
    email = drawn(message, syntax=None)

    assert Tags(email.html).names <= FULL
    assert email.html.count("<!--") == email.html.count("-->") == 2


@given(message=MESSAGES)
def test_the_plain_text_is_the_fields_as_they_stand(message: Message) -> None:
    email = drawn(message, syntax=None)

    ask = [part for part in (message.call_to_action, message.link) if part]
    signed = f"-- \n{message.footer}" if message.footer else ""
    parts = [part for part in (message.body, ":\n".join(ask), signed) if part]
    assert email.text == "\n\n".join(parts) + "\n"


VALUES: Final = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="{}<>@"),
    max_size=20,
).map(str.strip)  # fmt: skip


@given(first_name=VALUES, city=VALUES)
def test_filling_the_template_gives_the_very_e_mail_of_the_customer(
    first_name: str, city: str
) -> None:
    """What a sending tool makes of the template and the columns is what Review shows."""
    values = {"first_name": first_name, "city": city}
    own = Message(*(
        TAG.sub(lambda tag: values[tag[1]] or tag[2], text) for _, text in MESSAGE.fields()
    ))  # fmt: skip

    template = drawn(MESSAGE)
    html = TAG.sub(lambda tag: escape(values[tag[1]]) or tag[2], template.html)
    text = TAG.sub(lambda tag: values[tag[1]] or tag[2], template.text)

    shown = drawn(own, syntax=None)
    assert text == shown.text
    assert html.replace("  ", " ").split() == shown.html.replace("  ", " ").split()


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_sending_tool_s_template_goes_back_to_the_approved_fields(syntax: str) -> None:
    email = drawn(MESSAGE, syntax=syntax)

    tags = {(tag[1], tag[2]) for _, text in MESSAGE.fields() for tag in TAG.finditer(text)}
    assert in_own(email.html, syntax, tags) == drawn(MESSAGE).html
    assert (syntax == "own") == ("{{first_name|there}}" in email.text)


def test_the_settings_and_the_check_know_the_same_tools() -> None:
    assert MERGE_SYNTAXES == SYNTAXES


@pytest.mark.parametrize(
    ("syntax", "html", "text"),
    [
        pytest.param("own", "{{city|Tom &amp; Al}}", "{{city|Tom & Al}}", id="own"),
        pytest.param(
            "mailchimp", "*|IF:CITY|**|CITY|**|ELSE:|*Tom &amp; Al*|END:IF|*",
            "*|IF:CITY|**|CITY|**|ELSE:|*Tom & Al*|END:IF|*", id="mailchimp",
        ),
        pytest.param(
            "braze", "{{ ${city} | default: 'Tom & Al' | escape }}",
            "{{ ${city} | default: 'Tom & Al' }}", id="braze",
        ),
        pytest.param(
            "liquid", "{{ city | default: 'Tom & Al' | escape }}",
            "{{ city | default: 'Tom & Al' }}", id="liquid",
        ),
        pytest.param(
            "ampscript",
            '%%=IIF(EMPTY(AttributeValue("city")),"Tom &amp; Al",Replace(Replace('
            'AttributeValue("city"),"&","&amp;"),"<","&lt;"))=%%',
            '%%=IIF(EMPTY(AttributeValue("city")),"Tom & Al",AttributeValue("city"))=%%',
            id="ampscript",
        ),
        pytest.param(
            "hubspot", "{{ personalization_token('contact.city', 'Tom &amp; Al') }}",
            "{{ personalization_token('contact.city', 'Tom & Al') }}", id="hubspot",
        ),
    ],
)  # fmt: skip
def test_a_merge_tag_is_written_as_its_tool_reads_it(syntax: str, html: str, text: str) -> None:
    assert tag_in(syntax, "city", "Tom & Al", is_html=True) == html
    assert tag_in(syntax, "city", "Tom & Al", is_html=False) == text


@pytest.mark.parametrize(
    ("syntax", "said"),
    [
        ("braze", 'default: "Anna\'s" '),
        ("ampscript", '"a ""good"" friend"'),
        ("hubspot", r"'Anna\'s'"),
    ],
)
def test_a_fallback_with_quotes_ends_no_string_of_the_tool(syntax: str, said: str) -> None:
    fallback = 'a "good" friend' if syntax == "ampscript" else "Anna's"

    assert said in tag_in(syntax, "city", fallback, is_html=False)


@pytest.mark.parametrize(
    ("syntax", "value"), [("liquid", "first_name"), ("braze", "${first_name}")]
)
def test_a_fallback_with_both_kinds_of_quotes_is_captured_first(syntax: str, value: str) -> None:
    message = replace(MESSAGE, body='Dear {{first_name|Anna\'s "best"}}')

    email = drawn(message, syntax=syntax)

    captured = '{% capture otherwise %}Anna\'s "best"{% endcapture %}'
    assert f"Dear {captured}{{{{ {value} | default: otherwise }}}}\n" in email.text
    assert f"{captured}{{{{ {value} | default: otherwise | escape }}}}</p>" in email.html
    tags = {(tag[1], tag[2]) for _, text in message.fields() for tag in TAG.finditer(text)}
    assert in_own(email.html, syntax, tags) == drawn(message).html


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_fields_of_products_are_columns_that_every_tool_reads(syntax: str) -> None:
    body = "Hello\n\n{{product_1.name}}, {{product_1.price}}\n{{product_1.link}}\nFor you"
    message = replace(MESSAGE, subject="{{first_name|You}}: {{product_2.name}}", body=body)

    email = drawn(message, syntax=syntax)

    tags = {parts_of(tag) for _, text in message.fields() for tag in TAG.finditer(text)}
    assert in_own(email.html, syntax, tags) == drawn(message).html
    column = {"own": "product_2.name", "mailchimp": "P2NAME"}.get(syntax, "product_2_name")
    assert column in email.subject
    assert ("{{product_1.name}}" in email.text) == (syntax == "own")


def test_a_product_s_name_leads_to_its_page_and_the_address_is_not_shown() -> None:
    body = "{{product_1.name}}, {{product_1.price}}\nFor you\n{{product_1.link}}\n\nBye"
    email = drawn(replace(MESSAGE, body=body))

    shown = Shown(email.html)
    assert shown.links[0] == ("{{product_1.name}}, {{product_1.price}}", "{{product_1.link}}")
    assert "{{product_1.link}}" not in shown.text
    assert "{{product_1.link}}" in email.text
    assert accessibility_faults(email, "en-GB") == ()


def test_a_tool_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="no merge syntax 'sendy'"):
        drawn(MESSAGE, syntax="sendy")


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    ("field", "text"),
    [("footer", "For {{city|York}}"), ("link", "https://a.example/{{city|york}}")],
)
def test_a_merge_tag_where_nothing_fills_it_is_refused(syntax: str, field: str, text: str) -> None:
    with pytest.raises(InputError, match=rf"stands in the {field}, where nothing fills it"):
        drawn(replace(MESSAGE, **{field: text}), syntax=syntax)


def test_mailchimp_s_names_have_ten_signs_at_most() -> None:
    for field in (*MERGE_FIELDS, *PRODUCTS):
        name = re.search(r"IF:(\w+)", tag_in("mailchimp", field, "x", is_html=True))
        assert name
        assert len(name[1]) <= 10


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Unsubscribe: https://a.example/u", [("Unsubscribe", "https://a.example/u")]),
        ("Se désinscrire : https://a.example/u", [("Se désinscrire", "https://a.example/u")]),
        (
            "Leave at https://a.example/u. Or stay.",
            [("Leave at https://a.example/u", "https://a.example/u"), (". Or stay.", "")],
        ),
        (
            "See https://a.example/a - https://b.example/b",
            [("See https://a.example/a", "https://a.example/a"),
             (" - https://b.example/b", "https://b.example/b")],
        ),
        ("12 Mill Lane, York", [("12 Mill Lane, York", "")]),
        ("", [("", "")]),
    ],
)  # fmt: skip
def test_a_footer_s_address_becomes_a_link_with_words(
    line: str, parts: list[tuple[str, str]]
) -> None:
    assert footer_links(line) == parts


def test_only_the_button_and_the_footer_hold_links() -> None:
    message = replace(MESSAGE, body="Look at https://www.hearthandribbon.example/lamps now.")

    assert Shown(drawn(message).html).links == [
        ("See the candles", LINK),
        ("Unsubscribe", BRAND.unsubscribe_url),
    ]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://a.example", "https://a b", " "])
def test_a_link_that_is_no_https_address_is_not_drawn(link: str) -> None:
    with pytest.raises(InputError, match="is no https address"):
        drawn(replace(MESSAGE, link=link))


@pytest.mark.parametrize(
    ("locale", "way"), [("en-GB", "ltr"), ("de-DE", "ltr"), ("ar-AE", "rtl"), ("he", "rtl")]
)
def test_language_and_direction_are_declared(locale: str, way: str) -> None:
    email = drawn(MESSAGE, locale)

    assert f'<html lang="{locale}" dir="{way}">' in email.html
    assert accessibility_faults(email, locale) == ()


def test_a_locale_is_never_markup() -> None:
    with pytest.raises(InputError, match="is no language of an e-mail"):
        drawn(MESSAGE, 'en"><script>')


def test_the_same_fields_and_design_give_the_same_bytes() -> None:
    one, other = drawn(MESSAGE), drawn(MESSAGE)

    assert (one.html, one.text, eml_of(one)) == (other.html, other.text, eml_of(other))
    assert look().sha256 != look(accent="#7a2030").sha256


def test_a_long_message_stays_far_below_what_gmail_cuts_off() -> None:
    long = replace(MESSAGE, body="\n\n".join(["Wir freuen uns über Ihren Besuch. " * 20] * 12))

    assert len(drawn(long).html.encode()) < 20_000


def test_a_logo_has_its_words_and_they_stand_for_the_name() -> None:
    email = email_of(MESSAGE, look(**LOGO), locale="en-GB")

    assert 'alt="H &amp; R, York"' in email.html
    assert not list(html_problems(email.html, dict(MESSAGE.fields()), "H & R, York"))
    assert accessibility_faults(email, "en-GB") == ()


def test_an_empty_preheader_leaves_nothing_hidden() -> None:
    assert "display:none" not in drawn(replace(MESSAGE, preheader="")).html
    assert "display:none" in drawn(MESSAGE).html


BROKEN: Final = [
    pytest.param('<h1 id="headline"', '<h2 id="headline"', "access.headings", id="no headline"),
    pytest.param("</h1>", "</h1><h3>x</h3>", "access.headings", id="a level left out"),
    pytest.param('role="presentation"', "", "access.tables", id="a table read as data"),
    pytest.param('lang="en-GB"', 'lang="de"', "access.language", id="another language"),
    pytest.param('dir="ltr"', 'dir="rtl"', "access.language", id="the other way round"),
    pytest.param(">See the candles<", "><", "access.links", id="a link without words"),
    pytest.param(">See the candles<", ">Unsubscribe<", "access.links", id="one name for two pages"),
    pytest.param(
        BRAND.unsubscribe_url, BRAND.shop_url, "access.way_out", id="no way to unsubscribe"
    ),
    pytest.param("<p ", '<img alt="x"><img alt="y"><p ', "access.words", id="pictures for words"),
]


@pytest.mark.parametrize(("words", "other", "rule"), BROKEN)
def test_what_shuts_somebody_out_is_found(words: str, other: str, rule: str) -> None:
    email = drawn(MESSAGE)
    assert words in email.html

    faults = accessibility_faults(replace(email, html=email.html.replace(words, other)), "en-GB")

    assert rule in {fault.rule for fault in faults}
    assert all(fault.action.value == "block" for fault in faults)


@given(subject=WORDS, body=WORDS)
def test_a_draft_holds_both_parts_to_the_letter(subject: str, body: str) -> None:
    email = drawn(replace(MESSAGE, subject=subject, body=body), syntax=None)

    mail = message_from_bytes(eml_of(email), policy=default)

    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().splitlines() == email.text.splitlines()
    assert html.get_content().splitlines() == email.html.splitlines()
    assert mail["List-Unsubscribe"] == f"<{BRAND.unsubscribe_url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["To"] is None
    assert len(mail.keys()) == len(set(mail.keys()))


def test_the_plain_part_of_nothing_is_nothing() -> None:
    assert plain_part(dict.fromkeys(("body", "call_to_action", "link", "footer"), "")) == "\n"
