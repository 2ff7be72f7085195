from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from personalization.safety import screen_lines
from personalization.safety.html_parts import colour_of, contrast_of, read_html
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
    [outcome] = screen_lines([whole | line], classifier=line.pop("engine", Scripted()))
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
