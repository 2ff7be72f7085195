from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from personalization.email_design import colour_of, contrast_of
from personalization.safety import screen_lines
from personalization.safety.html_reading import read_html
from personalization.safety.rules import html_findings
from tests.safety.scripted import CONTEXT, POLICY, Scripted

if TYPE_CHECKING:
    from personalization.safety.reading import Context

PLAIN = "The winter range is here. See the lamps and throws in our shop in York."
GOOD = (
    '<html lang="en-GB"><body><p>The winter range is here. '
    '<a href="https://www.hearthandribbon.example/lamps">See the lamps</a> and throws in our shop '
    'in York.</p><img src="a.png" alt="A lamp"></body></html>'
)


def found(html: str, plain: str = PLAIN, context: Context = CONTEXT) -> list[str]:
    return [f.rule for f in html_findings(read_html(html), plain, policy=POLICY, context=context)]


def screened(html: str, **line: Any) -> dict[str, Any]:  # noqa: ANN401
    whole = {
        "body": PLAIN,
        "html": html,
        "context": {"allowed_domains": ["hearthandribbon.example"]},
    }
    engine = line.pop("engine", Scripted())
    [outcome] = screen_lines([whole | line], classifier=engine)
    return outcome


def test_good_html_has_no_finding() -> None:
    assert found(GOOD) == []
    assert screened(GOOD)["decision"] == "pass"


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        pytest.param(GOOD.replace(' alt="A lamp"', ""), "html.alt_text", id="no alternative text"),
        pytest.param(
            GOOD.replace("See the lamps", "Click here"), "html.link_text", id="click here"
        ),
        pytest.param(GOOD.replace("See the lamps", ""), "html.link_text", id="no words in a link"),
        pytest.param(GOOD.replace(' lang="en-GB"', ""), "html.language", id="no language"),
        pytest.param(GOOD.replace("en-GB", "de-DE"), "html.language", id="another language"),
        pytest.param(
            GOOD.replace("<p>", '<p style="color: #aaa">'), "html.contrast", id="grey on white"
        ),
        pytest.param(
            GOOD.replace("<p>", '<p style="color:#fff;background-color:#ddd">'),
            "html.contrast",
            id="white on grey",
        ),
        pytest.param(GOOD.replace("winter range is here", "x"), "html.plain_text", id="less"),
    ],
)
def test_one_fault_of_html_gives_one_finding(html: str, rule: str) -> None:
    plain = "Winter range, here: come and see." if rule == "html.plain_text" else PLAIN

    assert found(html, plain) == [rule]


def test_an_ornament_may_have_an_empty_alternative_text() -> None:
    assert found(GOOD.replace('alt="A lamp"', 'alt=""')) == []


def test_html_needs_a_plain_text_part() -> None:
    assert found(GOOD, "") == ["html.plain_text"]


@pytest.mark.parametrize(("n_bytes", "is_cut"), [(102_400, False), (102_401, True)])
def test_html_is_cut_above_102_kb(n_bytes: int, is_cut: bool) -> None:  # noqa: FBT001
    html = GOOD + "<!--" + "x" * (n_bytes - len(GOOD) - 7) + "-->"

    assert ("html.size" in found(html)) is is_cut


def test_white_on_black_is_read_from_the_element_above() -> None:
    dark = GOOD.replace("<body>", '<body bgcolor="#000000" style="color: white">')

    assert found(dark) == []


def test_what_a_reader_of_the_html_sees_is_screened_as_a_body_is() -> None:
    outcome = screened(GOOD.replace("A lamp", "Our prices are unbeatable"))

    [finding] = outcome["findings"]
    assert (finding["rule"], finding["field"]) == ("overpromise.superlative", "html")


def test_a_finding_points_into_the_html() -> None:
    html = GOOD.replace("winter range", "winter range, unbeatable &amp; new,")

    [finding] = screened(html)["findings"]

    assert html[slice(*finding["span"])] == finding["text"] == "unbeatable"


def test_links_of_the_html_have_to_be_the_senders_own() -> None:
    outcome = screened(GOOD.replace("www.hearthandribbon.example", "evil.test"))

    assert [f["rule"] for f in outcome["findings"]] == ["url.not_allowed"]


def test_scripts_and_styles_are_not_read_as_text() -> None:
    part = read_html("<style>p {x}</style><script>var a = 1</script><p>Lamps</p>")

    assert part.visible.text.split() == ["Lamps"]


def test_harm_in_the_html_counts_as_harm() -> None:
    engine = Scripted({"zzz": ("hate", 6)})

    outcome = screened(GOOD.replace("A lamp", "zzz"), engine=engine)

    assert outcome["categories"]["hate"] == 6
    assert outcome["decision"] == "block"


def test_broken_html_is_read_and_no_error() -> None:
    part = read_html("<p>Lamps <b>and <a href='https://x.example'>more</p> &bogus; &#x41;")

    assert "Lamps" in part.visible.text
    assert "A" in part.visible.text


def test_black_on_white_is_the_highest_contrast() -> None:
    """21:1 and 4.48:1 for #777 on white are the figures of the WCAG working group."""
    assert contrast_of((0, 0, 0), (255, 255, 255)) == 21.0
    assert contrast_of((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)
    assert contrast_of((1, 2, 3), (1, 2, 3)) == 1.0


def test_a_colour_that_is_not_understood_is_let_be() -> None:
    assert colour_of("var(--ink)") is None
    assert found(GOOD.replace("<p>", '<p style="color: var(--ink)">')) == []


def test_a_message_without_a_known_language_only_needs_to_declare_one() -> None:
    assert found(GOOD.replace("en-GB", "de"), context=replace(CONTEXT, locale="")) == []


CURE = "This balm cures cancer"
EVIL = "https://evil.test/x"


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param("<script>x()</script>", id="a script"),
        pytest.param('<p onclick="x()">Hi there</p>', id="an order on a click"),
        pytest.param(f'<base href="{EVIL}">', id="another base"),
        pytest.param(f'<meta http-equiv="refresh" content="0;url={EVIL}">', id="sent on"),
        pytest.param(f'<form action="{EVIL}"><input name=a></form>', id="a form"),
        pytest.param(f'<button formaction="{EVIL}">Go</button>', id="a button"),
        pytest.param(f'<iframe src="{EVIL}"></iframe>', id="a frame"),
        pytest.param(f'<iframe srcdoc="{CURE}"></iframe>', id="a page in a frame"),
        pytest.param(f'<map><area href="{EVIL}" alt="See"></map>', id="a map"),
        pytest.param(f'<img alt="A" src="a.png" srcset="{EVIL} 2x">', id="other sizes"),
        pytest.param(f'<svg><a xlink:href="{EVIL}"><text>See</text></a></svg>', id="a drawing"),
        pytest.param(f'<link rel=stylesheet href="{EVIL}">', id="a style sheet"),
        pytest.param(f'<style>@import "{EVIL}";</style>', id="an imported style"),
        pytest.param(f'<style>p::after{{content:"{CURE}"}}</style>', id="words in a style"),
        pytest.param(
            f"<p style=\"content:'{CURE}'\">Hi there</p>", id="words in a style attribute"
        ),
        pytest.param(f"<style>p{{background:u\\rl({EVIL})}}</style>", id="an escape in a style"),
        pytest.param("<style>", id="a style without an end"),
        pytest.param(f'<input placeholder="{CURE}">', id="a hint"),
        pytest.param(f'<input type=submit value="{CURE}">', id="a button's words"),
        pytest.param(f'<select><option label="{CURE}">a</option></select>', id="a choice"),
        pytest.param(f'<![CDATA[<a href="{EVIL}">See</a>]]>', id="raw text"),
        pytest.param("<![foo[x]]>", id="a section of another kind"),
        pytest.param("<?php x() ?>", id="an order to a server"),
        pytest.param(f'<!--><a href="{EVIL}">See</a><!-- -->', id="a comment that ends at once"),
        pytest.param(f'<!---><a href="{EVIL}">See</a><!-- -->', id="one that ends a sign later"),
        pytest.param(f'<!-- --!><a href="{EVIL}">See</a><!-- -->', id="one with another end"),
        pytest.param("<!foo bar>", id="a declaration that is none"),
        pytest.param('<p title="a" title="b">Hi</p>', id="an attribute twice"),
        pytest.param(
            f"<!--[if mso]><script>x('{EVIL}')</script><![endif]-->", id="for one program"
        ),
    ],
)
def test_what_is_not_on_the_list_of_allowed_html_blocks(extra: str) -> None:
    outcome = screened(GOOD.replace("<img", f"{extra}<img"))

    assert ("injection.markup", "block") in {(f["rule"], f["action"]) for f in outcome["findings"]}


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(f'<a href="{EVIL}">See the range', id="not closed"),
        pytest.param(
            f'<a href="{EVIL}">See <a href="https://hearthandribbon.example/">x</a>',
            id="one in another",
        ),
        pytest.param('<a href="//evil.test/x">See the range</a>', id="without a scheme"),
        pytest.param('<a href="ht\ntps://evil.test/">See the range</a>', id="a broken scheme"),
        pytest.param(
            '<a href="https://hearthandribbon.example\t@evil.test">See it</a>', id="a tab"
        ),
        pytest.param('<a href="intent://evil.test#Intent;end">See it</a>', id="another scheme"),
        pytest.param('<a href="x">See the range</a>', id="no address"),
        pytest.param(f'<img src="{EVIL}.gif" alt="A candle">', id="a picture"),
        pytest.param('<img src="//evil.test/p.gif" alt="A candle">', id="a picture without scheme"),
        pytest.param(f'<table background="{EVIL}"><tr><td>Hi</td></tr></table>', id="behind"),
        pytest.param(f'<div style="background:url({EVIL})">Hi there</div>', id="in a style"),
        pytest.param(f"<style>p{{background:URL( '{EVIL}')}}</style>", id="in a style sheet"),
        pytest.param(f'<!--[if mso]><a href="{EVIL}">See it</a><![endif]-->', id="one program's"),
    ],
)
def test_every_address_of_the_html_has_to_be_the_senders_own(extra: str) -> None:
    outcome = screened(GOOD.replace("<img", f"{extra}<img"))

    assert ("url.not_allowed", "block") in {(f["rule"], f["action"]) for f in outcome["findings"]}


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(f"<title>{CURE}</title>", id="the title"),
        pytest.param(f'<p title="{CURE}">Hi there</p>', id="a title"),
        pytest.param(f'<p aria-label="{CURE}">Hi there</p>', id="a label that is read aloud"),
        pytest.param(f'<table summary="{CURE}"><tr><td>Hi</td></tr></table>', id="a summary"),
        pytest.param(f"<!--[if mso]><p>{CURE}</p><![endif]-->", id="for one program"),
        pytest.param(f"<!-- \u2028\n --><p>{CURE}</p>", id="after an odd end of a line"),
        pytest.param("<p>This balm cu<b></b>res can<i>cer</i></p>", id="in pieces"),
    ],
)
def test_words_that_a_reader_may_get_to_know_are_screened(extra: str) -> None:
    html = GOOD.replace("<img", f"{extra}<img")
    outcome = screened(html)

    [finding] = [f for f in outcome["findings"] if f["rule"] == "overpromise.health"]
    assert finding["action"] == "block"
    assert html[slice(*finding["span"])] in extra


def test_an_ordinary_newsletter_has_nothing_that_is_not_allowed() -> None:
    html = GOOD.replace(
        "<body>",
        '<head><meta charset="utf-8"><meta http-equiv="Content-Type" content="text/html">'
        "<style>@media (max-width: 600px) {p {justify-content: center}} .a:hover {color: #000}"
        "</style></head><body><!-- made by hand --><!--[if mso]><table><tr><td><![endif]-->"
        '<table role="presentation" width="600" data-x="1"><tr><td style="background: '
        "url('https://hearthandribbon.example/b.png')\">",
    ).replace(
        "</body>",
        '<a href="#top">Up to the top</a><img src="cid:logo" alt="Our logo"></td></tr></table>'
        "<!--[if mso]></td></tr></table><![endif]--></body>",
    )

    assert screened(html)["findings"] == []
