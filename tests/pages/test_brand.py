"""The brand's page: the profile is changed by version, and tried before anything depends on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pages.ui import shell
from personalization import campaign
from personalization.domain import Brief

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/brand.py"
CONTENT = "pages/content.py"


def said(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.success, *app.info, *app.error, *app.warning]
    return " ".join(str(box.value) for box in shown)


def version() -> int:
    return campaign.brand_profile(shell.store()).version


def test_a_profile_is_changed_with_what_it_does_said_before_and_tried_and_brought_back(
    open_on: Callable[..., AppTest],
) -> None:
    app = open_on(PAGE)
    profile = campaign.brand_profile(shell.store())
    assert not app.exception
    assert "Version 1 is in force" in said(app)
    words = app.text_area(key="brand_1_forbidden").value

    app = app.text_area(key="brand_1_forbidden").set_value(f"{words}\nkettle").run()
    assert "‘kettle’" in said(app)
    assert "is given as an example of the brand" in said(app)
    assert "save_brand" not in {button.key for button in app.button}

    app = app.text_area(key="brand_1_forbidden").set_value(f"{words}\nzany").run()
    assert "1 change, not saved yet" in said(app)
    app.text_input(key="brand_note_1").set_value("Nobody talks like this.").run()
    app = app.button(key="save_brand").click().run()

    assert not app.exception
    assert version() == 2
    assert "Version 2 is in force" in said(app)

    app = app.segmented_control(key="brand_view").set_value("Try it on a text").run()
    app = app.text_area(key="brand_text").set_value("The zaniest, cheapest tins.").run()
    assert "here it stands as ‘cheapest’" in said(app)
    assert "1 of" in said(app) or "The line holds" in said(app)

    app = app.segmented_control(key="brand_view").set_value("Examples").run()
    assert "11 of 11 examples judged as given" in said(app)

    app = app.segmented_control(key="brand_view").set_value("Versions").run()
    app = app.button(key="restore").click().run()
    assert not app.exception
    assert campaign.brand_profile(shell.store()) == replace(profile, version=3)


def test_a_new_profile_and_a_changed_brief_say_what_they_hold_back(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("written")
    profile = campaign.brand_profile(shell.store())
    campaign.save_brand_profile(
        shell.store(), shell.settings(), replace(profile, forbidden=("hearth",), on_brand=()),
        based_on=profile.version, actor="ann", note="A test.", is_confirmed=True,
    )  # fmt: skip

    app = open_on(PAGE, campaign_id)
    assert "to be screened under the policy, the brand profile" in said(app)
    assert "rescreen" in {button.key for button in app.button}

    app = app.segmented_control(key="brand_view").set_value("Messages").run()
    assert not app.exception
    assert "breaks the profile:" in said(app)
    assert "The brand never says ‘hearth’" in said(app)

    store = shell.store()
    known = campaign.campaign_of(store, campaign_id)
    seen = campaign.brief_fingerprint(known.brief, known.send_on)
    campaign.change_brief(
        store, campaign_id, replace(known.brief, call_to_action="Visit Hearth"),
        send_on=known.send_on, seen=seen, actor="ann",
    )  # fmt: skip

    app = open_on(CONTENT, campaign_id, content_tab="Brief")
    app.session_state["content_tab"] = "Brief"
    app = app.run()
    assert not app.exception
    assert "The button would say ‘hearth’, which may not be said" in said(app)
    assert "Blocks the writing" in said(app)

    [button] = [box for box in app.text_input if box.label == "Button"]
    app = button.set_value("See the gifts").run()
    assert "Not saved yet: button" in said(app)
    assert "will not change by themselves" in said(app)
    app = app.button(key="save_brief").click().run()

    assert not app.exception
    assert campaign.campaign_of(store, campaign_id).brief == Brief(
        metric="click", call_to_action="See the gifts"
    )
    assert "Changed 2 times" in [box.label for box in app.expander]
