"""The edges of every channel; the figures are those of the sources in channels.toml."""

from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.domain import OUTREACH_CHANNELS, Message
from personalization.errors import InputError
from personalization.outreach import channel_rule, channel_rules, channels_sha256, check_message
from personalization.safety.policy import read_policy

LETTER = Message(
    "Client gifts", "", "Hello Ann, one thing.", "", "", "Unsubscribe: https://x.example"
)
BARE = replace(LETTER, subject="", footer="")
PAGE = "https://www.hearthandribbon.example/gifts"


def codes(channel: str, message: Message, **how: bool) -> list[str]:
    return [fault.code for fault in check_message(channel, message, is_premium=any(how.values()))]


@pytest.mark.parametrize(
    ("channel", "message", "fault"),
    [
        pytest.param("linkedin_note", replace(BARE, body="a" * 200), "", id="a note of 200"),
        pytest.param("linkedin_note", replace(BARE, body="a" * 201), "too_long", id="of 201"),
        pytest.param(
            "linkedin_inmail",
            replace(BARE, subject="a" * 200, body="a" * 1900),
            "",
            id="a full InMail",
        ),
        pytest.param(
            "linkedin_inmail",
            replace(BARE, subject="s", body="a" * 1901),
            "too_long",
            id="of 1,901",
        ),
        pytest.param(
            "linkedin_inmail",
            replace(BARE, subject="a" * 201),
            "subject_too_long",
            id="its subject",
        ),
        pytest.param("linkedin_inmail", BARE, "no_subject", id="an InMail without a subject"),
        pytest.param("x_message", replace(BARE, body="茶" * 140), "", id="140 Chinese signs on X"),
        pytest.param("x_message", replace(BARE, body="茶" * 141), "too_long", id="141 of them"),
        pytest.param(
            "x_message", replace(BARE, body="a" * 256, link=PAGE), "", id="an address counts 23"
        ),
        pytest.param(
            "x_message", replace(BARE, body="a" * 257, link=PAGE), "too_long", id="and no less"
        ),
        pytest.param("sms", replace(BARE, body="a" * 301 + " STOP"), "", id="two parts of SMS"),
        pytest.param("sms", replace(BARE, body="a" * 302 + " STOP"), "too_long", id="three parts"),
        pytest.param("sms", replace(BARE, body="ç" * 129 + " STOP"), "", id="two parts of UCS-2"),
        pytest.param(
            "sms", replace(BARE, body="ç" * 130 + " STOP"), "too_long", id="three of UCS-2"
        ),
        pytest.param(
            "sms", replace(BARE, body="Gifts."), "no_opt_out", id="an SMS without a way out"
        ),
        pytest.param("cold_email", replace(LETTER, subject="a" * 60), "", id="a subject of 60"),
        pytest.param(
            "cold_email", replace(LETTER, subject="a" * 61), "subject_too_long", id="of 61"
        ),
        pytest.param("cold_email", replace(LETTER, subject=" "), "no_subject", id="no subject"),
        pytest.param("cold_email", replace(LETTER, footer=""), "no_opt_out", id="no way out"),
        pytest.param(
            "linkedin_note",
            replace(BARE, subject="Hi"),
            "subject_too_long",
            id="a note has no subject",
        ),
        pytest.param("video_script", replace(BARE, body="a" * 1501), "too_long", id="a long film"),
        pytest.param("call_snippet", replace(BARE, body="a" * 801), "too_long", id="a long call"),
        pytest.param("x_message", replace(BARE, body="  "), "empty", id="nothing to say"),
        pytest.param(
            "x_message",
            replace(BARE, body="Hi {{prospect.first_name|you}}"),
            "unfilled",
            id="an unfilled field",
        ),
        pytest.param("x_message", replace(BARE, body="Hi \x07"), "unfilled", id="an unfilled slot"),
        pytest.param("instagram", BARE, "cannot_open", id="Instagram opens to nobody"),
        pytest.param("whatsapp", BARE, "cannot_open", id="nor does WhatsApp"),
    ],
)
def test_each_rule_holds_at_its_edge(channel: str, message: Message, fault: str) -> None:
    assert codes(channel, message) == [code for code in (fault,) if code]


def test_a_premium_account_writes_notes_of_300() -> None:
    assert codes("linkedin_note", replace(BARE, body="a" * 300), is_premium=True) == []
    assert codes("linkedin_note", replace(BARE, body="a" * 301), is_premium=True) == ["too_long"]


def test_who_calls_is_named_where_no_profile_shows_it() -> None:
    said = replace(BARE, body="This is Hearth & Ribbon.")

    assert check_message("call_snippet", said, sender="Hearth & Ribbon") == []
    [fault] = check_message("call_snippet", BARE, sender="Hearth & Ribbon")
    assert fault.code == "no_sender"


def test_every_channel_has_a_row_with_its_source_and_its_version() -> None:
    rules = channel_rules()

    assert set(OUTREACH_CHANNELS) <= set(rules)
    assert all(rule.source and rule.version >= 1 and rule.rules for rule in rules.values())
    assert [c for c in OUTREACH_CHANNELS if not rules[c].opens] == []
    assert {c for c in OUTREACH_CHANNELS if not rules[c].is_sent} >= {
        "linkedin_note",
        "linkedin_inmail",
    }
    assert len(channels_sha256()) == 64


def test_the_screening_never_lets_more_through_than_the_platforms_take() -> None:
    limits = read_policy("").rules["channel.length"].limits

    for channel in set(OUTREACH_CHANNELS) - {"cold_email"}:
        rule = channel_rule(channel)
        most = rule.segments * 153 or max(rule.characters, rule.characters_premium)
        assert limits[channel] <= most, channel


def test_an_unknown_channel_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"no channel 'fax'.*linkedin_note"):
        channel_rule("fax")
