"""The queue as an officer uses it: what waits, the packet, and the three decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/queue.py"


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Say who is at the screen."""
    return lambda name: monkeypatch.setenv("PERSONALIZATION_USER", name)


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def void() -> None:
    shell.store().run("UPDATE segments SET rule = 'any *rule*'")


def test_with_nothing_to_sign_it_says_so(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("designed")

    app = open_on(PAGE)

    assert not app.exception
    assert app.subheader[0].value == "Nothing waits for you"
    assert not app.dataframe


def test_a_change_after_the_sign_off_is_listed_and_shown_in_the_packet(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    void()

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert list(app.dataframe[0].value["Why"]) == ["Changed since sign-off"]
    assert app.warning[0].proto.title == "The sign-off is void"
    assert r"any \*rule\* now" in texts(app)  # shown as text, not as markup


def test_what_changed_after_a_launch_is_told_as_that_and_waits_for_nobody(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    void()

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert app.subheader[0].value == "Nothing waits for you"
    assert "not launched yet" in texts(app)
    assert not app.warning
    assert "Changed after the launch" in [info.proto.title for info in app.info]


def test_signing_off_makes_the_seal_whole_under_the_officers_name(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str], act: Callable[[str], None]
) -> None:
    campaign_id = campaign_at("designed")
    void()
    act("Ida")
    app = open_on(PAGE, campaign_id)

    app.text_input(key=f"packet_note_{campaign_id}").set_value("Only worded anew.")
    app.button(key="sign_off").click().run()

    assert not app.exception
    found = campaign.seal_state(shell.store(), campaign_id)
    assert (found.state, found.sealed_by, found.note) == ("sealed", "Ida", "Only worded anew.")
    assert app.success[0].proto.title == "Signed off"
    assert app.button(key="sign_off").disabled


def test_signing_a_submitted_design_gives_everybody_an_arm(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str], act: Callable[[str], None]
) -> None:
    campaign_id = campaign_at("designed")
    campaign.withdraw_design(shell.store(), campaign_id, reason="Not yet.", actor="Ann")
    act("Bea")
    app = open_on(PAGE, campaign_id)
    assert "Waits for sign-off" in list(app.dataframe[0].value["Why"])

    app.button(key="sign_off").click().run()

    assert not app.exception
    assert campaign.seal_state(shell.store(), campaign_id).state == "sealed"
    assert shell.store().read("SELECT count(*) FROM assignments") == [(270,)]


def test_own_work_is_refused_with_the_reason_on_the_screen(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str], act: Callable[[str], None]
) -> None:
    campaign_id = campaign_at("designed")
    shell.store().run("UPDATE experiments SET designed_at = designed_at + INTERVAL '1' DAY")
    void()
    act("Ann")

    app = open_on(PAGE, campaign_id)

    assert app.button(key="sign_off").disabled
    [told] = [box for box in app.info if box.proto.title == "Somebody else has to sign this"]
    assert "You designed the test, and four eyes" in told.value
    assert not app.button(key="rejected").disabled


@pytest.mark.parametrize(
    ("key", "what"), [("changes_asked", "asked for changes"), ("rejected", "rejected it")]
)
def test_sending_back_needs_a_note_voids_the_sign_off_and_empties_the_queue(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str], key: str, what: str
) -> None:
    campaign_id = campaign_at("designed")
    app = open_on(PAGE, campaign_id)

    app.button(key=key).click().run()
    refused = [error.value for error in app.error]
    app.text_input(key=f"packet_note_{campaign_id}").set_value("The offer is unclear.")
    app.button(key=key).click().run()

    assert not app.exception
    assert "Say what should change" in refused[0]
    found = campaign.seal_state(shell.store(), campaign_id)
    assert found.state == "void"
    assert found.changes[0].told == f"Local user {what}: The offer is unclear."
    assert app.subheader[0].value == "Nothing waits for you"


def test_the_packet_holds_messages_facts_people_test_and_decisions(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert [tab.label for tab in app.tabs] == [
        "What changed", "Messages", "People", "Test", "Decisions",
    ]  # fmt: skip
    assert ":green-badge[Passed]" in texts(app)
    countries = next(frame.value for frame in app.dataframe if "no_consent" in frame.value)
    assert dict(countries.iloc[0][["recipients", "no_consent"]]) == {
        "recipients": 270, "no_consent": 30,
    }  # fmt: skip
    assert "**Bea** signed off" in texts(app)


def test_before_the_design_there_is_nothing_to_sign(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    assert not app.exception
    assert "not designed yet" in app.info[0].value
    assert "sign_off" not in [button.key for button in app.button]
