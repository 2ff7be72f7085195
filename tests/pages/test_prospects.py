from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from pages.ui.prospect_list import rows_key
from personalization.reports import prospects as reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/prospects.py"
FILE = (
    "Record ID - Contact,First Name,Last Name,Email,Job Title,Company name,Country/Region,"
    "Number of Employees,News,News source\n"
    "1,Ada,<b>Byrne</b>,ada@finch.example,Head of People,Finch,United Kingdom,201-500,"
    "your new shop in York,https://finch.example/news\n"
    "2,Ben,Cole,ben@finch.example,Chief Zebra Whisperer's zebra,Finch,United Kingdom,201-500,,\n"
    "3,Cleo,Dunn,cleo@,,Finch,Ruritania,many,your award,\n"
)


@pytest.fixture
def page(open_on: Callable[..., AppTest]) -> AppTest:
    return open_on(PAGE)


def add(page: AppTest) -> AppTest:
    page.file_uploader(key="upload_prospects").upload("crm.csv", FILE.encode(), "text/csv").run()
    return page.button(key="import_prospects").click().run()


def story(number: str) -> reports.ProspectStory:
    store = shell.store()
    [base] = reports.prospect_bases(store)
    found = reports.prospect_story(store, base.dataset_id, number)
    assert found is not None
    return found


def test_a_file_is_checked_imported_and_routed_and_unknown_stays_unknown(page: AppTest) -> None:
    page = add(page)

    assert not page.exception
    shown = page.dataframe[0].value.set_index("Number")
    assert list(shown.loc["1", ["Role", "Level", "Sales motion", "Campaign"]]) == [
        "People", "Head or director", "Sales-assisted", "Staff gifting",
    ]  # fmt: skip
    assert list(shown.loc["3", ["Title", "Country", "Role", "Level"]]) == [
        "unknown", "unknown", "Other or unknown", "Unknown",
    ]  # fmt: skip
    assert [metric.value for metric in page.metric[:2]] == ["3", "1"]  # cleo@ is no address
    assert [fact.text for fact in story("1").facts] == ["your new shop in York"]
    assert story("3").facts == ()


def tick(page: AppTest, prospect_id: str) -> None:
    ids = list(page.dataframe[0].value["Number"])
    selection = {"rows": [ids.index(prospect_id)], "columns": [], "cells": []}
    page.session_state[rows_key(ids)] = {"selection": selection}
    page.run()
    assert not page.exception


def name_of(page: AppTest, prospect_id: str) -> str:
    return str(page.dataframe[0].value.set_index("Number").loc[prospect_id, "Name"])


def test_the_sample_is_loaded_searched_and_corrected_by_hand(page: AppTest) -> None:
    page.button(key="load_sample_prospects").click().run()
    page.text_input(key="prospect_search").set_value("carmen").run()

    assert not page.exception
    assert all("Carmen" in name for name in page.dataframe[0].value["Name"])
    page.text_input(key="prospect_search").set_value("P1005").run()
    tick(page, "P1005")
    assert page.subheader[0].value == name_of(page, "P1005")
    page.text_input(key="prospect_search").set_value("P10").run()
    assert page.subheader[0].value == name_of(page, "P1005")  # who was ticked, in another row
    page.text_input(key="prospect_search").set_value("P1006").run()
    assert not page.subheader
    page.text_input(key="prospect_search").set_value("P10").run()
    tick(page, "P1005")
    page.selectbox[1].set_value("people")
    page.selectbox[3].set_value("vp")
    page.button(key="FormSubmitter:correct_P1005-Keep the correction").click().run()
    assert not page.exception
    assert page.button(key="FormSubmitter:correct_P1005-Keep the correction")
    corrected = story("P1005").fields
    assert (corrected["role"], corrected["seniority"], corrected["rule"]) == (
        "people", "vp", "corrected by hand",
    )  # fmt: skip


def test_a_second_base_is_imported_and_opened_where_one_is_there(page: AppTest) -> None:
    page.button(key="load_sample_prospects").click().run()
    page.segmented_control(key="prospect_view").set_value("add").run()

    page = add(page)

    assert not page.exception
    assert (
        page.selectbox(key="prospect_base")
        .format_func(page.selectbox(key="prospect_base").value)
        .startswith("crm.csv (3")
    )
