from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pages.ui import shell, words
from personalization import campaign
from personalization.campaign import hosted
from personalization.campaign.brand import take_shipped_profile
from personalization.reports import content as library

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from streamlit.testing.v1 import AppTest

PAGE = "pages/content.py"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def add_segments(*names: str) -> None:
    for position, name in enumerate(names, start=1):
        shell.store().run(
            "INSERT INTO segments VALUES ('spring', $name, $position, 'rule', 'words', 100, '{}')",
            name=name, position=position,
        )  # fmt: skip


def add_message(segment: str, arm: str) -> None:
    shell.store().run(
        "INSERT INTO variants VALUES ($id, 1, 'spring', $segment, $arm, 's', 'p', 'b', 'c', 'l', "
        "'f', 'en-GB', '{}', 'composer', '{}', 'hash', $t, 'Ann')",
        id=f"{segment}{arm}", segment=segment, arm=arm, t=NOW,
    )  # fmt: skip


def add_job(state: str, message: str) -> None:
    shell.jobs()
    shell.store().run(
        "INSERT INTO jobs VALUES ('j', 'spring', 'write', $state, 6, 24, $message, $t, $t)",
        state=state, message=message, t=NOW,
    )  # fmt: skip


def add_sources(segment: str, n: int) -> list[str]:
    """Give a segment the first passages of the library, and return their documents' titles."""
    rows = shell.store().read(
        "SELECT passage_id, title FROM passages "
        "JOIN current_documents USING (document_id, version) ORDER BY passage_id LIMIT $n",
        n=n,
    )
    for rank, (passage_id, _) in enumerate(rows, start=1):
        shell.store().run(
            "INSERT INTO segment_passages VALUES "
            "('spring', $segment, $passage_id, $rank, 0.5, 1, 1, 'matches gifts')",
            segment=segment, passage_id=passage_id, rank=rank,
        )  # fmt: skip
    return [title for _, title in rows]


@pytest.fixture
def on_campaign(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> Callable[[], AppTest]:
    add_campaign()
    return lambda: open_on(PAGE, "spring")


def texts(page: AppTest) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.caption])


def library_table(page: AppTest) -> pd.DataFrame:
    """Return the list of documents, whatever other tables the page shows."""
    tables: list[pd.DataFrame] = [each.value for each in page.dataframe]
    return next(table for table in tables if "Kind" in table)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_without_a_campaign_the_library_is_shown(open_on: Callable[..., AppTest]) -> None:
    page = open_on(PAGE)

    assert not page.exception
    found = library_table(page)
    assert len(found) >= 24
    assert {"Offer", "Legal", "Brand voice"} <= set(found["Kind"])


def test_a_campaign_without_segments_is_sent_to_them(on_campaign: Callable[[], AppTest]) -> None:
    page = on_campaign()

    assert not page.exception
    assert page.subheader[0].value == "No segments yet"
    assert page.page_link[0].value == "Choose segments"


def test_the_page_says_how_much_is_to_be_written(on_campaign: Callable[[], AppTest]) -> None:
    add_segments("Loyal", "New")

    page = on_campaign()

    assert "3 messages and a control text for each of 2 segments: 8 in all." in texts(page)
    assert "Write messages" in labels(page)


def test_what_is_missing_can_be_written_alone(on_campaign: Callable[[], AppTest]) -> None:
    add_segments("Loyal", "New")
    add_message("Loyal", "A")

    page = on_campaign()

    assert "1 are written, 7 are missing." not in texts(page)
    assert "1 of them is written, 7 are missing." in texts(page)
    assert "Write the missing messages" in labels(page)


def check_messages() -> None:
    store = shell.store()
    take_shipped_profile(store, shell.settings(), actor="Ann")
    store.run(
        "INSERT INTO policies (policy_version, policy, activated_at, activated_by) "
        "VALUES ('now', '{}', $t, 'Ann')",
        t=NOW,
    )
    store.run(
        "INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, "
        "engine, engine_version, policy_version, categories, n_strings, screened_at, "
        "house_sha256) SELECT variant_id, version, campaign_id, content_sha256, 'pass', "
        "'embedded', '1', 'now', '{}', 6, $t, house_sha256 FROM current_variants JOIN house_rules "
        "USING (campaign_id)",
        t=NOW,
    )


def test_when_all_is_written_and_checked_the_way_leads_to_the_review(
    on_campaign: Callable[[], AppTest],
) -> None:
    add_segments("Loyal")
    for arm in ("control", "A", "B", "C"):
        add_message("Loyal", arm)
    check_messages()

    page = on_campaign()

    assert "All 4 messages are written and checked." in texts(page)
    assert "Review messages" in labels(page)
    assert "Write messages" not in labels(page)


def test_messages_that_nobody_checked_are_said_to_be_so(on_campaign: Callable[[], AppTest]) -> None:
    add_segments("Loyal")
    for arm in ("control", "A", "B"):
        add_message("Loyal", arm)
    check_messages()
    add_message("Loyal", "C")

    page = on_campaign()

    assert "but 1 message is not checked yet" in texts(page)
    assert "Check them" in labels(page)
    assert "Review messages" not in labels(page)


def test_while_it_runs_progress_is_shown_and_it_can_be_cancelled(
    on_campaign: Callable[[], AppTest],
) -> None:
    add_segments("Loyal")
    add_job("running", "Loyal, variant B")

    page = on_campaign()

    assert (page.progress[0].value, page.progress[0].text) == (25, "Loyal, variant B")
    assert "Cancel" in labels(page)
    assert "Write messages" not in labels(page)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("failed", "The writer could not be reached.", id="failed"),
        pytest.param("interrupted", "The app was stopped while this ran.", id="interrupted"),
    ],
)
def test_work_that_stopped_says_why_and_can_be_taken_up(
    on_campaign: Callable[[], AppTest], state: str, said: str
) -> None:
    add_segments("Loyal")
    add_job(state, said)

    page = on_campaign()

    assert page.error[0].value == words.plain(said)
    assert "Write messages" in labels(page)


def test_what_could_not_be_written_is_listed_and_can_be_tried_again(
    on_campaign: Callable[[], AppTest],
) -> None:
    add_segments("Loyal")
    shell.store().run(
        "INSERT INTO writing_failures VALUES ('spring', 'Loyal', 'B', 'Too few sources.', $t)",
        t=NOW,
    )

    page = on_campaign()

    assert "1 message could not be written." in page.warning[0].value
    assert "**Loyal**, Variant B: Too few sources\\." in texts(page)
    assert "Try these again" in labels(page)
    assert "Have these composed instead" not in labels(page)


def test_what_was_spent_and_why_a_service_refuses_is_said_with_the_way_out(
    on_campaign: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_segments("Loyal")
    for status, tokens in (("ok", 1380), ("closed", 0)):
        shell.store().run(
            "INSERT INTO writer_calls VALUES ('spring', 'Loyal', 'A', 'openai', 'm', $status, "
            "'The quota is used up.', false, NULL, NULL, NULL, NULL, '', 0, $tokens, 1, NULL, "
            "'hash', $t)",
            status=status, tokens=tokens, t=NOW,
        )  # fmt: skip
    shell.store().run(
        "INSERT INTO writing_failures VALUES ('spring', 'Loyal', 'A', 'No quota.', $t)", t=NOW
    )
    monkeypatch.setattr(hosted, "asks_hosted", lambda _: True)

    page = on_campaign()

    assert "OpenAI takes no more calls. The quota is used up\\." in page.warning[0].value
    assert "2 calls to hosted models; 1,380 of 2,000,000 tokens" in texts(page)
    assert "Have these composed instead" in labels(page)


def test_each_source_says_why_it_was_found(on_campaign: Callable[[], AppTest]) -> None:
    add_segments("Loyal")
    on_campaign()
    titles = add_sources("Loyal", 3)

    page = on_campaign()

    assert all(f"**{title}**" in texts(page) for title in titles)
    assert texts(page).count("Matches gifts") == 3


def test_a_source_is_pinned_left_out_and_taken_back(on_campaign: Callable[[], AppTest]) -> None:
    add_segments("Loyal")
    on_campaign()
    add_sources("Loyal", 1)
    page = on_campaign()
    seen = []

    for label in ("Always use", "Take that back", "Leave out"):
        next(button for button in page.button if button.label == label).click().run()
        seen.append(shell.store().read("SELECT choice FROM passage_choices"))

    assert not page.exception
    assert seen == [[("pinned",)], [], [("excluded",)]]


def test_the_library_is_searched_and_filtered(open_on: Callable[..., AppTest]) -> None:
    page = open_on(PAGE)

    page.selectbox(key="library_kind").set_value("offer").run()
    assert set(library_table(page)["Kind"]) == {"Offer"}

    page.text_input(key="library_search").set_value("no such words anywhere").run()
    assert not [each for each in page.dataframe if "Kind" in each.value]
    assert "No document fits." in texts(page)

    page.button(key="clear_filters").click().run()
    assert len(set(library_table(page)["Kind"])) > 1
    assert not [button for button in page.button if button.key == "clear_filters"]


def test_a_document_is_read_and_retired_after_a_question(
    open_on: Callable[..., AppTest],
) -> None:
    page = open_on(PAGE)
    page.session_state["library"] = {"selection": {"rows": [0], "columns": []}}
    page.run()
    title = library_table(page)["Title"][0]
    assert page.container(key="document").subheader[0].value == title

    page.button(key="retire_document").click().run()
    assert "No message cites it now." in texts(page)
    page.button(key="confirm_retire").click().run()
    assert "Say why the source is withdrawn" in page.error[0].value
    assert shell.store().read("SELECT count(*) FROM incidents") == [(0,)]
    page.text_area(key="retire_reason").set_value("The price is wrong.")
    page.button(key="confirm_retire").click().run()

    assert not page.exception
    rows = shell.store().read("SELECT title FROM current_documents WHERE status = 'retired'")
    assert (title,) in rows
    assert shell.store().read("SELECT kind, title FROM incidents") == [
        ("withdrawn", f"‘{title}’ was withdrawn")
    ]


def test_a_retired_document_is_put_back_with_a_reason_by_somebody_else(
    open_on: Callable[..., AppTest],
) -> None:
    page = open_on(PAGE)
    page.session_state["acting_as"] = "Mia"
    page.session_state["library"] = {"selection": {"rows": [0], "columns": []}}
    page.run()
    document = library.documents(shell.store(), shell.store().now().date())[0].document_id
    incident = campaign.withdraw_document(shell.store(), document, reason="Wrong.", actor="Mia")
    campaign.add_incident_note(shell.store(), incident, "The supplier rang.", actor="Rob")
    page.run()

    page.button(key="put_back_document").click().run()
    page.text_area(key="put_back_reason").set_value("It is right.")
    page.button(key="confirm_put_back").click().run()
    assert "four eyes" in page.error[0].value
    page.session_state["acting_as"] = "Rob"
    page.button(key="confirm_put_back").click().run()
    assert "is still open" in page.error[0].value
    campaign.close_incident(shell.store(), incident, reason="Settled.", actor="Mia")
    page.button(key="confirm_put_back").click().run()

    assert not page.exception
    assert shell.store().read(
        "SELECT status, approved_by FROM current_documents WHERE document_id = $id", id=document
    ) == [("approved", "Rob")]
