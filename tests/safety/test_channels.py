from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.providers.frames import footer_text
from personalization.providers.outreach_frames import outreach_lines
from personalization.safety import activate_policy
from personalization.safety.evidence import evidence_of
from personalization.safety.filling import filled
from personalization.safety.rules import mail_findings
from personalization.safety.screening import screen
from personalization.settings import Settings
from tests.safety.scripted import (
    BRAND,
    CONTEXT,
    MESSAGE,
    POLICY,
    Scripted,
    add_campaign,
    add_variant,
)

if TYPE_CHECKING:
    from personalization.store import Store

EMPTY = dict.fromkeys(("subject", "preheader", "body", "call_to_action", "link", "footer"), "")
SHOP = "https://www.hearthandribbon.example/jumbo-bag"


def found(channel: str, body: str, link: str = "") -> list[str]:
    texts = {**EMPTY, "body": body, "link": link}
    context = replace(CONTEXT, channel=channel, require_footer=channel == "email")
    return [
        f"{finding.rule} {finding.action}"
        for finding in mail_findings(texts, texts, policy=POLICY, context=context)
        if finding.rule.startswith(("channel.", "style.length"))
    ]


TOO_LONG = ["channel.length block"]
NO_WAY_OUT = ["channel.opt_out block"]
NOBODY = ["channel.sender block"]
NAME = "Hearth & Ribbon"


@pytest.mark.parametrize(
    ("channel", "body", "link", "rules"),
    [
        pytest.param("x", "a" * 280, "", [], id="a full post"),
        pytest.param("x", "a" * 281, "", TOO_LONG, id="one more"),
        pytest.param("x", "a" * 256, SHOP, [], id="a full post with its link"),
        pytest.param("x", "a" * 257, SHOP, TOO_LONG, id="one more with its link"),
        pytest.param("x", "日" * 141, "", TOO_LONG, id="signs that count twice"),
        pytest.param("instagram", "a" * 2200, SHOP, [], id="a full caption; its link is not in it"),
        pytest.param("instagram", "a" * 2201, "", TOO_LONG, id="a longer caption"),
        pytest.param("linkedin", "a" * 3001, "", TOO_LONG, id="a longer post on LinkedIn"),
        pytest.param("facebook", "a" * 63_207, "", TOO_LONG, id="a longer post on Facebook"),
        pytest.param("email", "a" * 4001, "", ["style.length warn"], id="an e-mail"),
        pytest.param("x", "#a1 #b2 #c3", "", ["channel.hashtags warn"], id="three on X"),
        pytest.param("instagram", "#a1 #b2 #c3 #d4 #e5", "", [], id="five on Instagram"),
        pytest.param("web", "A bag. #bags", "", ["channel.hashtags warn"], id="on a web page"),
        pytest.param("email", "#a1 #b2 #c3 #d4 #e5 #f6", "", [], id="an e-mail is not asked"),
        pytest.param("instagram", f"See {SHOP}", "", ["channel.link warn"], id="a dead link"),
        pytest.param("facebook", f"See {SHOP}", "", [], id="a link that can be followed"),
        pytest.param("linkedin_note", "a" * 300, "", [], id="a full note"),
        pytest.param("linkedin_note", "a" * 301, "", TOO_LONG, id="a longer note"),
        pytest.param("linkedin_inmail", "a" * 1901, "", TOO_LONG, id="a longer InMail"),
        pytest.param("x_message", "日" * 141, "", TOO_LONG, id="signs that count twice on X"),
        pytest.param("sms", f"{NAME} STOP {'a' * 285}", "", [], id="two parts of SMS"),
        pytest.param("sms", f"{NAME} STOP {'€' * 144}", "", TOO_LONG, id="euros cost two"),
        pytest.param("sms", f"{NAME}: gifts.", "", NO_WAY_OUT, id="an SMS without a way out"),
        pytest.param("sms", "Gifts. STOP", "", NOBODY, id="an SMS from nobody"),
        pytest.param("call_snippet", "Gifts.", "", NOBODY, id="a call from nobody"),
        pytest.param("video_script", f"{NAME} here.", "", [], id="a film that says who speaks"),
        pytest.param("cold_email", f"{NAME} {'a' * 4001}", "", ["style.length warn"], id="cold"),
    ],
)
def test_each_channel_has_rules_of_its_own(
    channel: str, body: str, link: str, rules: list[str]
) -> None:
    assert found(channel, body, link) == rules


def test_a_channel_that_the_policy_does_not_know_ends_in_an_error() -> None:
    assert "channel.length error" in found("billboard", "Tea.")


def test_a_post_needs_no_footer_and_an_email_does() -> None:
    post = replace(MESSAGE, footer="")
    on_x = replace(CONTEXT, channel="x", require_footer=False)

    asked = screen(post, CONTEXT, Scripted(), POLICY).findings
    free = screen(post, on_x, Scripted(), POLICY).findings

    assert {f.rule for f in asked} >= {"footer.unsubscribe", "footer.postal_address"}
    assert not [f for f in free if f.rule.startswith("footer.")]


def test_a_cold_email_needs_its_footer_and_its_subject_is_looked_at() -> None:
    cold = replace(CONTEXT, channel="cold_email")
    bare = replace(MESSAGE, footer="", subject="s" * 61)

    rules = {finding.rule for finding in screen(bare, cold, Scripted(), POLICY).findings}

    assert rules >= {"footer.unsubscribe", "footer.postal_address", "subject.form"}


@pytest.mark.parametrize(
    ("channel", "tag", "is_filled"),
    [
        pytest.param("cold_email", "{{prospect.company|your team}}", True, id="their own field"),
        pytest.param("cold_email", "{{fact.text}}", True, id="a fact"),
        pytest.param("cold_email", "{{first_name|there}}", False, id="a customer's field"),
        pytest.param("email", "{{prospect.company|your team}}", False, id="a prospect's field"),
        pytest.param("email", "{{fact.text}}", False, id="a fact in a mailing"),
        pytest.param("email", "{{first_name|there}}", True, id="a customer's own"),
    ],
)
def test_what_others_fill_is_stopped_as_an_unfilled_field(
    *, channel: str, tag: str, is_filled: bool
) -> None:
    context = replace(CONTEXT, channel=channel)
    message = replace(MESSAGE, body=f"A tin for {tag}.", preheader="", subject="A tin")

    rules = {finding.rule for finding in screen(message, context, Scripted(), POLICY).findings}

    assert ("merge.unresolved" in rules) is not is_filled


@pytest.mark.parametrize(
    ("said", "is_stopped"),
    [
        pytest.param("Congratulations on {{fact.text}}.", False, id="a cited fact"),
        pytest.param("Congratulations on your new shop.", True, id="the same for everybody"),
        pytest.param("You just raised a round.", True, id="made-up news"),
        pytest.param("Your team is struggling.", True, id="a made-up trouble"),
        pytest.param("Your competitors already use us.", True, id="a made-up rival"),
        pytest.param("It was great to meet you.", True, id="a feigned meeting"),
        pytest.param("I saw your post.", True, id="a feigned reader"),
        pytest.param("Herzlichen Glückwunsch zu Ihrem Laden.", True, id="in German"),
        pytest.param("J'ai vu que vous recrutez.", True, id="in French"),
        pytest.param("Shall I send you our trade list?", False, id="a question"),
        pytest.param("You send us one file.", False, id="what the reader would do"),
        pytest.param("You tell us the day.", False, id="likewise"),
    ],
)
def test_nothing_is_made_up_about_a_prospect(*, said: str, is_stopped: bool) -> None:
    context = replace(CONTEXT, channel="linkedin_note", require_footer=False)
    message = replace(MESSAGE, body=said, subject="", preheader="", call_to_action="", footer="")

    stopped = [
        f
        for f in screen(message, context, Scripted(), POLICY).findings
        if f.rule == "prospect.uncited"
    ]

    assert bool(stopped) is is_stopped


def test_no_frame_that_ships_makes_anything_up() -> None:
    context = replace(CONTEXT, channel="linkedin_note", require_footer=False)
    lines = [
        filled(line, is_for_prospects=True).text
        for locale in ("en-GB", "de-DE", "fr-FR")
        for _, line in outreach_lines(locale, "people", "Hearth & Ribbon", "")
    ]
    texts = {**EMPTY, "body": "\n\n".join(lines)}

    found = mail_findings(texts, texts, policy=POLICY, context=context)

    assert len(lines) > 100
    assert [f.text for f in found if f.rule == "prospect.uncited"] == []


@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "fr-FR"])
def test_no_footer_that_ships_reads_as_a_field_that_was_not_filled(locale: str) -> None:
    footer = footer_text(
        locale, sender="Hearth & Ribbon", unsubscribe_url="https://shop.example/u", imprint={},
        kind="cold_email",
    )  # fmt: skip
    context = replace(CONTEXT, channel="cold_email")

    found = screen(replace(MESSAGE, footer=footer), context, Scripted(), POLICY).findings

    assert [f.text for f in found if f.field == "footer" and f.rule == "merge.unresolved"] == []


def test_the_table_says_which_variant_is_no_email(store: Store) -> None:
    activate_policy(store, Settings(), actor="mia")
    add_campaign(store)
    add_variant(store, "A")
    add_variant(store, "B")
    store.run("INSERT INTO variant_channels VALUES ('c1/Loyal/B', 'x', 'social', 'p1', NULL)")

    email, post = (evidence_of(store, BRAND, f"c1/Loyal/{arm}", 1) for arm in "AB")

    assert (email.channel, email.require_footer) == ("email", True)
    assert (post.channel, post.require_footer) == ("x", False)
