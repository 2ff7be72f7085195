from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import shell, words

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_address_chooses_the_campaign(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    add_campaign("spring", "Spring preview")
    add_campaign("autumn", "Autumn sale")

    page = open_on("pages/segments.py", "spring")

    assert page.selectbox(key="campaign_picker").value == "spring"


def test_the_chosen_campaign_stays_when_another_page_is_opened(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    add_campaign("spring")
    page = open_on("pages/segments.py", "spring")

    page.switch_page("pages/content.py").run()

    assert page.selectbox(key="campaign_picker").value == "spring"
    assert page.query_params["campaign"] == "spring"


def test_an_unknown_campaign_in_the_address_is_an_empty_page_and_no_error(
    open_on: Callable[..., AppTest],
) -> None:
    page = open_on("pages/segments.py", "gone")

    assert not page.exception
    assert page.subheader[0].value == "Choose a campaign"
    assert page.page_link[0].value == "Go to campaigns"


def test_two_campaigns_of_one_name_are_told_apart_by_when_they_began(
    app: AppTest, add_campaign: Callable[..., str]
) -> None:
    add_campaign("one", "Spring preview")
    add_campaign("two", "Spring preview")
    add_campaign("three", "Autumn sale")

    app.run()

    assert set(app.selectbox(key="campaign_picker").options) == {
        "Autumn sale",
        "Spring preview · 20 Nov 2026, 09:00",
    }


def test_the_step_bar_says_what_is_done_and_where_one_is(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    page = open_on("pages/segments.py", add_campaign())

    steps = [badge.value for badge in page.container(key="steps").markdown]
    assert "Upload" in steps[0]
    assert ":material/check:" in steps[0]
    assert "Step 2 of 6: Segments" in steps[1]
    assert "check" not in "".join(steps[1:])


def signatures() -> list[tuple[str, ...]]:
    return shell.store().read("SELECT created_by FROM campaigns")


def test_what_is_done_is_signed_by_the_one_who_acts(app: AppTest) -> None:
    app.run()

    app.text_input(key="acting_as").set_value("Beatrice").run()
    app.button(key="try_sample").click().run()

    assert signatures() == [("Beatrice",)]


@pytest.mark.parametrize("name", ["system", " Command Line ", "PIPELINE"])
def test_nobody_acts_under_the_name_of_a_program(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PERSONALIZATION_USER", "System")
    app.run()

    app.text_input(key="acting_as").set_value(name).run()
    assert "is how the product itself signs" in app.error[0].value
    app.button(key="try_sample").click().run()

    assert signatures() == [("Local user",)]


def test_the_environment_names_the_person_where_nobody_else_is_named(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONALIZATION_USER", "Cara")
    app.run()

    app.button(key="try_sample").click().run()

    assert signatures() == [("Cara",)]


def expected() -> None:
    from pages.ui import shell
    from personalization.errors import InputError

    with shell.told():
        raise InputError("The campaign has no name. Give it one.")


def unexpected() -> None:
    from pages.ui import shell

    with shell.told():
        raise ZeroDivisionError


def test_an_expected_error_is_shown_as_it_is_worded() -> None:
    page = AppTest.from_function(expected).run()

    assert not page.exception
    assert page.error[0].value == words.plain("The campaign has no name. Give it one.")


def ask_for_two_campaigns() -> None:
    import streamlit as st

    from pages.ui import shell

    st.text(shell.request_id("export", "spring"))
    st.text(shell.request_id("export", "spring"))
    st.text(shell.request_id("export", "autumn"))
    shell.fulfilled("export", "spring")
    st.text(shell.request_id("export", "spring"))


def test_a_request_is_one_until_it_succeeds_and_each_campaign_has_its_own() -> None:
    page = AppTest.from_function(ask_for_two_campaigns).run()

    assert not page.exception
    first, again, other, later = [text.value for text in page.text]
    assert first == again
    assert len({first, other, later}) == 3


def test_any_other_error_is_not_passed_over() -> None:
    page = AppTest.from_function(unexpected).run()

    assert page.exception
    assert not page.error


def test_settings_are_read_from_the_file_that_is_named(
    app: AppTest,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path_factory.mktemp("settings") / "mine.toml"
    path.write_text('[brand]\nname = "Acme"\n', "utf-8")
    monkeypatch.setenv("PERSONALIZATION_SETTINGS", str(path))

    assert shell.settings().brand.name == "Acme"
