"""The page of policies: a draft is tried on past messages before it is put in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import policy_forms, shell
from personalization import campaign
from personalization.settings import settings_in_force
from tests.pages.campaigns import Trusting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

PAGE = "pages/policies.py"
EVERY_RULE = "[jurisdictions.GB]\nnames = ['Albion']\n"  # all rules are told of the countries
STRICT = "[thresholds.hate]\nblock_above = 2\n"
WORDS = "[rules.'urgency.pressure']\naction = 'block'\npatterns_add = ['you']\n"


def draft(overlay: str, actor: str = "Local user") -> None:
    campaign.save_policy_draft(shell.store(), shell.settings(), overlay, actor=actor)


def said(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.success, *app.info, *app.error]
    return " ".join(str(box.value) for box in shown)


def buttons(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_before_anything_was_screened_the_default_is_shown(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)

    assert not app.exception
    assert "nothing has been screened under it yet" in said(app)
    assert "As it ships" in said(app)
    assert "replay" not in buttons(app)


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        pytest.param("free = 2", ["free", 2], id="a phrase and its weight"),
        pytest.param("free", ["free", 1], id="a phrase alone counts once"),
        pytest.param("a = b = 3", ["a = b", 3], id="a sign in the phrase"),
        pytest.param("price = cheap", "price = cheap", id="no number, so the policy refuses it"),
        pytest.param("free = -2", "free = -2", id="below zero"),
        pytest.param("wow = ²", "wow = ²", id="a digit that is no number"),
    ],
)
def test_a_weight_is_read_as_it_was_typed_or_left_to_be_refused(line: str, entry: object) -> None:
    assert policy_forms._entries("weighted", [line]) == [entry]


def test_changing_a_level_makes_a_draft_and_nothing_else(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")
    app = open_on(PAGE)
    before = campaign.policy_in_effect(shell.store(), shell.settings()).version

    assert "when the first message was screened" in said(app)
    app.selectbox(key="block_hate_4_4").set_value(2).run()

    assert not app.exception
    assert "1 change on the policy in force" in said(app)
    assert campaign.policy_in_effect(shell.store(), shell.settings()).version == before


def test_a_draft_can_be_put_in_force_only_once_its_effect_was_seen(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")
    app = open_on(PAGE)
    draft(WORDS)
    app.run()
    assert "publish_note" not in {str(box.key) for box in app.text_input}

    app.button(key="replay").click().run()

    assert not app.exception
    assert app.metric[0].value != "0 of 8"
    assert "publish_note" in {str(box.key) for box in app.text_input}
    assert set(app.dataframe[-1].value["Rule"]) == {"urgency.pressure"}

    draft(STRICT)  # changed since: it has to be tried again
    app.run()
    assert "publish_note" not in {str(box.key) for box in app.text_input}


def test_publishing_needs_a_note_and_offers_to_screen_again(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")
    draft(STRICT)
    app = open_on(PAGE)
    app.button(key="replay").click().run()
    put = next(b for b in app.button if b.label == "Put in force")

    put.click().run()
    assert "what you changed and why" in app.error[0].value

    app.text_input(key="publish_note").set_value("Legal asked.")
    next(b for b in app.button if b.label == "Put in force").click().run()
    assert not app.exception
    assert "Your team's own" in said(app)
    assert "8 messages have to be screened" in said(app)
    assert "rescreen" in buttons(app)


def test_a_broken_draft_says_where_and_cannot_be_tried(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)
    draft("[rules.'urgency.pressure']\npatterns_add = ['(a+)+b']\n")

    app.run()

    assert not app.exception
    assert r"patterns\_add" in said(app) or "patterns" in app.error[0].value
    assert "repeats something that repeats itself" in app.error[0].value
    assert "replay" not in buttons(app)
    app.button(key="discard").click().run()
    assert not app.error


def test_a_policy_can_be_written_as_text(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)
    app.segmented_control(key="policy_view").set_value("As text").run()

    app.text_area[0].set_value(STRICT)
    next(b for b in app.button if b.label == "Keep as a draft").click().run()

    assert not app.exception
    found = campaign.policy_draft(shell.store(), shell.settings(), actor="Local user")
    assert found.overlay == STRICT


def test_rules_are_found_by_a_word_of_their_law(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)
    app.segmented_control(key="policy_view").set_value("Rules").run()

    app.text_input(key="rule_search").set_value("can-spam").run()

    assert not app.exception
    assert "footer.postal_address" in set(app.dataframe[0].value["Rule"])
    assert "style.shouting" not in set(app.dataframe[0].value["Rule"])


def test_words_are_added_to_a_rule_by_its_form(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)
    app.segmented_control(key="policy_view").set_value("Rules").run()
    app.text_input(key="rule_search").set_value("urgency.pressure").run()
    app.session_state["rules"] = {"selection": {"rows": [0], "columns": []}}
    app.run()

    next(box for box in app.text_area if "add_urgency.pressure_patterns" in str(box.key)).set_value(
        "last orders\n\n going, gone "
    )
    next(b for b in app.button if b.label == "Add to the draft").click().run()

    assert not app.exception
    found = campaign.policy_draft(shell.store(), shell.settings(), actor="Local user")
    assert 'patterns_add = ["last orders", "going, gone"]' in found.overlay
    assert "2 changes on the policy in force" in said(app)


def test_the_history_shows_what_a_version_changed_and_why(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")
    app = open_on(PAGE)
    found = campaign.policy_draft(shell.store(), shell.settings(), actor="Ola")
    campaign.publish_policy(
        shell.store(), shell.settings(), STRICT, actor="Ola", note="Legal *asked*.",
        based_on=found.based_on,
    )  # fmt: skip

    app.segmented_control(key="policy_view").set_value("History").run()

    assert not app.exception
    assert r"Legal \*asked\*\." in said(app)
    assert list(app.dataframe[0].value["Where"]) == ["Hate: blocks above"]


def test_a_policy_kept_in_a_file_is_read_only(
    open_on: Callable[..., AppTest], tmp_path: Path
) -> None:
    file = tmp_path / "team.toml"
    file.write_text(STRICT, "utf-8")
    with (tmp_path / "settings.toml").open("a") as settings:
        settings.write(f'[safety]\npolicy = "{file}"\n')
    assert settings_in_force().safety.policy

    app = open_on(PAGE)

    assert not app.exception
    assert "only read here" in said(app)
    assert not [box for box in app.selectbox if str(box.key).startswith("block_")]


def test_a_broken_policy_file_is_told_and_does_not_break_the_page(
    open_on: Callable[..., AppTest], tmp_path: Path
) -> None:
    file = tmp_path / "team.toml"
    file.write_text("[rule]\nx = 1", "utf-8")
    with (tmp_path / "settings.toml").open("a") as settings:
        settings.write(f'[safety]\npolicy = "{file}"\n')

    app = open_on(PAGE)

    assert not app.exception
    assert "Nothing can be screened or sent" in app.error[0].value


def test_messages_are_screened_again_campaign_by_campaign_and_old_rows_stay(
    campaign_at: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_at("approved")
    store, settings = shell.store(), shell.settings()
    before = store.read("SELECT count(*) FROM screenings")
    found = campaign.policy_draft(store, settings, actor="Ola")
    campaign.publish_policy(store, settings, STRICT, actor="Ola", note="x", based_on=found.based_on)
    monkeypatch.setattr(
        "personalization.providers.registry.classifier", lambda *_, **__: Trusting()
    )

    sentence = campaign.rescreen(store, settings, actor="Ola")

    assert sentence == "8 messages screened in 1 campaign."
    assert campaign.unscreened_campaigns(store) == []
    assert store.read("SELECT count(*) FROM screenings") == [(before[0][0] + 8,)]


def test_replaying_the_rules_on_a_real_campaign_decides_as_the_record_says(
    campaign_at: Callable[[str], str],
) -> None:
    campaign_at("approved")
    store, settings = shell.store(), shell.settings()

    for overlay in ("", EVERY_RULE):
        found = campaign.replay_policy(store, settings, overlay)
        assert (found.n_texts, found.flips, found.n_drifted) == (8, (), 0)
