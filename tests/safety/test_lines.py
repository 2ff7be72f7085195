from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import InputError, ProviderError
from personalization.safety import publish_policy, screen_lines
from personalization.settings import Settings
from tests.safety.scripted import STRICT, Failing, Scripted

if TYPE_CHECKING:
    from personalization.store import Store


def screened(line: Any, engine: Scripted | None = None) -> dict[str, Any]:  # noqa: ANN401
    [outcome] = screen_lines([line], classifier=engine or Scripted())
    return outcome


def test_a_line_comes_back_in_the_promised_form() -> None:
    outcome = screened({"id": 7, "body": "Our prices are unbeatable."})

    assert outcome.keys() == {
        "id", "decision", "engine", "policy_version", "categories", "findings",
    }  # fmt: skip
    assert (outcome["id"], outcome["decision"], outcome["engine"]) == (7, "review", "embedded")
    assert outcome["categories"] == {"hate": 0, "self_harm": 0, "sexual": 0, "violence": 0}
    [finding] = outcome["findings"]
    assert {"rule", "action", "field", "span", "text", "message", "advice"} <= finding.keys()
    assert (finding["field"], finding["span"]) == ("body", [15, 25])


def test_lines_come_back_in_their_order() -> None:
    lines = [{"id": str(n), "body": "Hello."} for n in range(5)]

    outcomes = list(screen_lines(lines, classifier=Scripted()))

    assert [outcome["id"] for outcome in outcomes] == ["0", "1", "2", "3", "4"]


def test_the_preheader_is_screened_too() -> None:
    outcome = screened({"preheader": "zzz"}, Scripted({"zzz": ("self_harm", 6)}))

    assert [(f["rule"], f["field"]) for f in outcome["findings"]] == [
        ("harm.self_harm", "preheader")
    ]


def test_an_engine_that_fails_is_an_error_without_levels() -> None:
    outcome = screened({"body": "Hello."}, Failing(ProviderError("no answer")))

    assert outcome["decision"] == "error"
    assert set(outcome["categories"].values()) == {None}


def test_a_cell_is_judged_by_rules_alone() -> None:
    engine = Scripted()

    outcome = screened({"kind": "csv_cell", "body": "=1+1"}, engine)

    assert (outcome["decision"], outcome["engine"]) == ("block", "rules")
    assert engine.asked == []


def test_thresholds_come_from_the_policy_that_the_settings_name() -> None:
    engine = Scripted({"zzz": ("hate", 4)})

    [outcome] = screen_lines([{"body": "zzz"}], settings=STRICT, classifier=engine)

    assert outcome["decision"] == "block"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param([], "Line 1 is no JSON object", id="a list"),
        pytest.param({"kind": "letter"}, "kind 'letter' is unknown", id="an unknown kind"),
        pytest.param({"body": 3}, "body is no text", id="a number for a text"),
        pytest.param({"context": "x"}, "context has to be an object", id="a text for a context"),
        pytest.param({"sources": "x"}, "sources has to be a list", id="a text for a list"),
        pytest.param({"sources": [1]}, "sources has to be a list", id="a number in a list"),
        pytest.param({"bodies": "Hi"}, "unknown key 'bodies'.*It knows: id, kind,", id="unread"),
        pytest.param({"context": {"sender": "x"}}, "unknown 'sender'", id="unread context"),
        pytest.param({"body": None, "id": 1}, "Line 1: no text to screen", id="nothing"),
        pytest.param({"kind": "csv_cell", "subject": "=1"}, "is not read", id="a value elsewhere"),
        pytest.param(
            {"context": {"own_emails": "a@b.example"}}, "own_emails has to be a list", id="one text"
        ),
        pytest.param(
            {"context": {"require_footer": "no"}}, "true or false", id="a word for a truth"
        ),
        pytest.param({"send_on": "1.12.2026"}, "Write 2026-12-01", id="a day in another form"),
    ],
)
def test_a_line_of_another_form_is_refused_with_its_number(line: Any, complaint: str) -> None:  # noqa: ANN401
    with pytest.raises(InputError, match=complaint):
        screened({"body": "Hello."} | line if isinstance(line, dict) else line)


def test_a_line_without_a_text_says_what_is_missing_and_what_is_known() -> None:
    with pytest.raises(
        InputError, match=r"Line 1: no text to screen; unknown key 'text'\. It knows"
    ):
        screened({"id": "a", "text": "I will kill you"})


def test_the_policy_in_force_in_a_store_is_used(store: Store) -> None:
    overlay = "[thresholds.hate]\nblock_above = 2\nreview_from = 2\n"
    version = publish_policy(store, Settings(), overlay, actor="Ola", note="stricter")

    [outcome] = screen_lines(
        [{"body": "zzz"}], classifier=Scripted({"zzz": ("hate", 4)}), store=store
    )

    assert (outcome["decision"], outcome["policy_version"]) == ("block", version)


def test_an_empty_line_is_counted_and_skipped() -> None:
    lines: list[Any] = [{"id": 1, "body": "Hello."}, None, {"id": 2, "body": 3}]
    outcomes = screen_lines(lines, classifier=Scripted())

    assert next(outcomes)["id"] == 1
    with pytest.raises(InputError, match="Line 3: body is no text"):
        next(outcomes)


def test_locale_and_countries_may_stand_beside_the_context() -> None:
    body = "Hearth & Ribbon, 12 Mill Lane, York YO1 7AB. Unsubscribe: https://x.example/u"
    context = {
        "sender_name": "Hearth & Ribbon", "sender_address": "12 Mill Lane, York YO1 7AB",
        "allowed_domains": ["x.example"], "require_footer": True,
    }  # fmt: skip

    at_home = screened({"body": body, "context": context, "jurisdictions": ["US"]})
    abroad = screened({"body": body, "context": context | {"jurisdictions": ["DE"]}})

    assert at_home["decision"] == "pass"
    assert {f["rule"] for f in abroad["findings"]} == {"footer.imprint"}


def test_a_passage_of_several_lines_is_judged_by_rules_alone() -> None:
    outcome = screened({"kind": "passage", "body": "One line.\nAnother line."})

    assert (outcome["decision"], outcome["engine"]) == ("pass", "rules")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param({"body": "Hello \ud800."}, r"body holds half .*U\+D800", id="in a text"),
        pytest.param({"html": "<p>\udfff</p>"}, r"html holds half .*U\+DFFF", id="in the HTML"),
        pytest.param({"body": "Hello\0 you."}, "body holds a zero byte", id="a zero byte"),
        pytest.param({"sources": ["a", "\ud800"]}, "sources holds half", id="in a list"),
        pytest.param({"context": {"sender_name": "\0"}}, "sender_name holds", id="in the context"),
        pytest.param({"id": "\ud800"}, "id holds half", id="in the number of a line"),
        pytest.param({"id": [1]}, "id has to be a text or a number", id="a list for a number"),
        pytest.param({"kind": "csv_cell", "body": "\0"}, "body holds", id="in a cell"),
        pytest.param({"kind": []}, "kind \\[\\] is unknown", id="a list for a kind"),
    ],
)
def test_a_sign_that_no_text_can_hold_is_refused_with_the_line(line: Any, complaint: str) -> None:  # noqa: ANN401
    with pytest.raises(InputError, match=f"Line 2: {complaint}"):
        list(screen_lines([{"body": "Hello."}, {"body": "Hi."} | line], classifier=Scripted()))
