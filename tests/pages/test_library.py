"""The content library in use: written, uploaded, approved and retired on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui import shell
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/content.py"
NAPKINS = b"""---
id: benefit-napkins
kind: benefit
title: <b>Napkins</b>
locale: en-GB
status: approved
approved_by: Eve
approved_at: 2026-11-01
statements:
  - {id: s1, role: lead, text: "Napkins come in packs of twenty."}
---
Napkins.
"""


def texts(page: AppTest) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.caption])


def pick(page: AppTest, *rows: int) -> AppTest:
    page.session_state["library"] = {"selection": {"rows": list(rows), "columns": []}}
    return page.run()


def newest(name: str) -> tuple[object, ...]:
    [row] = shell.store().read(
        "SELECT version, status, title, approved_by FROM current_documents "
        "WHERE document_id = $name",
        name=name,
    )
    return tuple(row)


def test_a_document_is_edited_by_one_and_approved_by_another(
    open_on: Callable[..., AppTest],
) -> None:
    page = open_on(PAGE)
    campaign.export_library(shell.store(), actor="Rob")  # so that there is somebody to ask
    page.session_state["acting_as"] = "Mia"
    page.text_input(key="library_search").set_value("benefit-lunch-bags").run()
    pick(page, 0)

    page.button(key="edit_document").click().run()
    page.text_input(key="write_benefit-lunch-bags_1_title").set_value("Bags for <i>lunch</i>")
    page.text_input(key="document_reason").set_value("Shorter").run()
    assert "What messages may cite, word for word" in texts(page)
    page.button(key="save_document").click().run()
    saved = newest("benefit-lunch-bags")
    pick(page, 0)
    page.button(key="approve_document").click().run()
    page.button(key="confirm_approve").click().run()
    refused = page.error[0].value
    page.session_state["acting_as"] = "Rob"
    page.run()
    page.text_input(key="approve_name").set_value("Rob")
    page.button(key="confirm_approve").click().run()

    assert not page.exception
    assert saved == (2, "draft", "Bags for <i>lunch</i>", None)
    assert "four eyes" in refused
    assert newest("benefit-lunch-bags") == (2, "approved", "Bags for <i>lunch</i>", "Rob")
    assert "Bags for \\<i\\>lunch\\</i\\>" in page.container(key="document").subheader[0].value


def test_a_withdrawn_document_is_read_before_it_comes_back_and_later_words_stay_a_draft(
    open_on: Callable[..., AppTest],
) -> None:
    page = open_on(PAGE)
    name, store = "benefit-lunch-bags", shell.store()
    incident_id = campaign.withdraw_document(store, name, reason="Wrong.", actor="Mia")
    fields = {**campaign.form_of(store, name), "subject_lines": ["Bags for <i>ever</i> and ever"]}
    campaign.save_document(store, shell.settings(), fields, actor="Rob", seen_version=1)
    campaign.close_incident(store, incident_id, reason="Settled.", actor="Mia")
    page.session_state["acting_as"] = "Rob"
    page.text_input(key="library_search").set_value(name).run()
    pick(page, 0)

    page.button(key="put_back_document").click().run()
    asked = texts(page)
    page.text_area(key="put_back_reason").set_value("It was right.")
    page.button(key="confirm_put_back").click().run()

    assert not page.exception
    assert "Version 1 of **" in asked
    assert "it is a draft" in asked
    assert "- Subject: Bags for \\<i\\>ever\\</i\\> and ever" in asked
    assert newest(name)[:2] == (2, "draft")


def test_files_are_looked_at_before_they_come_in_and_then_approved_together(
    open_on: Callable[..., AppTest],
) -> None:
    page = open_on(PAGE)
    page.session_state["acting_as"] = "Mia"

    page.button(key="upload_documents").click().run()
    page.file_uploader(key="library_files").set_value(
        [("napkins.md", NAPKINS, "text/markdown"), ("broken.md", b"---\nid: [\n---", "text/plain")]
    ).run()
    outcomes = [row[0] for row in page.dataframe[0].value["Outcome"]]
    before = shell.store().read(
        "SELECT count(*) FROM documents WHERE document_id = 'benefit-napkins'"
    )
    page.button(key="take_in").click().run()
    came_in = newest("benefit-napkins")
    table = next(each.value for each in page.dataframe if "Kind" in each.value)
    page.session_state["acting_as"] = "Rob"
    pick(page, list(table["Title"]).index("<b>Napkins</b>"), len(table) - 1)
    page.button(key="approve_many").click().run()
    page.button(key="confirm_approve_many").click().run()

    assert not page.exception
    assert (outcomes, before) == (["New", "Refused"], [(0,)])
    assert came_in == (1, "draft", "<b>Napkins</b>", None)
    assert newest("benefit-napkins") == (1, "approved", "<b>Napkins</b>", "Rob")
