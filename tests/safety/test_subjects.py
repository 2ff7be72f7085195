from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.safety.rules import mail_findings
from tests.safety.scripted import CONTEXT, POLICY

EMPTY = dict.fromkeys(("subject", "preheader", "body", "call_to_action", "link", "footer"), "")


def found(subject: str, body: str = "", *, locale: str = "en-GB", **fields: str) -> list[str]:
    texts = {**EMPTY, "subject": subject, "body": body, **fields}
    context = replace(CONTEXT, locale=locale, require_footer=False)
    return [
        f"{finding.rule} {finding.action}"
        for finding in mail_findings(texts, texts, policy=POLICY, context=context)
    ]


UNQUALIFIED = "subject.unqualified_offer review"
UNSAID = "subject.unsupported_claim review"


@pytest.mark.parametrize(
    ("subject", "body", "rules"),
    [
        pytest.param("A free lamp", "Come by.", [UNQUALIFIED], id="a gift without its condition"),
        pytest.param("A free lamp with every order", "Come by.", [], id="in the subject"),
        pytest.param("A free lamp", "With any order over £50.", [], id="in the first lines"),
        pytest.param("Your gift is inside", "Come by.", [UNQUALIFIED], id="a gift in other words"),
        pytest.param("Gift wrap is back", "Come by.", [], id="gift wrap"),
        pytest.param("Sugar-free jam", "Come by.", [], id="without sugar"),
        pytest.param("Feel free to ask", "Come by.", [], id="a manner of speaking"),
        pytest.param("20% off", "20 per cent off.", [UNQUALIFIED], id="off what, until when"),
        pytest.param("20% off", "20% off lamps until 3 May.", [], id="until when"),
        pytest.param("Lamps at £9", "Lamps at £9.", [], id="a price that the text repeats"),
        pytest.param("Lamps at £9", "Lamps at £12.", [UNSAID], id="another price"),
        pytest.param("Lamps at £9", "Lamps.", [UNSAID], id="no price at all"),
        pytest.param("Half price until Friday", "50 % off until Friday", [], id="other words"),
        pytest.param(
            "Three new lamps", "Look.", ["subject.unsupported_claim warn"], id="a bare count"
        ),
        pytest.param("A lamp 💡", "Look.", [], id="one emoji"),
        pytest.param("A family 👩‍👩‍👧", "Look.", [], id="one emoji of several"),
        pytest.param("🎉 Lamps 🎉", "Look.", ["subject.form warn"], id="two emojis"),
    ],
)
def test_what_a_subject_promises_stands_below_it(subject: str, body: str, rules: list[str]) -> None:
    assert found(subject, body) == rules


def test_a_condition_that_comes_late_is_late() -> None:
    late = "The lamps are in. " * 20 + "With any order over £50."

    assert found("A free lamp", late) == [UNQUALIFIED]


@pytest.mark.parametrize(("n_characters", "is_cut"), [(60, False), (61, True)])
def test_a_subject_is_cut_above_sixty_characters(n_characters: int, is_cut: bool) -> None:  # noqa: FBT001
    assert ("subject.form warn" in found("x" * n_characters)) is is_cut


def test_german_stop_words_matter_where_germans_read() -> None:
    assert found("Gratis Tasse ab 30 Euro", "Ab 30 Euro.", locale="de-DE") == [
        "subject.stop_words warn"
    ]
    assert "subject.stop_words warn" not in found("Gratis mug from £30", "From £30.")


def test_a_paid_link_needs_a_word_beside_it() -> None:
    link = "https://www.hearthandribbon.example/flour?affid=7"

    assert found("Flour", f"Try this: {link}") == ["affiliate.undisclosed review"]
    assert found("Flour", f"Advertisement: try this: {link}") == []
    assert found("Flour", f"Try this: {link}" + " x" * 200 + " We earn a commission.") == [
        "affiliate.undisclosed review"
    ]


def test_a_paid_main_link_is_disclosed_somewhere_in_the_text() -> None:
    link = "https://www.hearthandribbon.example/flour?affid=7"

    assert found("Flour", "Try this.", link=link) == ["affiliate.undisclosed review"]
    assert found("Flour", "Paid partnership with the mill. Try this.", link=link) == []


def test_a_message_asks_for_one_thing() -> None:
    page = "https://www.hearthandribbon.example/"
    two = f"See {page}lamps and {page}throws.\nUnsubscribe: {page}unsubscribe"

    assert found("Lamps", two) == []
    assert found("Lamps", f"{two}\nOr {page}bowls.") == ["style.calls_to_action warn"]
    assert found("Lamps", two, link=f"{page}bowls") == ["style.calls_to_action warn"]


def test_a_field_that_nobody_reads_to_its_end_is_noted() -> None:
    assert found("Lamps", preheader="x" * 131) == ["style.length warn"]
    assert found("Lamps", call_to_action="x" * 40) == []
